import { randomUUID } from "node:crypto";
import { constants } from "node:fs";
import { open, realpath, rename, rm, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";

/** Written beside and renamed: a reader sees the old content or the new one. */
export async function replaceFile(path: string, content: string): Promise<void> {
  const beside = `${path}.${randomUUID().slice(0, 8)}.new`;
  try {
    await writeFile(beside, content);
    await rename(beside, path);
  } catch (error) {
    await rm(beside, { force: true });
    throw error;
  }
}

/** null when it is not there; empty for what is no file: a pipe would never end. */
export async function readIfThere(path: string): Promise<string | null> {
  return readRegular(path, 0);
}

/** The same where an agent could have written: a link is no file, either. */
export async function readPlain(path: string | Buffer): Promise<string | null> {
  return readRegular(path, constants.O_NOFOLLOW);
}

/** Of what is read here nothing comes near it; a sparse file says any size. */
const MAX_BYTES = 64 * 1024 * 1024;

async function readRegular(path: string | Buffer, flags: number): Promise<string | null> {
  try {
    await using file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK | flags);
    const stat = await file.stat();
    return stat.isFile() && stat.size <= MAX_BYTES ? await file.readFile("utf8") : "";
  } catch (error) {
    if (isMissing(error)) return null;
    // A link, a socket, a device without a driver.
    if (hasCode(error, "ELOOP", "ENXIO", "ENODEV")) return "";
    throw error;
  }
}

/** Makes the file have this content, without touching it when it has; a link in its place is replaced. */
export async function ensureFile(path: string, content: string): Promise<void> {
  if ((await readPlain(path)) !== content) await replaceFile(path, content);
}

/** The real path of something that need not be there yet: git writes real paths, and we compare with them. */
export async function realPathOf(path: string): Promise<string> {
  try {
    return await realpath(path);
  } catch (error) {
    if (!isMissing(error) || dirname(path) === path) throw error;
    return join(await realPathOf(dirname(path)), basename(path));
  }
}

export function isMissing(error: unknown): boolean {
  return hasCode(error, "ENOENT", "ENOTDIR");
}

export function hasCode(error: unknown, ...codes: readonly string[]): boolean {
  return codes.includes((error as NodeJS.ErrnoException).code ?? "");
}

/** What a disk said, for a sentence: a path of a stranger's may have thousands of characters. */
export function whyOf(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return text.length <= 300 ? text : `${text.slice(0, 300)}…`;
}
