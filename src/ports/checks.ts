export interface CheckRequest {
  readonly cwd: string;
  readonly scratch: string;
  readonly logFile: string;
  readonly wallSeconds: number;
  readonly outputMb: number;
}

export interface CheckRun {
  /** The commands as they were typed, joined by ` && `. */
  readonly command: string;
  /** 0 when all passed; that of the first that failed; 124 for a time-out. */
  readonly exitCode: number;
  readonly seconds: number;
  /** Last 4 kB of the output. */
  readonly tail: string;
}

/** The user's own checks (`npm test`), run in a worktree of a committed result. */
export interface Checks {
  /** null when none are configured. */
  readonly command: string | null;
  run(request: CheckRequest, signal: AbortSignal): Promise<CheckRun>;
}
