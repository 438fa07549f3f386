/** Exit codes of the command line (docs/contract.md §1); every error knows which one it deserves. */
export const EXIT = {
  done: 0,
  failure: 1,
  usage: 2,
  someFailed: 3,
  authentication: 4,
  stopped: 5,
  waiting: 6,
  owned: 7,
  later: 75,
  interrupted: 130,
  terminated: 143,
} as const;
export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

export interface ErrorDetails {
  /** Stable, lower-case, for scripts: `config_invalid`, `repository_owned`. */
  readonly code: string;
  /** What happened, to what. One sentence. */
  readonly message: string;
  /** What to type or change next. */
  readonly hint: string;
  readonly exit?: ExitCode;
  readonly facts?: Readonly<Record<string, unknown>>;
  readonly cause?: unknown;
}

/** The only error a user sees on purpose; anything else that reaches the top is a defect of ours. */
export class DispatchError extends Error {
  override readonly name = "DispatchError";
  readonly code: string;
  readonly hint: string;
  readonly exit: ExitCode;
  readonly facts: Readonly<Record<string, unknown>>;

  constructor(details: ErrorDetails) {
    super(details.message, details.cause === undefined ? undefined : { cause: details.cause });
    this.code = details.code;
    this.hint = details.hint;
    this.exit = details.exit ?? EXIT.failure;
    this.facts = details.facts ?? {};
  }
}

/** For a failure that has a second way. */
export function hasErrorCode(error: unknown, code: string): boolean {
  return error instanceof DispatchError && error.code === code;
}
