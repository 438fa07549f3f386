import { statfs } from "node:fs/promises";

export interface Space {
  readonly free: number;
  readonly total: number;
  /** Nothing more can be written, or made. */
  readonly isFull: boolean;
}

const LEFT_BYTES = 1024 * 1024;

/** Of the disks of these folders the one with the least room, measured against itself; null where none can be asked. */
export async function readDisk(folders: readonly string[]): Promise<Space | null> {
  const found = await Promise.all(folders.map(readSpace));
  const known = found.filter((space) => space !== null);
  return known.toSorted((a, b) => a.free / a.total - b.free / b.total)[0] ?? null;
}

/** Null for what is not there yet, or of a kind that has no size. */
export async function readSpace(folder: string): Promise<Space | null> {
  try {
    const { bavail, blocks, bsize, files, ffree } = await statfs(folder);
    const free = bavail * bsize;
    // Some file systems count no files at all.
    const isFull = free < LEFT_BYTES || (files > 0 && ffree === 0);
    return blocks === 0 ? null : { free, total: blocks * bsize, isFull };
  } catch {
    return null;
  }
}
