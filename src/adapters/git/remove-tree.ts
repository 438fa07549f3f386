import { randomUUID } from "node:crypto";
import { chmod, lstat, readdir, rename, rm, rmdir, unlink } from "node:fs/promises";
import { isMissing, whyOf } from "./files.ts";

/** Half of what Linux takes for a path: a name fits behind it. */
const LONG = 2000;

/** Deletes what was moved to the trash before, whatever an agent made of it. Never rejects: gives why something stays, or null. */
export async function removeTree(path: string): Promise<string | null> {
  try {
    await rm(path, { recursive: true, force: true, maxRetries: 3 });
    return null;
  } catch {
    // Locked, too deep, or with names that are no text: step by step, and it says itself what stays.
  }
  const errors: unknown[] = [];
  const tops = [Buffer.from(path)];
  const moveUp = async (folder: Buffer): Promise<void> => {
    const to = Buffer.from(`${path}-${randomUUID().slice(0, 8)}`);
    // A locked folder cannot get another parent.
    await chmod(folder, 0o700);
    await rename(folder, to);
    tops.push(to);
  };
  for (let top = tops.pop(); top !== undefined; top = tops.pop()) await removeFolder(top, moveUp, errors);
  const [error] = errors;
  if (error === undefined && !(await isThere(path))) return null;
  return error === undefined ? "it is not empty" : whyOf(error);
}

/** What lies too deep moves up, so that a path can name it. */
async function removeFolder(
  folder: Buffer,
  moveUp: (folder: Buffer) => Promise<void>,
  errors: unknown[],
): Promise<void> {
  const attempt = async (work: Promise<unknown>): Promise<void> => {
    await work.catch((error: unknown) => isMissing(error) || errors.push(error));
  };
  const inside = async (): Promise<void> => {
    await chmod(folder, 0o700);
    for (const entry of await readdir(folder, { withFileTypes: true, encoding: "latin1" })) {
      const child = Buffer.concat([folder, Buffer.from(`/${entry.name}`, "latin1")]);
      if (!entry.isDirectory()) await attempt(unlink(child));
      else if (child.length < LONG) await removeFolder(child, moveUp, errors);
      else await attempt(moveUp(child));
    }
  };
  await attempt(inside());
  await attempt(rmdir(folder));
}

async function isThere(path: string): Promise<boolean> {
  return lstat(path).then(
    () => true,
    (error: unknown) => !isMissing(error),
  );
}
