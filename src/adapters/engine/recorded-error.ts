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

/** As JSON, so that another host can throw it again. */
export function errorRecord(error: Error): unknown {
  const { name, message } = error;
  if (!(error instanceof DispatchError)) return { name, message };
  const { code, hint, exit, facts } = error;
  return { name: "DispatchError", code, message, hint, exit, facts };
}

/** What `errorRecord` made of it, or another host with its own idea of an error. */
export function errorOf(record: unknown): Error {
  const revived = reviveError(record);
  if (revived instanceof Error) return revived;
  const message =
    typeof record === "object" && record !== null && "message" in record ? String(record.message) : String(record);
  return new Error(message);
}
