/** One dispatcher per git common dir (docs/contract.md §9.8). */
export interface Ownership {
  /** Rejects with code `repository_owned` (exit 7) that names host and pid of the living owner; a dead one is replaced. */
  acquire(run: string): Promise<AsyncDisposable>;
  /** The living owner, if any. */
  readOwner(): Promise<{ readonly host: string; readonly pid: number; readonly run: string } | null>;
}
