import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";

const COMMAND = fileURLToPath(new URL("../fixtures/postgres/command.ts", import.meta.url));

export interface StartedCommand {
  readonly child: ChildProcess;
  /** The pid of the server, once the command holds its lease. Rejects when it ended without. */
  readonly ready: Promise<number>;
  /** Exit code (null for a signal) and all that it printed. */
  readonly ended: Promise<{ readonly code: number | null; readonly output: string }>;
}

/** Starts test/fixtures/postgres/command.ts in a process group of its own. */
export function startCommand(
  args: readonly string[],
  options: { readonly uid?: number; readonly gid?: number; readonly env?: Record<string, string> } = {},
): StartedCommand {
  const { env = {}, ...user } = options;
  const child = spawn(process.execPath, ["--import", import.meta.resolve("tsx"), COMMAND, ...args], {
    stdio: ["ignore", "pipe", "pipe"],
    detached: true,
    env: { ...process.env, ...env },
    ...user,
  });
  let output = "";
  const ready = new Promise<number>((resolve, reject) => {
    const hear = (chunk: Buffer): void => {
      output += chunk.toString();
      const pid = /ready (\d+)/.exec(output)?.[1];
      if (pid !== undefined) resolve(Number(pid));
    };
    child.stdout.on("data", hear);
    child.stderr.on("data", hear);
    child.once("close", () => reject(new Error(`the command ended: ${output}`)));
  });
  ready.catch(() => undefined);
  const ended = once(child, "close").then(([code]) => ({ code: code as number | null, output }));
  return { child, ready, ended };
}
