import { mkdir, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { readBootId, readStartTime } from "./processes.ts";
import type { ProcessRecord } from "./schema.ts";

export interface RecordFile {
  /** Says which process it became. */
  started(pid: number): Promise<void>;
  remove(): Promise<void>;
}

/** Writes down that a program is about to start, before it does: `kill -9` between the two leaves no stranger. */
export async function writeProcessRecord(folder: string, id: string, entry: string): Promise<RecordFile> {
  const path = join(folder, `${id}.json`);
  const intent: ProcessRecord = { v: 1, bootId: readBootId(), entry, owner: identity(process.pid), leader: null };
  await mkdir(folder, { recursive: true, mode: 0o700 });
  await replace(path, intent);
  return {
    started: (pid) => replace(path, { ...intent, leader: identity(pid) }),
    remove: () => rm(path, { force: true }),
  };
}

async function replace(path: string, record: ProcessRecord): Promise<void> {
  await writeFile(`${path}.new`, JSON.stringify(record), { mode: 0o600 });
  await rename(`${path}.new`, path);
}

function identity(pid: number): { readonly pid: number; readonly startTime: string | null } {
  return { pid, startTime: readStartTime(pid) };
}
