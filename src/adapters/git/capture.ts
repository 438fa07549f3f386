import { lstat, mkdir, rm } from "node:fs/promises";
import { dirname } from "node:path";
import { DispatchError } from "../../domain/errors.ts";
import type { Doors } from "./doors.ts";
import { isMissing } from "./files.ts";
import { type Git, type GitOptions, fields, line } from "./git.ts";
import { requireObjectId } from "./names.ts";
import { addNested } from "./nested.ts";
import { makeWritable } from "./writable.ts";

/** What an agent locked must be read all the same; root is not locked out, and saves the walk. */
const isRoot = process.getuid?.() === 0;

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
  /** Untracked folders that are repositories of their own; they end in a slash. */
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
  if (!isRoot) await makeWritable(tree.root);
  await loadIndex(git, tree, parent);
  const { paths, nested } = await readListing(git, limits);
  if (paths.length === 0) return null;
  if (nested.length > 0) throw nestedRepository(nested);
  await requireSmall(tree, paths, limits);
  await git("add", ["-A"]);
  return line(await git("write-tree", []));
}

/** The same for work that must not be lost: a repository within is stored as its files. Code `too_many_files`. */
export async function captureAll(
  doors: Doors,
  tree: Tree,
  parent: string,
  limits: CaptureLimits,
): Promise<string | null> {
  const git = gitFor(doors, tree);
  if (!isRoot) await makeWritable(tree.root);
  await loadIndex(git, tree, parent);
  const { paths, nested } = await readListing(git, limits);
  if (paths.length === 0) return null;
  await requireSmall(tree, paths, limits);
  // What cannot be added (a repository without a commit, a pipe in place of a file) must not keep the rest out.
  await git("add", ["-A", "--ignore-errors"], { ok: [0, 1] });
  await addNested(git, tree.root, nested.map(shown), limits.changedFiles);
  return line(await git("write-tree", []));
}

/** git with this work tree and index; everything else is ours. */
export function gitFor({ own }: Pick<Doors, "own">, { root, index }: Tree): Git {
  const env = { GIT_WORK_TREE: root, GIT_INDEX_FILE: index };
  return (command, args, options: GitOptions = {}) => own(command, args, { ...options, env });
}

/** The index holds `parent`; what is known of unchanged files stays, so that they are not read again. */
async function loadIndex(git: Git, { index, holds }: Tree, parent: string): Promise<void> {
  await mkdir(dirname(index), { recursive: true });
  // Whoever held it is dead: a tree has one user at a time.
  await rm(`${index}.lock`, { force: true });
  if (holds === parent) return;
  const args = ["-m", requireObjectId(parent)];
  if ((await git("read-tree", args, { ok: [0, 128] })).exitCode === 0) return;
  await rm(index, { force: true });
  await git("read-tree", args);
}

const LISTING_BYTES = 64 * 1024 * 1024;

async function readListing(git: Git, { changedFiles }: CaptureLimits): Promise<Listing> {
  const args = ["-z", "--others", "--modified", "--deleted", "--exclude-standard"];
  const listed = await git("ls-files", args, { encoding: "latin1", maxBytes: LISTING_BYTES, overflow: "cut" });
  const paths = [...new Set(fields(listed))];
  if (listed.truncated || paths.length > changedFiles) throw tooMany(`more than ${changedFiles} files changed`);
  return { paths, nested: paths.filter((path) => path.endsWith("/")) };
}

const MB = 1024 * 1024;

async function requireSmall({ root }: Tree, paths: readonly string[], limits: CaptureLimits): Promise<void> {
  let total = 0;
  for (const path of paths) {
    const size = await fileSize(Buffer.concat([Buffer.from(`${root}/`), Buffer.from(path, "latin1")]));
    total += size;
    if (size > limits.fileMb * MB) throw tooMany(`one file has more than ${limits.fileMb} MB`, shown(path));
    if (total > limits.totalMb * MB) throw tooMany(`the changed files have more than ${limits.totalMb} MB`);
  }
}

async function fileSize(path: Buffer): Promise<number> {
  try {
    const stat = await lstat(path);
    return stat.isFile() ? stat.size : 0;
  } catch (error) {
    if (isMissing(error)) return 0;
    throw error;
  }
}

function shown(path: string): string {
  return Buffer.from(path, "latin1").toString();
}

function tooMany(what: string, path?: string): DispatchError {
  return new DispatchError({
    code: "too_many_files",
    message: `The worktree was not taken as work: ${what}${path === undefined ? "" : ` (${path})`}.`,
    hint: "Let .gitignore name what is built or downloaded; the bound for files is limits.changedFiles in dispatch.jsonc.",
    facts: path === undefined ? {} : { path },
  });
}

function nestedRepository(nested: readonly string[]): DispatchError {
  const paths = nested.map(shown);
  return new DispatchError({
    code: "policy",
    message: `There is a git repository inside the worktree: ${paths.join(", ")}. Its files would not be in the pull request.`,
    hint: "Have the agent remove it, or let .gitignore name it.",
    facts: { paths },
  });
}
