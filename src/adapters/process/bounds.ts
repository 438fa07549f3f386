import type { AgentEnd } from "../../domain/assignment.ts";
import { timerMs } from "./wait.ts";

export interface ProgramLimits {
  readonly wallSeconds: number;
  /** Without a byte of output; absent means that silence is fine. */
  readonly idleSeconds?: number;
  readonly outputMb: number;
}

/** Why we stopped a program. */
export type Stop = Extract<AgentEnd, { readonly kind: "timed_out" | "idle" | "output_limit" | "cancelled" }>;

export interface Bounds extends Disposable {
  /** The first bound that was reached; pending while all hold. */
  readonly reached: Promise<Stop>;
  /** It said something. */
  readonly heard: () => void;
  /** It said too much. */
  readonly full: () => void;
}

export const MEGABYTE = 1024 * 1024;

export function watchBounds(limits: ProgramLimits, signal: AbortSignal): Bounds {
  let reach: (stop: Stop) => void = () => undefined;
  const reached = new Promise<Stop>((resolve) => {
    reach = resolve;
  });
  const { wallSeconds, idleSeconds, outputMb } = limits;
  const wall = setTimeout(() => reach({ kind: "timed_out", limitSeconds: wallSeconds }), timerMs(wallSeconds));
  const idle =
    idleSeconds === undefined
      ? undefined
      : setTimeout(() => reach({ kind: "idle", limitSeconds: idleSeconds }), timerMs(idleSeconds));
  const onAbort = (): void => reach({ kind: "cancelled" });
  signal.addEventListener("abort", onAbort, { once: true });
  if (signal.aborted) onAbort();
  return {
    reached,
    heard: () => idle?.refresh(),
    full: () => reach({ kind: "output_limit", limitMb: outputMb }),
    [Symbol.dispose]() {
      clearTimeout(wall);
      clearTimeout(idle);
      signal.removeEventListener("abort", onAbort);
    },
  };
}

/** For the log and the screen: why it is being stopped. */
export function stopText(stop: Stop): string {
  switch (stop.kind) {
    case "timed_out":
      return `not finished after ${stop.limitSeconds} s`;
    case "idle":
      return `no output for ${stop.limitSeconds} s`;
    case "output_limit":
      return `more than ${stop.limitMb} MB of output`;
    case "cancelled":
      return "cancelled";
  }
}
