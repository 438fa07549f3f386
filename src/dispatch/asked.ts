import type { FactBody } from "../domain/fact.ts";
import { formatReason } from "../domain/retry.ts";
import { foldTask, type TaskView } from "../domain/task-view.ts";
import type { Asked, PullRequest } from "../ports/forge.ts";
import type { Ports } from "./ports.ts";
import { withoutSecrets } from "./suggestions.ts";

/** Records a fact of this task under a key, once. */
export type Say = (key: string, body: FactBody) => Promise<unknown>;

export interface Hearing {
  readonly ports: Ports;
  readonly say: Say;
  /** How often people may send a task back; null: nobody counts. */
  readonly humanRounds: number | null;
}

/** The words become the coder's next brief; after `humanRounds` of them a person has to take over. */
export async function sendBack(
  { ports, say, humanRounds }: Hearing,
  task: string,
  key: string,
  asked: Asked,
): Promise<void> {
  await say(key, { name: "pr.rejected", data: withoutSecrets(ports, asked) });
  const view = foldTask(await ports.journal.read({ task }));
  if (humanRounds === null || view.humanRounds <= humanRounds) return;
  const reason = formatReason("rounds", `a human asked for changes ${view.humanRounds} times; the last: ${asked.why}`);
  await say(`${key}/enough`, { name: "task.needs-human", data: { reason } });
}

/** What reviews want changed at this head. The same words at the same head are obeyed once, whatever came of it. */
export async function hearReview(
  hearing: Hearing,
  view: TaskView,
  { number, head, review, reviewedHead }: PullRequest,
): Promise<void> {
  const { ports } = hearing;
  if (review !== "changes_requested" || reviewedHead !== head || !isAsked(view)) return;
  const asked = (await ports.forge.fetchPullRequest(number))?.asked ?? null;
  if (asked === null || (!isForAHuman(view) && (await wasSaid(ports, view.id, asked.why)))) return;
  const key = `pr/${number}/rejected/${head}/${ports.hash(asked.why).slice(0, 16)}`;
  await sendBack(hearing, view.id, key, asked);
}

/** On this machine, and told to the forge from here. */
async function wasSaid({ journal }: Ports, task: string, why: string): Promise<boolean> {
  const facts = await journal.read({ task, names: ["pr.rejected"] });
  return facts.some((fact) => fact.name === "pr.rejected" && fact.data.why === why);
}

/** They see it on the forge as it is, whatever a base that moved made of it here. */
export const isForAHuman = ({ state }: TaskView): boolean =>
  state.name === "ready-for-human" || (state.name === "queued" && "head" in state);

/** Also of what was approved by somebody else, of what agents could not settle, and of what begins anew without their words. */
const isAsked = (view: TaskView): boolean =>
  isForAHuman(view) ||
  ["approved", "needs-human"].includes(view.state.name) ||
  (view.state.name === "queued" && view.state.why === "retried");
