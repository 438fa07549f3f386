import { randomUUID } from "node:crypto";
import { mkdir, readdir, rename, rm, rmdir, unlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { DispatchError } from "../../domain/errors.ts";
import { hasCode, isMissing, readIfThere } from "./files.ts";
import { type ProcessIdentity, readLife, readSelf } from "./process-identity.ts";

export interface LockHolder extends ProcessIdentity {
  /** What the holder wrote about itself. */
  readonly detail: string;
}

export type LockAttempt =
  { readonly held: true; readonly lock: AsyncDisposable } | { readonly held: false; readonly holder: LockHolder };

/**
 * A lock that survives `kill -9` of its holder: a folder with one file whose *name* says which process holds it.
 * The folder comes into being with its file in it (rename), and a dead holder is replaced by renaming exactly
 * its file to ours: of any number who try, one wins, and a living holder is never robbed.
 */
export async function tryLock(folder: string, detail: string): Promise<LockAttempt> {
  const mine = join(folder, nameOf(await readSelf()));
  const lock = { [Symbol.asyncDispose]: () => unlock(folder, mine) };
  for (;;) {
    if (await create(folder, mine, detail)) return { held: true, lock };
    const holder = await readHolder(folder);
    if (holder === null) continue;
    if ((await readLife(holder.identity)) !== "dead") {
      return { held: false, holder: { ...holder.identity, detail: (await readIfThere(holder.file)) ?? "" } };
    }
    if (await succeeds(rename(holder.file, mine), "ENOENT")) {
      await describe(folder, mine, detail);
      return { held: true, lock };
    }
  }
}

/** Who holds it and is not proven dead. */
export async function readLock(folder: string): Promise<LockHolder | null> {
  const holder = await readHolder(folder);
  if (holder === null || (await readLife(holder.identity)) === "dead") return null;
  return { ...holder.identity, detail: (await readIfThere(holder.file)) ?? "" };
}

async function create(folder: string, mine: string, detail: string): Promise<boolean> {
  const prepared = `${folder}.${randomUUID().slice(0, 8)}.new`;
  await mkdir(prepared, { recursive: true });
  await writeFile(join(prepared, mine.slice(folder.length + 1)), detail);
  // Succeeds over nothing and over an empty folder, which somebody left who was killed while unlocking.
  const made = await succeeds(rename(prepared, folder), "ENOTEMPTY", "EEXIST");
  if (!made) await rm(prepared, { recursive: true, force: true });
  return made;
}

/** Prepared outside: the folder never holds a second file, or two could each rename "the" dead one. */
async function describe(folder: string, mine: string, detail: string): Promise<void> {
  const prepared = `${folder}.${randomUUID().slice(0, 8)}.new`;
  await writeFile(prepared, detail);
  await rename(prepared, mine);
}

async function unlock(folder: string, mine: string): Promise<void> {
  await unlink(mine).catch((error: unknown) => unless(error, isMissing(error)));
  // Somebody may have locked it already: then it is not empty, or gone and made anew.
  await rmdir(folder).catch((error: unknown) => unless(error, hasCode(error, "ENOTEMPTY", "EEXIST", "ENOENT")));
}

async function readHolder(
  folder: string,
): Promise<{ readonly file: string; readonly identity: ProcessIdentity } | null> {
  const names = await readdir(folder).catch((error: unknown) => {
    if (isMissing(error)) return [];
    throw error;
  });
  const [name] = names;
  if (name === undefined) return null;
  const identity = parseName(name);
  if (identity !== null) return { file: join(folder, name), identity };
  throw new DispatchError({
    code: "lock_unreadable",
    message: `${folder} holds ${JSON.stringify(name)}, which is not ours.`,
    hint: `Look what it is and remove it: ls -la '${folder}'`,
    facts: { folder, name },
  });
}

/** The last part tells two locks of one process apart. */
function nameOf({ host, pid, bootId, startTime, space }: ProcessIdentity): string {
  return [host, String(pid), bootId, startTime, space, randomUUID().slice(0, 8)].map(encode).join("~");
}

function parseName(name: string): ProcessIdentity | null {
  const parts = name.split("~");
  if (parts.length !== 6) return null;
  const [host = "", pid = "", bootId = "", startTime = "", space = ""] = parts.map(decode);
  return { host, pid: Number(pid), bootId, startTime, space };
}

function encode(part: string): string {
  return encodeURIComponent(part).replaceAll("~", "%7E");
}

function decode(part: string): string {
  // Only what `encode` wrote is ever decoded to something else.
  return part.replace(/%[0-9A-F]{2}(?:%[0-9A-F]{2})*/g, (run) =>
    Buffer.from(run.replaceAll("%", ""), "hex").toString(),
  );
}

async function succeeds(work: Promise<void>, ...refusals: readonly string[]): Promise<boolean> {
  try {
    await work;
    return true;
  } catch (error) {
    if (hasCode(error, ...refusals)) return false;
    throw error;
  }
}

function unless(error: unknown, isFine: boolean): void {
  if (!isFine) throw error;
}
