import { existsSync } from "node:fs";
import { lstat, mkdir, rm } from "node:fs/promises";
import { dirname } from "node:path";
import { DispatchError } from "../../domain/errors.ts";
import type { Doors } from "./doors.ts";
import { isMissing } from "./files.ts";
import { readFilledLinks } from "./filled-links.ts";
import { type Git, gitFailed, type GitOptions, fields, line } from "./git.ts";
import { requireObjectId } from "./names.ts";
import { addNested, inTree, readNested } from "./nested.ts";
import { settleTree } from "./settle.ts";

/** A folder of files, and the index of our own that goes with it. */
export interface Tree {
  readonly root: string;
  readonly index: string;
  /** The commit whose files the index lists, where that is known: it need not be loaded again. */
  readonly holds?: string | undefined;
}

export interface CaptureLimits {
  readonly changedFiles: number;
  readonly fileMb: number;
  readonly totalMb: number;
}

/** What differs from the index. Names are latin1, one character per byte: file names need not be UTF-8. */
interface Listing {
  readonly paths: readonly string[];
  /** Folders among them that git takes for other repositories and does not look into; they end in a slash. */
  readonly nested: readonly string[];
}

/**
 * The files as a tree object in the user's store, ignored ones left out; null when they are those of `parent`.
 * Reads nothing of the agent's own git: its index, HEAD, refs, locks and configuration are irrelevant. Codes
 * `too_many_files` and `policy` (what git would not store as plain files).
 */
export async function captureTree(
  doors: Doors,
  tree: Tree,
  parent: string,
  limits: CaptureLimits,
): Promise<string | null> {
  const git = gitFor(doors, tree);
  await settleTree(tree.root, { commonDir: doors.commonDir, signal: doors.late });
  await loadIndex(git, tree, parent);
  const { paths, nested } = await readListing(git, tree, limits);
  if (paths.length === 0) return null;
  if (nested.length > 0) throw nestedRepository(nested);
  await requireSmall(tree, paths, limits);
  return (await addListed(git, paths)) ?? (await addAll(git, tree, []));
}

/**
 * The same for work that must not be lost: a repository within is stored as its files. Whatever the index lists, all
 * that differs from it is added; where there is none, `parent` is listed first. Code `too_many_files`.
 */
export async function captureAll(doors: Doors, tree: Tree, parent: string, limits: CaptureLimits): Promise<string> {
  const git = gitFor(doors, tree);
  await settleTree(tree.root, { commonDir: doors.commonDir, signal: doors.late });
  await loadIndex(git, existsSync(tree.index) ? { ...tree, holds: parent } : tree, parent);
  const { paths, nested } = await readListing(git, tree, limits);
  if (paths.length === 0) return line(await git("write-tree", []));
  const inside = await readNested(tree.root, nested);
  await requireSmall(tree, [...paths, ...inside], limits);
  return addAll(git, tree, inside);
}

/** git with this work tree and index; everything else is ours. */
export function gitFor({ own, late }: Pick<Doors, "own" | "late">, { root, index }: Tree): Git {
  const env = { GIT_WORK_TREE: root, GIT_INDEX_FILE: index };
  return (command, args, options: GitOptions = {}) => own(command, args, { ...options, env, signal: late });
}

/** The index holds `parent`; what is known of unchanged files stays, so that they are not read again. */
async function loadIndex(git: Git, { index, holds }: Tree, parent: string): Promise<void> {
  await mkdir(dirname(index), { recursive: true });
  // Whoever held it is dead: a tree has one user at a time.
  await rm(`${index}.lock`, { force: true });
  if (holds === parent) return;
  const args = [requireObjectId(parent)];
  // It stays in its place all the while: a slot without an index is taken for one without work.
  if ((await git("read-tree", ["-m", ...args], { ok: [0, 128] })).exitCode !== 0) await git("read-tree", args);
}

const LISTING_BYTES = 64 * 1024 * 1024;

async function readListing(git: Git, tree: Tree, { changedFiles }: CaptureLimits): Promise<Listing> {
  const args = ["-z", "--others", "--modified", "--deleted", "--exclude-standard"];
  const listed = await git("ls-files", args, { encoding: "latin1", maxBytes: LISTING_BYTES, overflow: "cut" });
  if (listed.truncated) throw tooManyFiles(changedFiles);
  const paths = [...new Set([...fields(listed), ...(await readFilledLinks(git, tree))])];
  return { paths, nested: paths.filter((path) => path.endsWith("/")) };
}

const MB = 1024 * 1024;

async function requireSmall({ root }: Tree, paths: readonly string[], limits: CaptureLimits): Promise<void> {
  if (paths.length > limits.changedFiles) throw tooManyFiles(limits.changedFiles);
  let total = 0;
  for (const path of paths) {
    const size = (await fileSize(root, path)) ?? 0;
    total += size;
    if (size > limits.fileMb * MB) throw tooMany(`one file has more than ${limits.fileMb} MB`, shown(path));
    if (total > limits.totalMb * MB) throw tooMany(`the changed files have more than ${limits.totalMb} MB`);
  }
}

/** Looks at nothing but what was listed. Null when git took exception to one of them: then all is asked for again. */
async function addListed(git: Git, paths: readonly string[]): Promise<string | null> {
  const input = Buffer.from(`${paths.join("\0")}\0`, "latin1");
  const added = await git("update-index", ["--add", "--remove", "--replace", "-z", "--stdin"], {
    input,
    ok: [0, 1, 128],
  });
  // A name that it never stores is left out with a word on stderr alone.
  return added.exitCode === 0 && added.stderr === "" ? line(await git("write-tree", [])) : null;
}

/** The tree of all files that the listing names, and of those `inside` other repositories. */
async function addAll(git: Git, tree: Tree, inside: readonly string[]): Promise<string> {
  // What cannot be added (a repository without a commit, a pipe in place of a file) must not keep the rest out.
  const added = await git("add", ["-A", "--ignore-errors"], { ok: [0, 1] });
  await addNested(git, inside);
  if (added.exitCode !== 0) await requireAdded(git, tree, gitFailed("add", added));
  return line(await git("write-tree", []));
}

/** A file that git did not take (`.GIT/x`, one that cannot be read, a full disk) must not go away with the worktree. */
async function requireAdded(git: Git, { root }: Tree, failed: DispatchError): Promise<void> {
  const args = ["-z", "--others", "--modified", "--exclude-standard"];
  for (const path of fields(await git("ls-files", args, { encoding: "latin1" })))
    if ((await fileSize(root, path)) !== null) throw failed.code === "disk_full" ? failed : notAdded(shown(path));
}

/** null for what is no file. */
async function fileSize(root: string, path: string): Promise<number | null> {
  try {
    const stat = await lstat(inTree(root, path));
    return stat.isFile() ? stat.size : null;
  } catch (error) {
    if (isMissing(error)) return null;
    throw error;
  }
}

function shown(path: string): string {
  return Buffer.from(path, "latin1").toString();
}

const tooManyFiles = (bound: number): DispatchError => tooMany(`more than ${bound} files changed`);

function tooMany(what: string, path?: string): DispatchError {
  return new DispatchError({
    code: "too_many_files",
    message: `The worktree was not taken as work: ${what}${path === undefined ? "" : ` (${path})`}.`,
    hint: "Let .gitignore name what is built or downloaded; the bound for files is limits.changedFiles in dispatch.jsonc.",
    facts: path === undefined ? {} : { path },
  });
}

function notAdded(path: string): DispatchError {
  return new DispatchError({
    code: "policy",
    message: `git does not store the file ${path}.`,
    hint: "Rename it, or make it readable.",
    facts: { path },
  });
}

function nestedRepository(nested: readonly string[]): DispatchError {
  const paths = nested.map(shown);
  return new DispatchError({
    code: "policy",
    message: `There is a git repository inside the worktree: ${paths.join(", ")}. Its files would not be in the pull request.`,
    hint: "Have the agent remove it (a submodule's folder stays empty), or let .gitignore name it.",
    facts: { paths },
  });
}
