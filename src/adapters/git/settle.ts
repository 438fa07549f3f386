import { chmod, lstat, readdir, realpath, unlink } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import type { Dirent } from "node:fs";
import { DispatchError } from "../../domain/errors.ts";
import { removeTree } from "./remove-tree.ts";
import { hasCode, isMissing, readPlain, whyOf } from "./files.ts";

/** Calls to the disk at once. */
const AT_ONCE = 64;
/** git needs minutes where folders nest by the thousand, and no project of people does. */
const MAX_DEPTH = 256;
/** git reads an ignore file whole; nobody wrote one of this size by hand. */
const RULES_MAX_BYTES = 1024 * 1024;
const TOO_DEEP = "its folders lie too deep in each other";
const GIT_MAX_BYTES = 100 * RULES_MAX_BYTES;

export interface Settling {
  /** Of the user's git dir, where submodules have theirs. */
  readonly commonDir: string;
  readonly signal?: AbortSignal;
  /** What to do with the other pipes, sockets and devices, which git leaves out and leaves behind, and with the git dirs of others. Default `leave`. */
  readonly strange?: "leave" | "remove";
  /** Folders that somebody answers for; below them git dirs are no strangers. */
  readonly keep?: readonly string[];
}

interface Folder {
  readonly path: Buffer;
  /** `.git` of a repository within the tree, or below it: no commit ever holds it. */
  readonly isGit: boolean;
  readonly isKept: boolean;
}

/** Names that git opens in a folder, in any case: file systems differ. */
const RULES = /^\.git/i;

interface Found {
  readonly inside: readonly Folder[];
  readonly isStrange: boolean;
}

/**
 * Makes a tree that an agent wrote one that git can look at: git opens `.gitignore` and the `.git` of repositories
 * within whatever they are, and a pipe there never ends. Such files can be in no commit and are removed; locked
 * folders are opened; bits that would reach the next task are taken off. True when something is left that is neither
 * file nor folder nor link, or a git dir. Code `policy` for what cannot be mended.
 */
export async function settleTree(root: string, settling: Settling): Promise<boolean> {
  const { signal } = settling;
  const top = Buffer.from(root);
  let isStrange = false;
  let depth = 0;
  try {
    // A folder inherits this one; no other special bit is anybody's wish.
    const inherited = (await lstat(dirname(root))).mode & 0o2000;
    for (let folders: readonly Folder[] = [{ path: top, isGit: false, isKept: false }]; folders.length > 0;) {
      const inside: Folder[] = [];
      for (let at = 0; at < folders.length; at += AT_ONCE) {
        signal?.throwIfAborted();
        const some = folders.slice(at, at + AT_ONCE);
        const all = await Promise.all(
          some.map((folder) => settleFolder(folder, folder.path === top, settling, inherited)),
        );
        inside.push(...all.flatMap((found) => found.inside));
        isStrange ||= all.some((found) => found.isStrange);
      }
      folders = inside;
      depth += 1;
      if (depth > MAX_DEPTH && inside.length > 0) throw unsettled(TOO_DEEP);
    }
    return isStrange;
  } catch (error) {
    if (error instanceof DispatchError || signal?.aborted === true) throw error;
    throw unsettled(whyOf(error), error);
  }
}

async function settleFolder(
  { path, isGit, isKept }: Folder,
  isTop: boolean,
  { commonDir, strange = "leave", keep = [] }: Settling,
  inherited: number,
): Promise<Found> {
  const inside: Folder[] = [];
  let isStrange = false;
  for (const entry of await openFolder(path, inherited)) {
    const child = Buffer.concat([path, Buffer.from(`/${entry.name}`, "latin1")]);
    const isDotGit = entry.name === ".git" && !isTop;
    // One within a tracked folder is in no list of git's, and git would obey it there in the next task.
    const isForeign = isDotGit && !isKept && entry.isDirectory();
    if (isForeign && strange === "remove") await requireRemoved(child);
    else if (entry.isDirectory()) {
      isStrange ||= isForeign;
      inside.push({ path: child, isGit: isGit || isDotGit, isKept: isKept || keep.includes(entry.name) });
    } else if (isTrap(entry, isGit, isDotGit) || (isDotGit && (await leadsOut(child, path, commonDir))))
      await drop(child);
    else if (!entry.isFile() && !entry.isSymbolicLink()) {
      if (strange === "remove") await drop(child);
      else isStrange = true;
    } else if (isGit || RULES.test(entry.name)) await requireReadable(child, isGit);
  }
  return { inside, isStrange };
}

/** What is in the folder, which is open to us now. What vanishes meanwhile is no obstacle: a failed `rm` may still be at work. */
async function openFolder(path: Buffer, inherited: number): Promise<readonly Dirent[]> {
  try {
    const { mode } = await lstat(path);
    const wanted = (mode & (0o775 | inherited)) | 0o700;
    if ((mode & 0o7777) !== wanted) await chmod(path, wanted);
    return await readdir(path, { withFileTypes: true, encoding: "latin1" });
  } catch (error) {
    if (isMissing(error)) return [];
    throw hasCode(error, "ENAMETOOLONG") ? unsettled(TOO_DEEP, error) : error;
  }
}

function isTrap(entry: Dirent, isGit: boolean, isDotGit: boolean): boolean {
  if (entry.isFile()) return isGit && entry.name === "commondir";
  if (entry.isSymbolicLink()) return isGit || isDotGit;
  return isGit || RULES.test(entry.name);
}

/** A `.git` file names any folder on the machine, and git goes there; those of submodules lie in the user's git dir. */
async function leadsOut(file: Buffer, folder: Buffer, commonDir: string): Promise<boolean> {
  const target = /^gitdir: ([^\n]+)/.exec((await readPlain(file)) ?? "")?.[1];
  if (target === undefined) return false;
  try {
    return !(await realpath(resolve(folder.toString(), target.trim()))).startsWith(`${commonDir}/`);
  } catch {
    return true;
  }
}

async function requireReadable(path: Buffer, isGit: boolean): Promise<void> {
  const stat = await lstat(path).catch(ignoreMissing);
  if (stat === undefined || !stat.isFile() || stat.size <= (isGit ? GIT_MAX_BYTES : RULES_MAX_BYTES)) return;
  // Objects are not read before somebody asks for them.
  if (!isGit || !path.includes("/objects/")) throw unsettled(`${shown(path)} is too large to be read`);
}

async function requireRemoved(path: Buffer): Promise<void> {
  const why = await removeTree(path.toString());
  if (why !== null) throw unsettled(`${shown(path)} cannot be removed: ${why}`);
}

async function drop(path: Buffer): Promise<void> {
  await unlink(path).catch(ignoreMissing);
}

function shown(path: Buffer): string {
  return path.subarray(-100).toString();
}

function ignoreMissing(error: unknown): undefined {
  if (!isMissing(error)) throw error;
}

function unsettled(why: string, cause?: unknown): DispatchError {
  return new DispatchError({
    code: "policy",
    message: `git cannot look at the worktree: ${why}.`,
    hint: "Have the agent remove it; what it wrote stays in its folder: dispatch clean",
    facts: { why },
    ...(cause === undefined ? {} : { cause }),
  });
}

/** Pipes and devices in an entry hang every git that lists the worktrees, ours and the user's. */
export async function removeTraps(adminDir: string): Promise<void> {
  try {
    for (const entry of await readdir(adminDir, { withFileTypes: true })) {
      if (!entry.isFile() && !entry.isDirectory()) await unlink(join(adminDir, entry.name));
    }
  } catch (error) {
    if (!isMissing(error)) throw error;
  }
}
