import { mkdtemp, rm } from "node:fs/promises";
import { join } from "node:path";
import { DispatchError } from "../../domain/errors.ts";
import type { Forecast } from "../../ports/repository.ts";
import { type CommitRequest, writeCommit } from "./commit.ts";
import type { Doors } from "./doors.ts";
import { fields, type Git, line } from "./git.ts";
import { requireObjectId } from "./names.ts";

/** What a merge of the two would do. Its objects go to a folder that is thrown away: pairs are many. */
export async function forecast(doors: Doors, ours: string, theirs: string): Promise<Forecast> {
  await using objects = await scratchObjects(doors);
  return await mergeTrees(doors.ownInto(objects.dir), ours, theirs);
}

/** What merging `head` into `base` would give, as a commit that nothing refers to; null on conflict. The same each time. */
export async function mergedCommit(doors: Doors, base: string, head: string): Promise<string | null> {
  const words = { message: "together", author: "dispatch", date: "2000-01-01T00:00:00Z" };
  const merged = await mergeCommit(doors, { ours: base, theirs: head, ...words });
  return "commit" in merged ? merged.commit : null;
}

/** A real merge commit of `theirs` into `ours` (first parent), or the files in conflict. No ref moves. */
export async function mergeCommit(
  doors: Doors,
  request: Omit<CommitRequest, "tree" | "parents"> & { readonly ours: string; readonly theirs: string },
): Promise<{ readonly commit: string } | { readonly conflicts: readonly string[] }> {
  const { ours, theirs, ...words } = request;
  const merged = await mergeTrees(doors.own, ours, theirs);
  if (!merged.clean) return { conflicts: merged.files };
  return { commit: await writeCommit(doors, { ...words, tree: merged.tree, parents: [ours, theirs] }) };
}

async function mergeTrees(git: Git, ours: string, theirs: string): Promise<Forecast> {
  const options = ["--write-tree", "-z", "--name-only", "--no-messages"];
  const args = [...options, requireObjectId(ours), requireObjectId(theirs)];
  const result = await git("merge-tree", args, { ok: [0, 1] }).catch(unrelated);
  if (result === null) return { clean: false, files: ["(the histories have nothing in common)"] };
  const [tree = "", ...files] = fields(result);
  return result.exitCode === 0 ? { clean: true, tree } : { clean: false, files: [...new Set(files)] };
}

/** A base that was replaced by another history: no merge will ever do, which is a conflict and not a defect. */
function unrelated(error: unknown): null {
  if (error instanceof DispatchError && /unrelated histories/.test(String(error.facts["stderr"]))) return null;
  throw error;
}

export async function scratchObjects({ orchDir }: Doors): Promise<AsyncDisposable & { readonly dir: string }> {
  const dir = await mkdtemp(join(orchDir, "scratch-"));
  return { dir, [Symbol.asyncDispose]: () => rm(dir, { recursive: true, force: true }) };
}

interface Original {
  readonly id: string;
  readonly parents: readonly string[];
  readonly tree: string;
  /** Author and committer as `git` reads them from its environment. */
  readonly identity: Readonly<Record<string, string>>;
  readonly message: string;
}

/**
 * The commits after `fork` up to `head` again, on top of `onto`, without a checkout: each is a merge whose common
 * ancestor is its own parent. Authors, dates and messages stay; what has nothing left to say is dropped. null on
 * conflict, or where the history has merges.
 */
export async function replay({ own }: Doors, fork: string, head: string, onto: string): Promise<string | null> {
  let tip = requireObjectId(onto);
  let tipTree = await treeOf(own, tip);
  for (const original of await readOriginals(own, requireObjectId(fork), requireObjectId(head))) {
    const [parent, ...more] = original.parents;
    if (parent === undefined || more.length > 0) return null;
    // A commit with the tip's files but the original's parent: git 2.39 cannot be told the common ancestor.
    const stage = line(await own("commit-tree", [tipTree, "-p", parent], { input: "stage\n", env: original.identity }));
    const merged = await mergeTrees(own, stage, original.id);
    if (!merged.clean) return null;
    const isNothing = merged.tree === tipTree && original.tree !== (await treeOf(own, parent));
    if (isNothing) continue;
    const args = [merged.tree, "-p", tip, "-F", "-"];
    tip = line(await own("commit-tree", args, { input: original.message, env: original.identity }));
    tipTree = merged.tree;
  }
  return tip;
}

async function treeOf(own: Git, commit: string): Promise<string> {
  return line(await own("rev-parse", ["--verify", "--end-of-options", `${commit}^{tree}`]));
}

const ORIGINAL = ["%H", "%P", "%T", "%an", "%ae", "%ad", "%cn", "%ce", "%cd", "%B"].join("%x00");

async function readOriginals(own: Git, fork: string, head: string): Promise<readonly Original[]> {
  const order = ["--reverse", "--topo-order", "--date=raw", "--no-show-signature", "-z"];
  const parts = fields(await own("log", [...order, `--format=${ORIGINAL}`, head, `^${fork}`]));
  const originals: Original[] = [];
  for (let i = 0; i + 9 < parts.length; i += 10) {
    const [id = "", parents = "", tree = "", an = "", ae = "", ad = "", cn = "", ce = "", cd = "", message = ""] =
      parts.slice(i, i + 10);
    originals.push({
      id,
      parents: parents.split(" ").filter(Boolean),
      tree,
      message,
      identity: {
        GIT_AUTHOR_NAME: an || "unknown",
        GIT_AUTHOR_EMAIL: ae,
        GIT_AUTHOR_DATE: `@${ad}`,
        GIT_COMMITTER_NAME: cn || "unknown",
        GIT_COMMITTER_EMAIL: ce,
        GIT_COMMITTER_DATE: `@${cd}`,
      },
    });
  }
  return originals;
}
