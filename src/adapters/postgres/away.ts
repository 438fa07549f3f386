import { DispatchError } from "../../domain/errors.ts";

export function databaseAway(cause: unknown): DispatchError {
  return new DispatchError({
    code: "database_away",
    message: `The database did not answer: ${cause instanceof Error ? cause.message : String(cause)}`,
    hint: "What was recorded is safe. Go on with: dispatch run",
    cause,
  });
}
