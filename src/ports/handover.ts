/**
 * How a commit gets from the host that made it to the one that needs it (docs/contract.md §6): over origin. On one host
 * everything is there already, and both do nothing.
 */
export interface Handover {
  /** Makes the commit reachable for every host; twice is the same as once. */
  give(task: string, commit: string): Promise<void>;
  /** Has the commit here from now on, wherever it was made. Code `commit_missing` when nobody gave it. */
  bring(task: string, commit: string): Promise<void>;
  /** Its work is on its branch: what was given is needed no more. */
  drop(task: string): Promise<void>;
}
