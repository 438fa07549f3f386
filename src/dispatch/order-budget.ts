import { withCap } from "../domain/pull-request-text.ts";
import { parseReason } from "../domain/retry.ts";
import type { TaskView } from "../domain/task-view.ts";
import { readTaskRefusal } from "./money.ts";
import type { Hearing } from "./asked.ts";

/**
 * What this one task may cost from now on. Its pull request tells so, too, to whoever has another journal. What stopped
 * for that cap goes on, where the new one leaves anything. Gives what there is to say about it.
 */
export async function budgetAsked(
  { ports, say }: Pick<Hearing, "ports" | "say">,
  view: TaskView,
  key: string,
  { number, by, usd }: { readonly number: number; readonly by: string; readonly usd: number },
): Promise<string | null> {
  await say(key, { name: "task.budgeted", data: { usd, by } });
  const pullRequest = await ports.forge.fetchPullRequest(number);
  if (pullRequest !== null) {
    const { task, title, body, branch, base, head, draft } = pullRequest;
    await ports.forge.ensurePullRequest({ task, title, body: withCap(body, usd), branch, base, head, draft });
  }
  const { state, reason } = view;
  if (state.name !== "needs-human" || reason === null || parseReason(reason)?.code !== "budget") return null;
  const refusal = await readTaskRefusal(ports, view.id);
  if (refusal !== null) return `It stays where it is: ${refusal}.`;
  const from = await stageOf(ports, view);
  // What a human asked for was heeded by nobody yet.
  const data = { reason, wakeAt: null, from: "code" } as const;
  if (from === "code" && view.feedback.length === 0) await say(`${key}/kept`, { name: "task.parked", data });
  await say(`${key}/again`, { name: "task.retried", data: { from, by } });
  return null;
}

/** With its coder, unless there is something of this walk to be judged. */
async function stageOf({ journal }: Hearing["ports"], { id, episode }: TaskView): Promise<"code" | "test"> {
  const facts = (await journal.read({ task: id })).filter((fact) => fact.episode === episode);
  const isMade = facts.some(
    (fact) =>
      fact.name === "snapshot.taken" ||
      fact.name === "verdict.given" ||
      (fact.name === "episode.started" && fact.data.from !== "code"),
  );
  return isMade ? "test" : "code";
}
