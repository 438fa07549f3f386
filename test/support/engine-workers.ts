import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import type { WorkerOptions } from "../fixtures/engine/worker.ts";

const WORKER = fileURLToPath(new URL("../fixtures/engine/worker.ts", import.meta.url));

export interface Worker {
  readonly child: ChildProcess;
  readonly ended: Promise<{ readonly code: number | null; readonly stdout: string; readonly stderr: string }>;
}

/** Starts test/fixtures/engine/worker.ts. */
export function startWorker(options: WorkerOptions): Worker {
  const child = spawn(process.execPath, ["--import", import.meta.resolve("tsx"), WORKER, JSON.stringify(options)], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  const text = { stdout: "", stderr: "" };
  child.stdout.on("data", (chunk: Buffer) => (text.stdout += chunk.toString()));
  child.stderr.on("data", (chunk: Buffer) => (text.stderr += chunk.toString()));
  const ended = once(child, "close").then(([code]) => ({ code: code as number | null, ...text }));
  return { child, ended };
}

/** The steps that began so far, one `<id> <step>` each. */
export function begun(log: string): readonly string[] {
  return existsSync(log) ? readFileSync(log, "utf8").trim().split("\n") : [];
}

/** Waits until so many steps have begun; rejects when the worker ended before. */
export async function untilBegun(worker: Worker, log: string, count: number): Promise<void> {
  while (begun(log).length < count) {
    const { child } = worker;
    if (child.exitCode !== null || child.signalCode !== null) throw new Error((await worker.ended).stderr);
    await sleep(5);
  }
}
