import { holdOf, type Hold } from "../domain/backpressure.ts";
import type { Fact } from "../domain/fact.ts";
import { isActive, isEnded } from "../domain/task-state.ts";
import { foldTasks } from "../domain/task-view.ts";
import { readMoney } from "./money.ts";
import type { Ports, Settings } from "./ports.ts";

/** What holds at the moment that is reported. */
export interface Moment {
  readonly hold: Hold | null;
  /** ISO 8601. */
  readonly at: string;
  /** Nothing runs: what was at work rests, too. */
  readonly isOver?: boolean;
}

type Asked = Pick<Ports, "journal" | "clock" | "readDisk" | "budget">;

/** What keeps new tasks from being begun now; `running` have been begun and may be known to nobody yet. */
export async function readHold(
  ports: Asked,
  { backpressure }: Pick<Settings, "backpressure">,
  running: readonly string[] = [],
): Promise<Hold | null> {
  const now = ports.clock.now();
  const local = new Date(now);
  const minute = local.getHours() * 60 + local.getMinutes();
  const [disk, budget] = [await ports.readDisk(), await readMoney(ports)];
  const { maxOpen, perHour } = backpressure;
  const none = { open: 0, opened: [], coming: 0 };
  const pullRequests = maxOpen === null && perHour === null ? none : await readPullRequests(ports, running);
  return holdOf(backpressure, { now, minute, disk, budget, ...pullRequests });
}

async function readPullRequests({ journal }: Asked, running: readonly string[]) {
  const facts = await journal.read();
  const views = [...foldTasks(facts).values()];
  const open = views.filter(({ pr, state }) => pr !== null && !isEnded(state)).map(({ id }) => id);
  const working = views.filter(({ pr, state }) => pr === null && isActive(state)).map(({ id }) => id);
  const coming = new Set([...working, ...running].filter((id) => !open.includes(id))).size;
  return { open: open.length + coming, opened: facts.flatMap(openedAt).map((at) => Date.parse(at)), coming };
}

/** One that was found on the forge was opened when it says so, not when it was found. */
function openedAt(fact: Fact): readonly string[] {
  if (fact.name === "task.adopted") return fact.data.at === undefined ? [] : [fact.data.at];
  return fact.name === "pr.opened" && !fact.key.endsWith("/adopted/pr") ? [fact.at] : [];
}
