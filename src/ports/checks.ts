import type { Standing } from "./worktrees.ts";

export interface SetupRequest {
  readonly cwd: string;
  /** Whose files are there. */
  readonly commit: string;
  /** The commit that is trusted: only its own files are set up with scripts and with `env`. */
  readonly base: string;
  /** What was set up for one owner at another commit than the base is for nobody else. */
  readonly owner: string;
}

export interface CheckRequest extends SetupRequest {
  readonly scratch: string;
  readonly logFile: string;
  readonly wallSeconds: number;
  readonly outputMb: number;
}

export interface SetupRun {
  /** As it was typed, joined by ` && `. */
  readonly command: string;
  readonly exitCode: number;
  readonly seconds: number;
  /** Last 4 kB of the output. */
  readonly tail: string;
  /** False when it was done before, in this place, for these manifests. */
  readonly ran: boolean;
  /** It ran without install scripts and without `env`, because manifests or lockfiles are not those of the base. */
  readonly scriptsOff: boolean;
  /** A sentence, when we stopped it; its exit code is 124 for a time-out, 125 for too much output. */
  readonly stopped?: string;
}

export interface CheckRun {
  /** The commands as they were typed, joined by ` && `; those of `setup` when that failed. */
  readonly command: string;
  /** 0 when all passed; that of the first that failed; 124 for a time-out, 125 for too much output. */
  readonly exitCode: number;
  readonly seconds: number;
  /** Last 4 kB of the output. */
  readonly tail: string;
  /** Absent when none is configured. */
  readonly setup?: SetupRun;
  /** A sentence, when we stopped it. */
  readonly stopped?: string;
}

/** The user's own `checks` (`npm test`) and `setup` (`npm ci`), run in a worktree of a committed result. */
export interface Checks {
  /** null when none are configured. */
  readonly command: string | null;
  /**
   * What a place is worth before anything of `commit` runs there. `left` is what lies in it beside its commit's files;
   * of that, what came after `setup` is removed.
   */
  restore(request: SetupRequest, left: readonly string[]): Promise<Standing>;
  /**
   * Runs `setup` unless it was done in this place for these manifests; null when none is configured. Safe to
   * repeat. A failure is an exit code; rejects with the reason of an aborted signal or with `worktree_gone`.
   */
  prepare(request: SetupRequest, signal: AbortSignal): Promise<SetupRun | null>;
  /** Prepares, then runs the checks. Rejects as `prepare` does. */
  run(request: CheckRequest, signal: AbortSignal): Promise<CheckRun>;
}
