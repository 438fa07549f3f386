import { randomUUID } from "node:crypto";
import { constants } from "node:fs";
import { copyFile, type FileHandle, open, readlink, rm } from "node:fs/promises";
import { join } from "node:path";
import { DispatchError } from "../../domain/errors.ts";
import { gitFor, type Tree } from "./capture.ts";
import type { Doors } from "./doors.ts";
import { hasCode, isMissing } from "./files.ts";
import { fields, line } from "./git.ts";
import { requireObjectId, zeroLike } from "./names.ts";
import { writeObject } from "./objects.ts";

const MB = 1024 * 1024;
/** What is larger is saved when the turn ends, if at all. */
const FILE_BYTES = 20 * MB;
const TOTAL_BYTES = 200 * MB;
/** A pipe in the place of an ignore file holds git for ever, and is taken away only when the turn has ended. */
const PATIENCE_MS = 60_000;

const { O_RDONLY, O_NOFOLLOW, O_DIRECTORY, O_NONBLOCK } = constants;
const isLinux = process.platform === "linux";

export interface LiveRequest {
  readonly tree: Tree;
  /** The files that the index of `tree` lists are those of this commit, or grew out of them. */
  readonly parent: string;
  readonly changedFiles: number;
  readonly signal: AbortSignal;
}

/**
 * The files of a worktree in which an agent still writes, as a tree object. Nothing there is touched, and git only
 * lists: what changed is read by us, folder by folder from an open one, because a link that an agent puts into the
 * place of a folder at the right moment would lead git to any file of the user. Left out is what lies in
 * repositories within, and what is too large: the end of the turn saves that.
 */
export async function captureLive(doors: Doors, { tree, parent, changedFiles, signal }: LiveRequest): Promise<string> {
  // Of our own, too: the slot's is for the end of the turn, and a lock that we leave in it when killed would be in the way.
  const index = join(doors.orchDir, `scratch-${randomUUID()}`);
  const late = AbortSignal.any([signal, doors.late, AbortSignal.timeout(PATIENCE_MS)]);
  const git = gitFor({ own: doors.own, late }, { root: tree.root, index });
  const zero = zeroLike(requireObjectId(parent));
  try {
    await copyFile(tree.index, index);
    const args = ["-z", "--others", "--modified", "--deleted", "--exclude-standard"];
    const paths = new Set(fields(await git("ls-files", args, { encoding: "latin1" })));
    if (paths.size > changedFiles) throw tooMany(changedFiles);
    const entries: string[] = [];
    let left = TOTAL_BYTES;
    for (const path of paths) {
      late.throwIfAborted();
      const found = await readInside(tree.root, path, Math.min(FILE_BYTES, left));
      if (found === "other") continue;
      left -= found?.content.length ?? 0;
      const id = found === null ? zero : await writeObject(doors, "blob", found.content);
      entries.push(`${found?.mode ?? "0"} ${id}\t${path}\0`);
    }
    const input = Buffer.from(entries.join(""), "latin1");
    await git("update-index", ["--add", "--replace", "-z", "--index-info"], { input });
    return line(await git("write-tree", []));
  } finally {
    await Promise.all([index, `${index}.lock`].map((file) => rm(file, { force: true })));
  }
}

interface Found {
  readonly mode: string;
  readonly content: Buffer;
}

/** null when it is gone; `other` for what is neither file nor link, cannot be read, or is too large. */
async function readInside(root: string, path: string, maxBytes: number): Promise<Found | "other" | null> {
  const parts = path.split("/");
  const name = parts.pop() ?? "";
  let place: Place | null = null;
  try {
    place = { path: Buffer.from(root), handle: await open(root, O_RDONLY | O_DIRECTORY | O_NOFOLLOW) };
    for (const part of parts) {
      const inside = below(place, part);
      const handle = await open(inside, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
      await place.handle.close();
      place = { path: inside, handle };
    }
    return await readEntry(below(place, name), maxBytes);
  } catch (error) {
    // A link where a folder was: what was in that folder is gone.
    if (isMissing(error) || hasCode(error, "ELOOP")) return null;
    if (hasCode(error, "EACCES", "EPERM", "ENXIO", "ENODEV")) return "other";
    throw error;
  } finally {
    await place?.handle.close();
  }
}

interface Place {
  readonly path: Buffer;
  readonly handle: FileHandle;
}

/** From the open folder, whatever has its name by now. Without /proc there is no fence either, and nothing to get past. */
function below({ path, handle }: Place, name: string): Buffer {
  const folder = isLinux ? Buffer.from(`/proc/self/fd/${handle.fd}`) : path;
  return Buffer.concat([folder, Buffer.from(`/${name}`, "latin1")]);
}

async function readEntry(path: Buffer, maxBytes: number): Promise<Found | "other"> {
  try {
    await using file = await open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
    const stat = await file.stat();
    if (!stat.isFile() || stat.size > maxBytes) return "other";
    // It may grow while it is read.
    const { buffer, bytesRead } = await file.read(Buffer.alloc(stat.size), 0, stat.size, 0);
    return { mode: (stat.mode & 0o100) === 0 ? "100644" : "100755", content: buffer.subarray(0, bytesRead) };
  } catch (error) {
    if (!hasCode(error, "ELOOP")) throw error;
    return { mode: "120000", content: await readlink(path, "buffer") };
  }
}

function tooMany(bound: number): DispatchError {
  return new DispatchError({
    code: "too_many_files",
    message: `more than ${bound} files changed`,
    hint: "Let .gitignore name what is built or downloaded; the bound is limits.changedFiles in dispatch.jsonc.",
  });
}
