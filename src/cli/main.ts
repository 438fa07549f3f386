import { EXIT } from "../domain/errors.ts";
import { listenToSignals } from "./signals.ts";
import { readVersion } from "./version.ts";

/** Ties the process to `runCli`: streams, signals, exit code. */
export async function main(): Promise<void> {
  const argv = process.argv.slice(2);
  if (argv.length === 1 && (argv[0] === "--version" || argv[0] === "-V")) {
    process.stdout.write(`${readVersion()}\n`);
    return;
  }
  const { signal, hurry } = listenToSignals({ process, say: (line) => void process.stderr.write(`${line}\n`) });
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
