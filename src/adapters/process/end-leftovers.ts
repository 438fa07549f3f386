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
  const dead: { readonly path: string; readonly record: ProcessRecord }[] = [];
  for (const path of await readRecordPaths(folder)) {
    const record = await readRecord(path);
    if (record !== null && !isAlive(record, record.owner)) dead.push({ path, record });
  }
  if (dead.length === 0) return 0;
  const leaders = dead.flatMap(({ record }) =>
    record.leader !== null && isAlive(record, record.leader) ? [record.leader.pid] : [],
  );
  // All at once: each sweep looks at every process of the machine.
  const found = await sweep(dead.map(({ record }) => record.entry));
  await Promise.all(leaders.map((leader) => endGroup(leader, { graceMs: 0 })));
  for (const { path } of dead) await rm(path, { force: true });
  return new Set([...found, ...leaders]).size;
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
