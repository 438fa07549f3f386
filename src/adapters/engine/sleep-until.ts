import { setTimeout as sleep } from "node:timers/promises";

/** Node fires a longer timer at once. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** `wakeAt` in milliseconds since 1970. Rejects with the reason of the signal. */
export async function sleepUntil(wakeAt: number, signal: AbortSignal): Promise<void> {
  for (let left = wakeAt - Date.now(); left > 0; left = wakeAt - Date.now()) {
    // The reason of the signal is what the caller should see, not node's AbortError.
    await sleep(Math.min(left, LONGEST_TIMER_MS), undefined, { signal }).catch(() => undefined);
    signal.throwIfAborted();
  }
  signal.throwIfAborted();
}
