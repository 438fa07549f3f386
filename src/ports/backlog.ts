import type { BacklogItem } from "../domain/backlog-item.ts";

/** Reads every item or rejects with file, line and the mend: nothing half-read is run. */
export interface Backlog {
  readonly describe: string;
  readItems(): Promise<readonly BacklogItem[]>;
}
