import { isGroupAlive, readChildren } from "./processes.ts";
import { sendSignal } from "./signal.ts";
import { waitUntil } from "./wait.ts";

const POLL_MS = 25;
/** The kernel needs a moment to take down what was killed; more means that a process hangs in the kernel. */
const KILL_MS = 10_000;

/**
 * Ends a whole process group: TERM, then KILL for who is left after `graceMs`. True when nobody is left.
 * Safe to repeat. `fenced`: the group is the fence, which would die of TERM and take all with it at once. So TERM goes
 * to the session of the program inside; the fence ends when the program does, and KILL is for the fence.
 */
export async function endGroup(
  group: number,
  { graceMs, fenced = false }: { readonly graceMs: number; readonly fenced?: boolean },
): Promise<boolean> {
  const isGone = (): boolean => !isGroupAlive(group);
  const inside = fenced ? readChildren(group).filter((leader) => tell(leader)) : [];
  if (inside.length === 0) tell(group);
  if (await waitUntil(isGone, { everyMs: POLL_MS, withinMs: graceMs })) return true;
  sendSignal(-group, "SIGKILL");
  return waitUntil(isGone, { everyMs: POLL_MS, withinMs: KILL_MS });
}

/** False when there is no such group (yet). */
function tell(group: number): boolean {
  const isThere = sendSignal(-group, "SIGTERM");
  // A stopped process acts on TERM only when it goes on.
  sendSignal(-group, "SIGCONT");
  return isThere;
}
