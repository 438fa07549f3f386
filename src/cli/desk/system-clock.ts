import { setTimeout as sleep } from "node:timers/promises";
import type { Clock } from "../../ports/clock.ts";

export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  async wait(milliseconds, signal) {
    if (signal.aborted) return false;
    return await sleep(milliseconds, true, { signal }).catch(() => false);
  },
};
