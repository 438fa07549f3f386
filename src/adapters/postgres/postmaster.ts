import { readFile, readlink, realpath } from "node:fs/promises";
import { join } from "node:path";
import { DispatchError } from "../../domain/errors.ts";
import { hasCode } from "../git/files.ts";
import { readStat } from "../process/processes.ts";
import { sendSignal } from "../process/signal.ts";
import { waitUntil } from "../process/wait.ts";
import type { Place } from "./place.ts";

/** What a running server says about itself in `postmaster.pid`. */
export interface Postmaster {
  readonly pid: number;
  readonly socketFolder: string;
  readonly port: number;
  /** `ready`, `starting`, `stopping`; empty in its first moments. */
  readonly status: string;
}

const FAST_STOP_MS = 10_000;
const IMMEDIATE_STOP_MS = 5_000;

/** null when no server runs on this data, also when its file was left behind. */
export async function readPostmaster(place: Place): Promise<Postmaster | null> {
  const record = await readRecord(place);
  return record !== null && (await isPostmaster(record.pid, place)) ? record : null;
}

/** True when the file of a dead server names a process that lives and is something else: PostgreSQL would not start. */
export async function isRecordMisleading(place: Place): Promise<boolean> {
  const record = await readRecord(place);
  return record !== null && isAlive(record.pid) && !(await isPostmaster(record.pid, place));
}

export function recordPath(place: Place): string {
  return join(place.data, "postmaster.pid");
}

/** Fast: sessions are ended, what was committed is on disk. Resolves when the process is gone. */
export async function stopPostmaster({ pid }: Postmaster): Promise<void> {
  const isGone = (): boolean => !isAlive(pid);
  sendSignal(pid, "SIGINT");
  if (await waitUntil(isGone, { everyMs: 5, withinMs: FAST_STOP_MS })) return;
  // Immediate: the next start recovers from the log of writes, nothing that was committed is lost.
  sendSignal(pid, "SIGQUIT");
  if (await waitUntil(isGone, { everyMs: 5, withinMs: IMMEDIATE_STOP_MS })) return;
  throw new DispatchError({
    code: "postgres_stop_timeout",
    message: `The private PostgreSQL (process ${pid}) does not stop.`,
    hint: `Look what it does: ps -fp ${pid}`,
    facts: { pid },
  });
}

/** False also for one that ended and that nobody collects (no init in a container). */
function isAlive(pid: number): boolean {
  if (!sendSignal(pid, 0)) return false;
  const stat = readStat(pid);
  return stat === null ? process.platform !== "linux" : stat.state !== "Z" && stat.state !== "X";
}

async function readRecord(place: Place): Promise<Postmaster | null> {
  const text = await readFile(recordPath(place), "utf8").catch((error: unknown) => {
    if (hasCode(error, "ENOENT")) return "";
    throw error;
  });
  const [pid = "", , , port = "", socketFolder = "", , , status = ""] = text.split("\n").map((line) => line.trim());
  if (!/^\d+$/.test(pid)) return null;
  return { pid: Number(pid), port: Number(port), socketFolder, status };
}

/** Numbers of processes are used again; the server's working folder is its data. */
async function isPostmaster(pid: number, place: Place): Promise<boolean> {
  if (!isAlive(pid)) return false;
  if (process.platform !== "linux") return true;
  try {
    return (await readlink(`/proc/${pid}/cwd`)) === (await realpath(place.data));
  } catch (error) {
    // Gone since, or of another user: not our server.
    if (hasCode(error, "ENOENT", "ESRCH", "EACCES", "EPERM")) return false;
    throw error;
  }
}
