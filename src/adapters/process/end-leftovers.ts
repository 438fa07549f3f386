import { readFile, readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { endGroup } from "./end-group.ts";
import { readBootId, readStartTime } from "./processes.ts";
import { ProcessRecord } from "./schema.ts";
import { sweep } from "./sweep.ts";

/**
 * Ends the programs that a dead dispatcher left behind (it was killed), daemons included. Those of a living
 * one are left alone, so any command may call it. Gives how many processes were found. Nothing is adopted:
 * a process is touched only when pid, start time and boot all match the record, or when it carries our mark.
 */
export async function endLeftovers(folder: string): Promise<number> {
  let ended = 0;
  for (const path of await readRecordPaths(folder)) {
    const record = await readRecord(path);
    if (record === null || isAlive(record, record.owner)) continue;
    ended += await endOne(record);
    await rm(path, { force: true });
  }
  return ended;
}

async function endOne(record: ProcessRecord): Promise<number> {
  const { leader, entry } = record;
  const known = leader !== null && isAlive(record, leader) ? leader.pid : null;
  const found = await sweep([entry]);
  if (known === null) return found.size;
  await endGroup(known, { graceMs: 0 });
  return found.has(known) ? found.size : found.size + 1;
}

/** After a reboot the same pid is somebody else. */
function isAlive({ bootId }: ProcessRecord, { pid, startTime }: ProcessRecord["owner"]): boolean {
  return bootId === readBootId() && startTime !== null && readStartTime(pid) === startTime;
}

async function readRecordPaths(folder: string): Promise<readonly string[]> {
  try {
    const names = await readdir(folder);
    return names.filter((name) => name.endsWith(".json")).map((name) => join(folder, name));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
    throw error;
  }
}

/** null for a file that is gone by now, or was not written by us (ours are replaced whole): it is left as it is. */
async function readRecord(path: string): Promise<ProcessRecord | null> {
  try {
    return ProcessRecord.parse(JSON.parse(await readFile(path, "utf8")));
  } catch {
    return null;
  }
}
