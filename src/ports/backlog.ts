import type { BacklogItem } from "../domain/backlog-item.ts";
import type { Proposal } from "../domain/proposal.ts";

/** Reads every item or rejects with file, line and the mend: nothing half-read is run. */
export interface Backlog {
  readonly describe: string;
  readItems(): Promise<readonly BacklogItem[]>;
}

/** One that is written to at the user's word alone. */
export interface WritableBacklog extends Backlog {
  /**
   * Puts sub-tasks below an item into the file from which it was read, unless somebody changed that since; `refused` is
   * a sentence, and then nothing was written.
   */
  addSubTasks(item: string, tasks: readonly Proposal[]): Promise<Added>;
}

export type Added = { readonly file: string } | { readonly refused: string };
