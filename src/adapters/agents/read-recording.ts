import { readFileSync } from "node:fs";
import { DispatchError, EXIT } from "../../domain/errors.ts";
import { Recording, firstIssue } from "./schema.ts";

/** The recording of a replay agent, checked; rejects with `recording_invalid` that says where it is wrong. */
export function readRecording(path: string, where: string): Recording {
  const parsed = Recording.safeParse(readJson(path, where));
  if (parsed.success) return parsed.data;
  throw invalid(path, where, firstIssue(parsed.error), parsed.error);
}

function readJson(path: string, where: string): unknown {
  try {
    return JSON.parse(readFileSync(path, "utf8")) as unknown;
  } catch (cause) {
    throw invalid(path, where, cause instanceof Error ? cause.message : String(cause), cause);
  }
}

function invalid(path: string, where: string, what: string, cause: unknown): DispatchError {
  return new DispatchError({
    code: "recording_invalid",
    message: `The recording ${path} of ${where} cannot be played: ${what}.`,
    hint: `Correct the file, or name another in ${where}.`,
    exit: EXIT.usage,
    facts: { path, where },
    cause,
  });
}
