import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import type { Site } from "./site.ts";

/** A `dispatch worker` at work. */
export interface Worker {
  readonly child: ChildProcess;
  readonly said: () => string;
  /** False when it ended without, or has not said it after so many milliseconds. */
  says(words: string, withinMs: number): Promise<boolean>;
  /** When the kernel stopped it. */
  frozen(): Promise<void>;
  ended(): Promise<void>;
  /** TERM, as a service manager does it; a sentence if it did not go as it should. */
  stop(): Promise<string | null>;
}

/** Longer than it may take while the database is away. */
const STOP_MS = 90_000;
const TERMINATED = 143;

export function startWorker(site: Site, name: string, url: string, fault: string | null): Worker {
  const child = site.start(name, url, ["worker"], fault === null ? {} : { DISPATCH_FAULT: fault });
  let text = "";
  child.stdout?.resume();
  child.stderr?.on("data", (chunk: Buffer) => (text += chunk.toString()));
  const exit = once(child, "exit");
  const isRunning = (): boolean => child.exitCode === null && child.signalCode === null;
  return {
    child,
    said: () => text,
    async says(words, withinMs) {
      const end = performance.now() + withinMs;
      while (!text.includes(words) && isRunning() && performance.now() < end) await sleep(50);
      return text.includes(words);
    },
    async frozen() {
      while (isRunning() && !/\) [Tt] /.test(await readFile(`/proc/${child.pid}/stat`, "utf8"))) await sleep(10);
    },
    ended: async () => void (await exit),
    async stop() {
      if (!isRunning()) return `it ended by itself: ${text.slice(-400)}`;
      child.kill("SIGTERM");
      await Promise.race([exit, sleep(STOP_MS, undefined, { ref: false })]);
      const { exitCode } = child;
      if (exitCode !== TERMINATED) child.kill("SIGKILL");
      return exitCode === TERMINATED ? null : `TERM: exit ${exitCode}: ${text.slice(-400)}`;
    },
  };
}
