import type { Clock } from "../../ports/clock.ts";

/** A wait that somebody may cut short. */
export interface Alarm {
  ring(): void;
  /** True after that many milliseconds, or at once when it rang since the last wait; false as soon as the signal aborts. */
  wait(milliseconds: number, signal: AbortSignal): Promise<boolean>;
}

export function alarm(clock: Clock): Alarm {
  let rung = new AbortController();
  return {
    ring: () => rung.abort(),
    async wait(milliseconds, signal) {
      await clock.wait(milliseconds, AbortSignal.any([signal, rung.signal]));
      rung = new AbortController();
      return !signal.aborted;
    },
  };
}
