import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** The logs of all starts for a task. */
export function logsOf(state: string, id: string): readonly string[] {
  if (!existsSync(join(state, "repos"))) return [];
  const folders = readdirSync(join(state, "repos")).map((name) => join(state, "repos", name, "logs", id));
  return folders
    .filter((folder) => existsSync(folder))
    .flatMap((folder) => readdirSync(folder).map((name) => join(folder, name)));
}

/** Lines `@ step code` in the logs of all agents of a task; a later start overrules, a step that worked once worked. */
export function readSaid(state: string, id: string): ReadonlyMap<string, string> {
  const said = new Map<string, string>();
  for (const file of logsOf(state, id))
    for (const [, step = "", code = ""] of readFileSync(file, "latin1").matchAll(/^@ (\S+) (\S+)$/gm))
      if (said.get(step) !== "0") said.set(step, code);
  return said;
}

/** The peak of a process's memory, against what it was when `isBegun` first said yes. */
export function watchMemory(pid: number, isBegun: () => boolean): { stop(): number } {
  let [before, peak]: [number | null, number] = [null, 0];
  const timer = setInterval(() => {
    peak = readPeakMb(pid) ?? peak;
    if (before === null && isBegun()) before = peak;
  }, 50);
  return {
    stop() {
      clearInterval(timer);
      return Math.ceil(peak - (before ?? peak));
    },
  };
}

/** null when it has ended. */
function readPeakMb(pid: number): number | null {
  const kb = /^VmHWM:\s*(\d+)/m.exec(readProc(pid, "status"))?.[1];
  return kb === undefined ? null : Number(kb) / 1024;
}

function readProc(pid: number | string, file: string): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, "latin1");
  } catch {
    // It has ended.
    return "";
  }
}

/** Those that have this word in their command or environment. */
export function processesOf(word: string): readonly number[] {
  return readdirSync("/proc")
    .filter((pid) => /^\d+$/.test(pid) && Number(pid) !== process.pid)
    .filter((pid) => ["cmdline", "environ"].some((file) => readProc(pid, file).includes(word)))
    .map(Number);
}

/** It may have ended meanwhile. */
export function kill(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}
