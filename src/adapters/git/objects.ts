import { createHash, randomUUID } from "node:crypto";
import { chmod, mkdir, rename, rm, stat, utimes, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { deflate } from "node:zlib";
import { DispatchError, EXIT } from "../../domain/errors.ts";
import type { Doors } from "./doors.ts";
import { hasCode, isMissing } from "./files.ts";

const compress = promisify(deflate);

export type ObjectStore = Pick<Doors, "objects" | "objectFormat">;

/**
 * Writes one object as git stores a loose one, and gives its id; the same content twice is once. Without git, since
 * a process for each of the small objects of a task would be most of what that task costs. Code `disk_full`.
 */
export async function writeObject(
  { objects, objectFormat }: ObjectStore,
  type: "blob" | "tree" | "commit",
  content: string | Uint8Array,
): Promise<string> {
  const body = Buffer.from(content);
  const object = Buffer.concat([Buffer.from(`${type} ${body.length}\0`), body]);
  const id = createHash(objectFormat).update(object).digest("hex");
  const path = join(objects, id.slice(0, 2), id.slice(2));
  if (await isFresh(path)) return id;
  const beside = join(dirname(path), `tmp_obj_${randomUUID().slice(0, 8)}`);
  const packed = await compress(object, { level: 1 });
  try {
    await write(objects, beside, packed);
    await rename(beside, path);
  } catch (error) {
    await rm(beside, { force: true });
    throw hasCode(error, "ENOSPC", "EDQUOT") ? diskFull(objects, error) : error;
  }
  return id;
}

/** As git does: what is there already is made young again, so that no `git gc` takes it away as forgotten. */
async function isFresh(path: string): Promise<boolean> {
  const now = new Date();
  return utimes(path, now, now).then(
    () => true,
    () => false,
  );
}

async function write(objects: string, path: string, content: Uint8Array): Promise<void> {
  const options = { flag: "wx", mode: 0o444 };
  try {
    await writeFile(path, content, options);
  } catch (error) {
    if (!isMissing(error)) throw error;
    await makeFolder(objects, dirname(path));
    await writeFile(path, content, options);
  }
}

/** In a repository that is shared by a group the new folder must be, too. */
async function makeFolder(objects: string, folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  const { mode } = await stat(objects);
  if ((mode & 0o022) !== 0) await chmod(folder, mode & 0o7777);
}

function diskFull(objects: string, cause: unknown): DispatchError {
  return new DispatchError({
    code: "disk_full",
    message: `An object could not be written below ${objects} because the disk is full.`,
    hint: "Free some space, then: dispatch run",
    exit: EXIT.later,
    cause,
  });
}
