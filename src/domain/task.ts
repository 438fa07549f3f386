/** A narrow piece of work: one branch, one pull request. */
export interface Task {
  readonly id: string;
  readonly title: string;
  readonly body: string;
  /** Titles and bodies of the items above it, outermost first: context, not work. */
  readonly context: readonly string[];
  readonly after: readonly string[];
  readonly estimateSeconds: number | null;
  readonly files: readonly string[];
  readonly kind: string | null;
  readonly skills: readonly string[];
  readonly value: number | null;
  readonly priority: number | null;
  /** Changes when the user changes the item's text, which begins a new episode of an ended task (docs/contract.md §9.7). */
  readonly textHash: string;
}
