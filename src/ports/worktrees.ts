import type { Role } from "../domain/assignment.ts";

/** Ignored folders that stay in a place between tasks, where `setup` makes them. */
export const KEPT_FOLDERS = ["node_modules", ".venv"] as const;

/** `ready`: as `setup` left it at the base · `stale`: to be set up there first · `spoilt`: for nobody any more. */
export type Standing = "ready" | "stale" | "spoilt";

/** What makes a place ready before the files of its commit come there. */
export interface Preparation {
  readonly base: string;
  /** Asked for a new place, too. `left` names what lies there beside the files of a commit. */
  restore(path: string, left: readonly string[]): Promise<Standing>;
  /** Called where the place is `stale`, with the files of the base in it. */
  prepare(path: string): Promise<void>;
}

export interface LeaseRequest {
  /** Who wants it; written into the pause flag. */
  readonly holder: string;
  readonly run: string;
  readonly task: string;
  readonly role: Role;
  /** Leases of one lane get the same warm place where they can. */
  readonly lane: number;
  /** The tree to start from. */
  readonly commit: string;
  /** The commit whose files lie there in the beginning, where it is not `commit`: unfinished work. */
  readonly files?: string;
  /** Checked out there, created at `commit` if it is new: a task branch or a reviewer's local one. */
  readonly branch: string;
  readonly preparation?: Preparation;
}

/** A checked-out tree of its own, ours until it is given back. */
export interface Worktree extends AsyncDisposable {
  readonly path: string;
  readonly branch: string;
  /** Raises the pause flags (this worktree's, and the main checkout's, counted); gone when disposed. A foreign flag is left alone. */
  pauseWatcher(): Promise<AsyncDisposable>;
  /** True while the root is the linked worktree that was leased: not deleted, not replaced. */
  isIntact(): Promise<boolean>;
  /** True while its files are those that were leased; what is ignored may come and go. */
  isUntouched(): Promise<boolean>;
  /** Gives it back; whatever is unsaved in it was salvaged by the caller, or is salvaged now. Disposing does the same. */
  release(): Promise<void>;
}

/** Does not show whether a worktree is new or was warm. */
export interface Worktrees {
  acquire(request: LeaseRequest): Promise<Worktree>;
  /**
   * Mends what a dead owner left: half-made entries, locks and flags at once, worktrees with unsaved work (salvaged
   * first) when they are asked for.
   */
  heal(): Promise<Healing>;
  /** True while moving the branch would disturb somebody: it is checked out, or leased. */
  isBusy(branch: string): Promise<boolean>;
}

/** Where work was saved. */
export interface Saved {
  readonly task: string;
  readonly ref: string;
  readonly commit: string;
}

/** Mends the worktrees that a task, or any, had when their owner died. What was told is not told again. */
export interface Healing {
  of(task: string): Promise<readonly Saved[]>;
  all(): Promise<readonly Saved[]>;
}
