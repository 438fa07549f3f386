import { spawnSync } from "node:child_process";
import { existsSync, readFileSync, readdirSync } from "node:fs";
import { sendSignal } from "./signal.ts";

/** On Linux. Elsewhere the environments of others cannot be read, and what left its process group is not found. */
const CAN_SEE_PROCESSES = existsSync("/proc/self/environ");

export interface ProcessStat {
  /** R S D T …; Z and X have ended and only wait for their parent to notice. */
  readonly state: string;
  readonly parent: number;
  readonly group: number;
  /** In clock ticks since boot. */
  readonly startTime: string;
}

/** null when there is no such process, or no /proc. */
export function readStat(pid: number): ProcessStat | null {
  const text = readProc(`/proc/${pid}/stat`);
  if (text === null) return null;
  // The second field is the program's name in brackets and may hold anything, brackets and spaces too.
  const [state = "", parent = "", group = "", ...rest] = text.slice(text.lastIndexOf(")") + 2).split(" ");
  return { state, parent: Number(parent), group: Number(group), startTime: rest[16] ?? "" };
}

function isRunning({ state }: ProcessStat): boolean {
  return state !== "Z" && state !== "X";
}

/** With the pid it names a process for as long as the machine is up; null when it does not run. */
export function readStartTime(pid: number): string | null {
  if (!CAN_SEE_PROCESSES)
    return (
      spawnSync("ps", ["-o", "lstart=", "-p", `${pid}`])
        .stdout.toString()
        .trim() || null
    );
  const stat = readStat(pid);
  return stat !== null && isRunning(stat) ? stat.startTime : null;
}

/** Changes with every boot; null where it cannot be told: start times are dates there. */
export function readBootId(): string | null {
  return readProc("/proc/sys/kernel/random/boot_id")?.trim() ?? null;
}

/** True while a process of the group runs. Ended ones that nobody collects (no init in a container) do not count. */
export function isGroupAlive(group: number): boolean {
  if (!sendSignal(-group, 0)) return false;
  if (!CAN_SEE_PROCESSES) return true;
  return readPids().some((pid) => {
    const stat = readStat(pid);
    return stat !== null && stat.group === group && isRunning(stat);
  });
}

/** Those that run. */
export function readChildren(parent: number): readonly number[] {
  return readPids().filter((pid) => {
    const stat = readStat(pid);
    return stat !== null && stat.parent === parent && isRunning(stat);
  });
}

/** Processes, never our own, that were started with one of these `NAME=value` in their environment. */
export function findByEnvironment(entries: readonly string[]): readonly number[] {
  if (!CAN_SEE_PROCESSES || entries.length === 0) return [];
  return readPids().filter((pid) => {
    if (pid === process.pid) return false;
    const environment = readProc(`/proc/${pid}/environ`);
    return environment !== null && entries.some((entry) => `\0${environment}`.includes(`\0${entry}\0`));
  });
}

function readPids(): readonly number[] {
  return readdirSync("/proc")
    .map(Number)
    .filter((pid) => pid > 0);
}

/** null when the process is gone or belongs to somebody else: neither is ours to end. */
function readProc(path: string): string | null {
  try {
    return readFileSync(path, "latin1");
  } catch {
    return null;
  }
}
