import { DispatchError } from "../domain/errors.ts";
import { Stopped, type Steps } from "../ports/steps.ts";

/** Wrong with the machine or the way to origin. No task can help it, and it passes or somebody mends it. */
const CODES: ReadonlySet<string> = new Set([
  "disk_full",
  "origin_unreachable",
  "push_failed",
  "git_auth",
  "claim_lost",
  "host_lost",
  "database_away",
  "github_auth",
  "github_forbidden",
  "github_limited",
  "github_unreachable",
]);
/** A full disk in the words of the system, and of PostgreSQL. */
const FULL: ReadonlySet<unknown> = new Set(["ENOSPC", "EDQUOT", "53100"]);

/**
 * Steps that meet such trouble are left to the next start, as if we had been stopped: the task did not fail, and what
 * it has is not made again. The run ends with the trouble as its error.
 */
export function leaveTrouble(steps: Steps): Steps {
  return {
    ...steps,
    run: (name, work) =>
      steps.run(name, async (signal) => {
        try {
          return await work(signal);
        } catch (error) {
          const trouble = findTrouble(error);
          throw trouble === null ? error : new Stopped(trouble.message, { cause: trouble });
        }
      }),
  };
}

/** The error itself, what caused it, or what it came after on the way out of an `await using`. */
export function findTrouble(error: unknown): Error | null {
  if (!(error instanceof Error)) return null;
  const isTrouble = error instanceof DispatchError ? CODES.has(error.code) : "code" in error && FULL.has(error.code);
  if (isTrouble) return error;
  const { cause, suppressed } = error as { readonly cause?: unknown; readonly suppressed?: unknown };
  return findTrouble(suppressed) ?? findTrouble(cause);
}
