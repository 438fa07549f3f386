import type { BacklogItem } from "./backlog-item.ts";

/** A narrow piece of work: one branch, one pull request. */
export interface Task extends Omit<BacklogItem, "done" | "children" | "at"> {
  /** Titles and bodies of the items above it, outermost first: context, not work. */
  readonly context: readonly string[];
  /** Changes when the user changes the item's text, which begins a new episode of an ended task (docs/contract.md §9.7). */
  readonly textHash: string;
}

/** One of which no more is known than its words. */
export const bareTask = (words: Pick<Task, "id" | "title" | "body" | "kind" | "textHash">): Task => ({
  ...{ after: [], files: [], skills: [], context: [], estimateSeconds: null, value: null, priority: null },
  ...words,
});
