import { parseBranchName } from "../../domain/branch-name.ts";
import { UNFINISHED } from "../../domain/commit-text.ts";
import type { Saved } from "../../ports/worktrees.ts";
import { captureAll } from "./capture.ts";
import { writeCommit } from "./commit.ts";
import type { SlotKit } from "./kit.ts";
import { isFolder } from "./own-tree.ts";
import { readBranch, readTree, salvage } from "./refs.ts";
import type { Lease, Slot } from "./schema.ts";
import { indexPath } from "./slots.ts";

/** Of work that is only kept: generous, but a full disk helps nobody. */
const LIMITS = { changedFiles: 100_000, fileMb: 500, totalMb: 1000 };

/**
 * What is in a slot and in no commit that we know goes to `refs/dispatch/salvage/<task>/<n>`. null when there is
 * nothing to save. Rejects when it cannot be saved: then the files must stay where they are.
 */
export async function saveWork({ repository, known }: SlotKit, slot: Slot, lease: SavedLease): Promise<Saved | null> {
  if (!(await isFolder(slot.path))) return null;
  const { doors, stateDir, slots } = repository;
  slots.holds.delete(slot.name);
  const tip =
    (known === undefined ? await readBranch(doors, lease.branch) : known.tips.get(lease.branch)) ?? lease.commit;
  const tree = await captureAll(doors, { root: slot.path, index: indexPath(stateDir, slot.name) }, tip, LIMITS);
  // The last is where the slot stood before the lease: it may have been interrupted before it got further.
  for (const commit of new Set([tip, lease.commit, slot.commit ?? tip])) {
    if ((await readTree(doors, commit)) === tree) return null;
  }
  const commit = await writeCommit(doors, {
    tree,
    parents: [tip],
    message: `${UNFINISHED}what ${lease.holder} left\n\nDispatch-Task: ${lease.task}\nDispatch-Run: ${lease.run}\n`,
    author: "dispatch",
    date: lease.since,
  });
  return { task: lease.task, ...(await salvage(doors, lease.task, commit, { tree, known: known?.salvage })) };
}

export type SavedLease = Pick<Lease, "task" | "run" | "holder" | "branch" | "commit" | "since">;

/** For files whose lease nobody knows; the task is told from the branch, where there is one. */
export function lostLease(branch: string | null, commit: string): SavedLease {
  const task = parseBranchName(branch ?? "")?.id ?? "lost";
  const about = { task, run: "unknown", holder: "somebody", since: "2000-01-01T00:00:00Z" };
  return { ...about, branch: branch ?? "dispatch/none", commit };
}
