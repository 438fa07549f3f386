/** What the user wrote: one open or done item of a backlog, with its sub-tasks. */
export interface BacklogItem {
  readonly id: string;
  readonly title: string;
  /** Markdown below the title line, without the sub-tasks. */
  readonly body: string;
  readonly done: boolean;
  readonly after: readonly string[];
  readonly estimateSeconds: number | null;
  /** Globs of paths that the work is expected to touch. */
  readonly files: readonly string[];
  readonly kind: string | null;
  readonly skills: readonly string[];
  readonly value: number | null;
  /** Smaller is sooner; null sorts last. */
  readonly priority: number | null;
  readonly children: readonly BacklogItem[];
  /** Where it was read, for error messages. */
  readonly at: { readonly file: string; readonly line: number } | null;
}
