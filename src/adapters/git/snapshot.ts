import { rm } from "node:fs/promises";
import { join } from "node:path";
import { randomUUID } from "node:crypto";
import type { CommitWords, Snapshot, SnapshotRequest } from "../../ports/repository.ts";
import { captureTree, type Tree } from "./capture.ts";
import { asChange, readRawChanges } from "./changes.ts";
import { writeCommit } from "./commit.ts";
import type { Doors } from "./doors.ts";
import { refuseEntries } from "./entries.ts";
import { fields, type Git, line } from "./git.ts";
import { captureLive } from "./live-tree.ts";
import { requireObjectId, zeroLike } from "./names.ts";
import { writeObject } from "./objects.ts";
import { requireIntact } from "./own-tree.ts";
import { readTree } from "./refs.ts";
import type { Slot } from "./schema.ts";

/** Of one snapshot: what is larger does not belong into a pull request. */
const SIZES = { fileMb: 20, totalMb: 50 };

/** The files of a slot as a commit on `parent`. Nothing changed: the commit is the parent itself. */
export async function takeSnapshot(
  doors: Doors,
  slot: Pick<Slot, "path" | "adminDir">,
  files: Pick<Tree, "index" | "holds">,
  request: SnapshotRequest,
): Promise<Snapshot> {
  const { parent, message, author, date, limits } = request;
  await requireIntact(slot);
  const tree = await captureTree(doors, { root: slot.path, ...files }, parent, { ...SIZES, ...limits });
  if (tree === null) return { commit: parent, tree: await readTree(doors, parent), changes: [] };
  // At once: a commit that is refused afterwards is one that nothing refers to.
  const [raw, commit] = await Promise.all([
    readRawChanges(doors, parent, tree),
    writeCommit(doors, { tree, parents: [parent], message, author, date }),
  ]);
  if (raw.length === 0) return { commit: parent, tree, changes: [] };
  await refuseEntries(doors.own, raw);
  return { commit, tree, changes: raw.map(asChange) };
}

/** The files of a slot as they are at this moment, an agent at work in it, as a commit on `parent`. */
export async function takeLive(
  doors: Doors,
  slot: Pick<Slot, "path" | "adminDir">,
  index: string,
  { parent, message, author, date, limits }: SnapshotRequest,
  signal: AbortSignal,
): Promise<string> {
  await requireIntact(slot);
  const tree = await captureLive(doors, { tree: { root: slot.path, index }, parent, ...limits, signal });
  if (tree === (await readTree(doors, parent))) return parent;
  return await writeCommit(doors, { tree, parents: [parent], message, author, date });
}

/** The tree of `base` with only these paths as they are in `head`, as a commit on `base` that nothing refers to. */
export async function overlay(
  doors: Doors,
  base: string,
  head: string,
  paths: readonly string[],
  text: CommitWords = {
    message: `The tests of ${head} without its change`,
    author: "dispatch",
    // A fixed date: the same overlay is the same commit, whose checks need not run twice.
    date: "2000-01-01T00:00:00Z",
  },
): Promise<string> {
  const wanted = new Set(paths);
  const changes = (await readRawChanges(doors, base, head)).filter(({ path }) => wanted.has(path));
  const zero = zeroLike(requireObjectId(base));
  const entries = changes.map(({ status, modeAfter, blobAfter, path }) =>
    status === "D" ? `0 ${zero}\t${path}` : `${modeAfter} ${blobAfter}\t${path}`,
  );
  return await commitWith(doors, base, text, async () => entries);
}

/** The tree of `parent` with this content in files that it has, as a commit on it that nothing refers to. */
export async function rewrite(
  doors: Doors,
  parent: string,
  files: ReadonlyMap<string, string>,
  text: CommitWords,
): Promise<Snapshot> {
  const commit = await commitWith(doors, requireObjectId(parent), text, async (git) => {
    const listed = fields(await git("ls-files", ["--stage", "-z", "--", ...files.keys()]));
    const modes = new Map(listed.map((entry) => [entry.slice(entry.indexOf("\t") + 1), entry.split(" ")[0]]));
    const entries: string[] = [];
    for (const [path, content] of files)
      if (modes.has(path)) entries.push(`${modes.get(path)} ${await writeObject(doors, "blob", content)}\t${path}`);
    return entries;
  });
  const raw = await readRawChanges(doors, parent, commit);
  await refuseEntries(doors.own, raw);
  return { commit, tree: await readTree(doors, commit), changes: raw.map(asChange) };
}

/** The commit on `base` whose tree has these entries in place of its own: what `update-index --index-info` reads. */
async function commitWith(
  doors: Doors,
  base: string,
  text: CommitWords,
  entriesFor: (git: Git) => Promise<readonly string[]>,
): Promise<string> {
  const index = join(doors.orchDir, `overlay-${randomUUID()}`);
  const env = { GIT_INDEX_FILE: index };
  const git: Git = (command, args, options = {}) => doors.own(command, args, { ...options, env });
  try {
    await git("read-tree", [base]);
    const input = (await entriesFor(git)).map((entry) => `${entry}\0`).join("");
    await git("update-index", ["--add", "--replace", "-z", "--index-info"], { input });
    const tree = line(await git("write-tree", []));
    return await writeCommit(doors, { tree, parents: [base], ...text });
  } finally {
    await rm(index, { force: true });
  }
}
