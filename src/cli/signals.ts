import type { EventEmitter } from "node:events";
import { DispatchError, EXIT, type ExitCode } from "../domain/errors.ts";

const SIGNALS = { SIGINT: EXIT.interrupted, SIGTERM: EXIT.terminated, SIGHUP: EXIT.terminated } as const;

/** Agents are asked, ended, and what they wrote is saved: that takes seconds. What takes longer hangs. */
const PATIENCE_MS = 60_000;

export interface Listening {
  readonly process: Pick<EventEmitter, "on"> & { exit(code: ExitCode): void };
  readonly say: (line: string) => void;
  readonly patienceMs?: number;
}

/**
 * The first signal asks for a clean stop. The second ends the process once the listeners of `hurry` have run, and so
 * does a stop that takes a minute: whoever said TERM once, and went away, is not left with a process.
 */
export function listenToSignals({ process, say, patienceMs = PATIENCE_MS }: Listening): {
  readonly signal: AbortSignal;
  readonly hurry: AbortSignal;
} {
  const stop = new AbortController();
  const hurry = new AbortController();
  const end = (reason: DispatchError): void => {
    hurry.abort(reason);
    process.exit(reason.exit);
  };
  for (const [name, exit] of Object.entries(SIGNALS)) {
    const reason = stopped(name, exit);
    process.on(name, () => {
      if (stop.signal.aborted) return end(reason);
      stop.abort(reason);
      setTimeout(() => {
        say(`did not stop within ${patienceMs / 1000} s, and is ended: the next dispatch run goes on with it`);
        end(reason);
      }, patienceMs).unref();
    });
  }
  return { signal: stop.signal, hurry: hurry.signal };
}

function stopped(signal: string, exit: ExitCode): DispatchError {
  return new DispatchError({
    code: "stopped",
    message: `Stopped by ${signal}.`,
    hint: "type the same again: it goes on where it stopped",
    exit,
  });
}
