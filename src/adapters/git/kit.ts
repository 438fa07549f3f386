import type { DispatchError } from "../../domain/errors.ts";
import type { RefRow } from "./refs.ts";
import type { GitRepository } from "./repository.ts";

export interface Known {
  readonly tips: ReadonlyMap<string, string>;
  readonly salvage: readonly RefRow[];
}

/** What everybody who works on slots has in hand. */
export interface SlotKit {
  readonly repository: GitRepository;
  /** Ignored folders that stay in a slot between tasks, because making them anew is slow. */
  readonly keep: readonly string[];
  /** Slots that this process made clean itself: nobody else had a reason to touch them since. */
  readonly trusted: Set<string>;
  /** Read once for many slots: where branches are, and what is saved. */
  readonly known?: Known;
  /** Hears of work that could not be saved as a commit and stays where it is. */
  readonly onKept: (error: DispatchError) => void;
}
