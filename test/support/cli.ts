import { PassThrough } from "node:stream";
import type { CliWorld } from "../../src/cli/context.ts";
import { runCli } from "../../src/cli/run-cli.ts";

export interface CliRun {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface CliOptions {
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** A person at a terminal, who types these keys as soon as something is drawn. */
  readonly keys?: readonly string[];
  readonly signal?: AbortSignal;
}

/** Runs one command line in this process, with streams of its own. */
export async function cli(argv: readonly string[], options: CliOptions = {}): Promise<CliRun> {
  const { world, stdout, stderr } = cliWorld(argv, options);
  const code = await runCli(world);
  return { code, stdout: stdout(), stderr: stderr() };
}

/** The outside of one command line, and what was written to it. */
export function cliWorld(
  argv: readonly string[],
  options: CliOptions = {},
): { readonly world: CliWorld; readonly stdout: () => string; readonly stderr: () => string } {
  const { cwd = "/", env = {}, keys, signal = new AbortController().signal } = options;
  const tty = keys !== undefined;
  const stdout = captured(tty);
  const stderr = captured(tty);
  const stdin = Object.assign(new PassThrough(), { isTTY: tty, setRawMode: () => stdin });
  const left = [...(keys ?? [])];
  // Each question is answered when it has been drawn.
  stderr.stream.on("data", (chunk: Buffer) => {
    if (chunk.toString().includes("◆")) setImmediate(() => stdin.write(left.shift() ?? ""));
  });
  const { PATH, HOME, DISPATCH_HOME } = process.env;
  const world: CliWorld = {
    argv,
    cwd,
    env: { PATH, HOME, DISPATCH_HOME, ...env },
    stdin,
    stdout: stdout.stream,
    stderr: stderr.stream,
    signal,
    hurry: new AbortController().signal,
  };
  return { world, stdout: stdout.text, stderr: stderr.text };
}

function captured(isTTY: boolean): { readonly stream: PassThrough; readonly text: () => string } {
  const chunks: string[] = [];
  const stream = Object.assign(new PassThrough(), { isTTY, columns: 100, rows: 40 });
  stream.on("data", (chunk: Buffer) => chunks.push(chunk.toString()));
  return { stream, text: () => chunks.join("") };
}
