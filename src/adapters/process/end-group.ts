import { isGroupAlive } from "./processes.ts";
import { sendSignal } from "./signal.ts";
import { waitUntil } from "./wait.ts";

const POLL_MS = 25;
/** The kernel needs a moment to take down what was killed; more means that a process hangs in the kernel. */
const KILL_MS = 10_000;

/**
 * Ends a whole process group: TERM, then KILL for who is left after `graceMs`. True when nobody is left.
 * Safe to repeat.
 */
export async function endGroup(group: number, { graceMs }: { readonly graceMs: number }): Promise<boolean> {
  const isGone = (): boolean => !isGroupAlive(group);
  sendSignal(-group, "SIGTERM");
  // A stopped process acts on TERM only when it goes on.
  sendSignal(-group, "SIGCONT");
  if (await waitUntil(isGone, { everyMs: POLL_MS, withinMs: graceMs })) return true;
  sendSignal(-group, "SIGKILL");
  return waitUntil(isGone, { everyMs: POLL_MS, withinMs: KILL_MS });
}
