import { readlinkSync } from "node:fs";
import { hostname } from "node:os";
import { readBootId, readStat } from "../process/processes.ts";
import { runCommand } from "../process/run-command.ts";

/** Names one process for good: numbers are used again, start times of one boot are not. */
export interface ProcessIdentity {
  readonly host: string;
  readonly pid: number;
  /** Empty where it cannot be told, as the next two. */
  readonly bootId: string;
  readonly startTime: string;
  /** Containers with one host name may each have a process of this number. */
  readonly space: string;
}

export async function readSelf(): Promise<ProcessIdentity> {
  return {
    host: hostname(),
    pid: process.pid,
    bootId: readBootId() ?? "",
    startTime: (await readStartTime(process.pid)) ?? "",
    space: readSpace(),
  };
}

/** `unknown` is for another machine or container: its death cannot be proven from here. */
export async function readLife(it: ProcessIdentity): Promise<"alive" | "dead" | "unknown"> {
  const bootId = readBootId() ?? "";
  const isThisBoot = bootId !== "" && it.bootId === bootId;
  // A laptop has another name in another network, and is the same machine.
  if (!isThisBoot && it.host !== hostname()) return "unknown";
  if (it.bootId !== bootId) return "dead";
  if (it.space !== readSpace()) return "unknown";
  return (await readStartTime(it.pid)) === it.startTime ? "alive" : "dead";
}

/** null when no such process runs. */
async function readStartTime(pid: number): Promise<string | null> {
  if (process.platform === "linux") {
    const stat = readStat(pid);
    return stat === null || stat.state === "Z" || stat.state === "X" ? null : stat.startTime;
  }
  const asked = await runCommand({
    file: "ps",
    args: ["-o", "lstart=", "-p", String(pid)],
    cwd: "/",
    env: { PATH: "/bin:/usr/bin", LC_ALL: "C", TZ: "UTC" },
    timeoutMs: 10_000,
  });
  return asked.exitCode === 0 ? asked.stdout.trim() : null;
}

function readSpace(): string {
  try {
    return readlinkSync("/proc/self/ns/pid");
  } catch {
    // No /proc, no containers to tell apart.
    return "";
  }
}
