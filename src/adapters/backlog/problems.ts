import { DispatchError, EXIT } from "../../domain/errors.ts";

/** What is wrong in one text, with its mend. `line` is null where the whole text is meant. */
export interface Problem {
  readonly line: number | null;
  readonly message: string;
}

export interface PlacedProblem extends Problem {
  /** As the user named it, or `stdin`. */
  readonly file: string;
}

const SHOWN = 20;

/** Code `backlog_invalid`, exit 2; all problems at once, so that one edit mends them. */
export function backlogInvalid(problems: readonly PlacedProblem[]): DispatchError {
  const shown = problems.slice(0, SHOWN).map(({ file, line, message }) => `${place(file, line)}: ${message}`);
  const rest = problems.length - shown.length;
  return new DispatchError({
    code: "backlog_invalid",
    message: [...shown, ...(rest > 0 ? [`and ${rest} more`] : [])].join("\n"),
    hint: "Correct the backlog, then look at it: dispatch plan",
    exit: EXIT.usage,
    facts: { problems },
  });
}

/** `BACKLOG.md:12` */
export function place(file: string, line: number | null): string {
  return line === null ? file : `${file}:${line}`;
}
