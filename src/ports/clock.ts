/** The time, as an argument. */
export interface Clock {
  /** Milliseconds since 1970. */
  now(): number;
  /** Milliseconds that only go forward, for durations. */
  monotonic(): number;
  /** True after that many milliseconds, false as soon as the signal aborts. */
  wait(milliseconds: number, signal: AbortSignal): Promise<boolean>;
}
