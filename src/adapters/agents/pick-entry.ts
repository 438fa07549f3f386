import type { AgentInput } from "../../domain/assignment.ts";
import type { Entry, Recording } from "./schema.ts";

/**
 * Which entry of a recording a start plays; the same start always plays the same one.
 *
 * 1. The list of the task's id and role, else that of `*`.
 * 2. Of it the entries whose `round` and `attempt` are those of the start, or absent.
 * 3. Of these the ones that name most: both, else `round`, else `attempt`, else neither.
 * 4. Of these the n-th, the last one when there are fewer; n counts the starts: 1 in round 1, attempt 1, and one
 *    more for each later round and attempt that the entry does not name.
 *
 * So `[crash, ok]` crashes once, `[request_changes, approve]` sends back once, and a coder's `{"round": 2}` is
 * its answer to that, whatever came before. undefined: nothing was recorded for this start.
 */
export function pickEntry(
  { tasks }: Recording,
  {
    task,
    role,
    round,
    attempt,
  }: Pick<AgentInput, "role" | "round" | "attempt"> & { readonly task: { readonly id: string } },
): Entry | undefined {
  const list = tasks[task.id]?.[role] ?? tasks["*"]?.[role] ?? [];
  const fitting = list.filter((entry) => (entry.round ?? round) === round && (entry.attempt ?? attempt) === attempt);
  const most = Math.max(...fitting.map(weight));
  const best = fitting.filter((entry) => weight(entry) === most);
  const [first] = best;
  if (first === undefined) return undefined;
  const start = (first.round === undefined ? round - 1 : 0) + (first.attempt === undefined ? attempt - 1 : 0);
  return best[Math.min(start, best.length - 1)];
}

function weight(entry: Entry): number {
  return (entry.round === undefined ? 0 : 2) + (entry.attempt === undefined ? 0 : 1);
}
