import { existsSync, readdirSync, readlinkSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { readStat } from "../../src/adapters/process/processes.ts";

/** False for a process that ended, also while its parent has not noticed yet. */
export function isRunning(pid: number): boolean {
  const stat = readStat(pid);
  return stat !== null && stat.state !== "Z" && stat.state !== "X";
}

/** Waits until a fixture has written its pid (or any other number) into this file. */
export async function pidIn(path: string): Promise<number> {
  for (;;) {
    const text = await readFile(path, "utf8").catch(() => "");
    if (/^\d+\s*$/.test(text)) return Number(text);
    await sleep(10);
  }
}

/** Running processes whose working directory is this folder, or was until it was deleted. */
export function processesIn(folder: string): number[] {
  const pids = readdirSync("/proc")
    .map(Number)
    .filter((pid) => pid > 0 && isRunning(pid));
  return pids.filter((pid) => {
    try {
      return readlinkSync(`/proc/${pid}/cwd`).replace(/ \(deleted\)$/, "") === folder;
    } catch {
      return false;
    }
  });
}

/** Waits until a fixture has made this file. */
export async function fileAt(path: string): Promise<void> {
  while (!existsSync(path)) await sleep(10);
}
