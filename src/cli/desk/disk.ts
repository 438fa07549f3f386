import { statfs } from "node:fs/promises";

export interface Space {
  readonly free: number;
  readonly total: number;
}

/** Of the disks of these folders the one with the least room, measured against itself; null where none can be asked. */
export async function readDisk(folders: readonly string[]): Promise<Space | null> {
  const found = await Promise.all(folders.map((folder) => readSpace(folder)));
  const known = found.filter((space) => space !== null);
  return known.toSorted((a, b) => a.free / a.total - b.free / b.total)[0] ?? null;
}

async function readSpace(folder: string): Promise<Space | null> {
  try {
    const { bavail, blocks, bsize } = await statfs(folder);
    return blocks === 0 ? null : { free: bavail * bsize, total: blocks * bsize };
  } catch {
    return null; // not there yet, or of a kind that has no size
  }
}
