import type { Role } from "../../../domain/assignment.ts";
import { JudgesAnswer, jsonSchemaOf } from "./schema.ts";

export type JsonSchema = Readonly<Record<string, unknown>>;

const SCHEMA: JsonSchema = withoutBounds(jsonSchemaOf(JudgesAnswer));

/** null for roles whose files are the answer. */
export const answerSchema = (role: Role): JsonSchema | null => (isJudge(role) ? SCHEMA : null);

export const isJudge = (role: Role): boolean => role === "reviewer" || role === "tester";

/** Bounds of 53 bits are right, and some servers refuse them. */
function withoutBounds(schema: unknown): JsonSchema {
  const text = JSON.stringify(schema, (key, value: unknown) =>
    key === "minimum" || key === "maximum" || key === "$schema" ? undefined : value,
  );
  return JSON.parse(text) as JsonSchema;
}
