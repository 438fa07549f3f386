import { DispatchError, EXIT, type ExitCode } from "../domain/errors.ts";
import { readVersion } from "./version.ts";

const SIGNALS = { SIGINT: EXIT.interrupted, SIGTERM: EXIT.terminated, SIGHUP: EXIT.terminated } as const;

/** Ties the process to `runCli`: streams, signals, exit code. */
export async function main(): Promise<void> {
  const argv = process.argv.slice(2);
  if (argv.length === 1 && (argv[0] === "--version" || argv[0] === "-V")) {
    process.stdout.write(`${readVersion()}\n`);
    return;
  }
  const { signal, hurry } = listenToSignals();
  // Who reads only the first lines (`| head`) ends us quietly.
  process.stdout.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code === "EPIPE") process.exit(EXIT.done);
    throw error;
  });
  const { runCli } = await import("./run-cli.ts");
  process.exitCode = await runCli({
    argv,
    cwd: process.cwd(),
    env: process.env,
    stdin: process.stdin,
    stdout: process.stdout,
    stderr: process.stderr,
    signal,
    hurry,
  });
}

/** The first signal asks for a clean stop, the second ends the process once the listeners of `hurry` have run. */
function listenToSignals(): { readonly signal: AbortSignal; readonly hurry: AbortSignal } {
  const stop = new AbortController();
  const hurry = new AbortController();
  for (const [name, exit] of Object.entries(SIGNALS)) {
    process.on(name, () => {
      if (!stop.signal.aborted) {
        stop.abort(stopped(name, exit));
        return;
      }
      hurry.abort(stopped(name, exit));
      process.exit(exit);
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
