import type { AuditMark } from "./journal.ts";

export interface Base {
  /** Branch name without `refs/heads/`. */
  readonly branch: string;
  /** Commit id. */
  readonly commit: string;
}

export interface FileChange {
  readonly path: string;
  /** A added, M modified, D deleted, T type changed. Renames show as D and A. */
  readonly status: "A" | "M" | "D" | "T";
  /** null for binary files. */
  readonly added: number | null;
  readonly removed: number | null;
  /** It is one now. */
  readonly symlink?: true;
}

export interface CommitWords {
  readonly message: string;
  readonly author: string;
  /** ISO 8601, from the intent row: the same content gives the same commit id. */
  readonly date: string;
}

export interface SnapshotRequest extends CommitWords {
  readonly worktree: string;
  /** The base or the checkpoint before: history made by the agent is never read. */
  readonly parent: string;
  readonly limits: { readonly changedFiles: number };
}

export interface Snapshot {
  readonly commit: string;
  readonly tree: string;
  /** Against the parent; empty when nothing changed. */
  readonly changes: readonly FileChange[];
}

/** Work that is on no branch, and the ref that keeps it. */
export interface Kept {
  readonly ref: string;
  readonly commit: string;
}

export interface Saved extends Kept {
  readonly task: string;
  /** First line of the commit's message. */
  readonly subject: string;
}

export type Forecast =
  { readonly clean: true; readonly tree: string } | { readonly clean: false; readonly files: readonly string[] };

/** Commits that are to be merged one after the other, and how they stand to the base and to each other. */
export interface Outlook {
  /** Heads that do not merge with the base, with the files in conflict. */
  readonly base: ReadonlyMap<string, readonly string[]>;
  /** Of the others, pairs that do not merge with each other. */
  readonly pairs: readonly { readonly a: string; readonly b: string; readonly files: readonly string[] }[];
  /** Paths that each head changed of its own; empty where that cannot be told from its history. */
  readonly changes: ReadonlyMap<string, readonly string[]>;
}

/**
 * The user's repository as the orchestrator may touch it: never its checkout, never a ref without our
 * prefix, every ref by compare-and-swap, every id validated. Rejects with `DispatchError`.
 */
export interface Repository {
  /** Stable for one repository: names schemas, logs and episodes. */
  readonly id: string;
  readonly root: string;
  readonly commonDir: string;
  readonly origin: string | null;
  /** Asks origin (single flight, coalesced) where the base is now; without an origin reads the local branch. */
  fetchBase(): Promise<Base>;
  /** What is known of it without asking origin; null when nothing is. */
  readBase(): Promise<Base | null>;
  readBranch(branch: string): Promise<string | null>;
  /** Compare and swap; `expected` null means that the branch must not exist. Rejects with code `ref_moved`. */
  moveBranch(branch: string, to: string, expected: string | null): Promise<void>;
  deleteBranch(branch: string, expected: string): Promise<void>;
  /** Where origin has this branch; null where it has not or there is no origin. */
  fetchPublished(branch: string): Promise<string | null>;
  /** Brings what this ref of origin points to, and moves no ref. */
  fetchObjects(ref: string): Promise<void>;
  /** Pushes exactly this commit with a lease on the expected old one; nothing to do without an origin. Code `push_rejected`. */
  publish(branch: string, commit: string, expected: string | null): Promise<void>;
  /** Removes our branch on origin, if it still is where we left it. */
  unpublish(branch: string, expected: string): Promise<void>;
  /** The files of the worktree as a commit in the user's object store; no ref moves. Code `worktree_gone` if its root is no longer ours. */
  snapshot(request: SnapshotRequest): Promise<Snapshot>;
  /** The files of a worktree in which an agent still writes, as far as they can be read now; touches nothing there, and no ref moves. Gives a commit id. */
  captureLive(request: SnapshotRequest, signal: AbortSignal): Promise<string>;
  /** Makes the commit reachable under `refs/dispatch/salvage/<task>/<n>`: where `over` was kept, else the next free n; an equal tree is not saved twice. */
  salvage(task: string, commit: string, over?: Kept | null): Promise<string>;
  /** All that is saved, each task's oldest first. */
  readSalvage(): Promise<readonly Saved[]>;
  /** Its ref goes away, if nobody moved it. */
  dropSalvage(kept: Kept): Promise<void>;
  /** Adds this mark of the journal to `refs/dispatch/audit`, where nobody changes it unseen who changes the journal. */
  recordAudit(mark: AuditMark, date: string): Promise<void>;
  /** Every mark, newest first. */
  readAudit(): Promise<readonly AuditMark[]>;
  readChanges(from: string, to: string): Promise<readonly FileChange[]>;
  /** Unified diff without external tools, cut at `maxBytes`. */
  readDiff(from: string, to: string, maxBytes: number): Promise<string>;
  /**
   * Commit of a base tree with only these paths taken from `head`: "the tests without the change", or what `text` says.
   * Nothing refers to it.
   */
  overlay(base: string, head: string, paths: readonly string[], text?: CommitWords): Promise<string>;
  /**
   * Commit on `parent` with this content in these files of it, their modes kept. Nothing refers to it. Code `policy` for
   * what a snapshot may not hold either.
   */
  rewrite(parent: string, files: ReadonlyMap<string, string>, text: CommitWords): Promise<Snapshot>;
  /** What a merge of the two would do; no ref moves. */
  forecast(ours: string, theirs: string): Promise<Forecast>;
  /** The same for many heads, and of each pair of them; remembered. Heads that are not in this clone are left out. */
  readOutlook(base: string, heads: readonly string[]): Promise<Outlook>;
  /** Commit of the merge of `head` into `base`, which nothing refers to; null on conflict. */
  together(base: string, head: string): Promise<string | null>;
  isAncestor(ancestor: string, descendant: string): Promise<boolean>;
  /** Those of `heads` that have `ancestor` in their history: one question for many. */
  readDescendants(ancestor: string, heads: readonly string[]): Promise<ReadonlySet<string>>;
  /** Replays `branch`'s commits after `fork` onto `onto` without a checkout; null on conflict. */
  replay(fork: string, head: string, onto: string): Promise<string | null>;
  mergeBase(a: string, b: string): Promise<string | null>;
  /** The task that this commit itself names, where we committed it: whoever amends it commits it, too. Null else. */
  readOwnTask(commit: string): Promise<string | null>;
  /** Ids of tasks whose trailer is in the history of this commit. */
  readMergedTasks(commit: string): Promise<ReadonlySet<string>>;
  /** Content of a file at a commit; null when it is not there. */
  readFile(commit: string, path: string): Promise<string | null>;
  /** The same of many in one question; what is not there, or would be too much, is left out. */
  readFiles(commit: string, paths: readonly string[]): Promise<ReadonlyMap<string, string>>;
}
