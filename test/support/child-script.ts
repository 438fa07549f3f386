import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface, type Interface } from "node:readline";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));

export interface ChildScript extends AsyncDisposable {
  readonly child: ChildProcess;
  /** All lines that it printed so far. */
  readonly lines: readonly string[];
  /** The first line that matches, printed already or not; rejects when it ends before. */
  line(pattern: RegExp): Promise<string>;
  /** Ends it as nobody can forbid, and waits until it is gone. */
  kill(): Promise<void>;
}

/** A TypeScript file of test/fixtures as a process of its own, in the tests' environment. */
export function childScript(file: string, ...args: readonly string[]): ChildScript {
  const child = spawn(process.execPath, ["--import", "tsx", `test/fixtures/${file}`, ...args], {
    cwd: ROOT,
    stdio: ["pipe", "pipe", "pipe"],
  });
  const lines: string[] = [];
  const said: string[] = [];
  const reader: Interface = createInterface({ input: child.stdout });
  reader.on("line", (text) => lines.push(text));
  child.stderr.on("data", (chunk: Buffer) => said.push(chunk.toString()));
  const ended = once(child, "close");
  const kill = async (): Promise<void> => {
    child.kill("SIGKILL");
    await ended;
  };
  return {
    child,
    lines,
    async line(pattern) {
      for (;;) {
        const found = lines.find((text) => pattern.test(text));
        if (found !== undefined) return found;
        await Promise.race([once(reader, "line"), ended]);
        const end = child.exitCode ?? child.signalCode;
        if (end !== null && !lines.some((text) => pattern.test(text))) {
          throw new Error(`${file} ended (${end}) before it said ${pattern}: ${said.join("")}`);
        }
      }
    },
    kill,
    [Symbol.asyncDispose]: kill,
  };
}
