import { DispatchError } from "../../domain/errors.ts";
import { RecordedDispatchError } from "./schema.ts";

/** Gives a recorded DispatchError its class back, so that callers see the same after a replay. */
export function reviveError(error: unknown): unknown {
  if (error instanceof DispatchError) return error;
  const recorded = RecordedDispatchError.safeParse(error);
  if (!recorded.success) return error;
  const { name: _, ...details } = recorded.data;
  return new DispatchError({ ...details, ...(error instanceof Error ? { cause: error.cause } : {}) });
}

/** The record keeps errors, so whatever was thrown becomes one. */
export function asError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(String(thrown), { cause: thrown });
}
