import { DispatchError } from "../../domain/errors.ts";
import { findByEnvironment } from "./processes.ts";
import { sendSignal } from "./signal.ts";
import { waitUntil } from "./wait.ts";

/** Who forks faster than this is not ended by signals at all. */
const SWEEP_MS = 10_000;
const POLL_MS = 10;

/**
 * Kills every process with one of these `NAME=value` in its environment, wherever it moved to (own session,
 * own group, another parent). Gives who was found; rejects with `process_left` when they cannot be ended.
 * Linux only: nobody is found elsewhere.
 */
export async function sweep(entries: readonly string[]): Promise<ReadonlySet<number>> {
  const found = new Set<number>();
  const gone = await waitUntil(() => killOnce(entries, found), { everyMs: POLL_MS, withinMs: SWEEP_MS });
  if (!gone) throw processLeft([...found], entries);
  return found;
}

/** Processes of ours that outlive KILL: they hang in the kernel, or fork faster than they can be found. */
export function processLeft(pids: readonly number[], entries: readonly string[]): DispatchError {
  return new DispatchError({
    code: "process_left",
    message: `Some of the processes ${pids.join(", ")} could not be ended.`,
    hint: `Look at them (ps ${pids.join(" ")}), end them by hand, then: dispatch run`,
    facts: { pids, entries },
  });
}

/** True when there was nobody (left) to kill. */
export function killOnce(entries: readonly string[], found: Set<number>): boolean {
  const pids = findByEnvironment(entries);
  for (const pid of pids) {
    found.add(pid);
    sendSignal(pid, "SIGKILL");
  }
  return pids.length === 0;
}
