import { setTimeout as sleep } from "node:timers/promises";

/** Node fires a longer timer at once. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** A delay in milliseconds that a timer can keep: about 24 days at most. */
export function timerMs(seconds: number): number {
  return Math.min(Math.max(seconds * 1000, 0), LONGEST_TIMER_MS);
}

/** Asks again and again; false when the answer was still no at the end of the time. */
export async function waitUntil(
  isTrue: () => boolean,
  { everyMs, withinMs }: { readonly everyMs: number; readonly withinMs: number },
): Promise<boolean> {
  const rounds = Math.ceil(withinMs / everyMs);
  for (let round = 0; round < rounds; round += 1) {
    if (isTrue()) return true;
    await sleep(everyMs);
  }
  return isTrue();
}

/** Waits for the promise, but not longer: true when it settled in time. A rejection counts as settled. */
export async function settlesWithin(promise: Promise<unknown>, withinMs: number): Promise<boolean> {
  const timer = new AbortController();
  const late = sleep(withinMs, false, { signal: timer.signal }).catch(() => false);
  const settled = promise.then(
    () => true,
    () => true,
  );
  try {
    return await Promise.race([settled, late]);
  } finally {
    timer.abort();
  }
}
