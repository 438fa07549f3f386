import type { Role } from "../../../domain/assignment.ts";
import { JudgesAnswer, jsonSchemaOf, PlannersAnswer } from "./schema.ts";

export type JsonSchema = Readonly<Record<string, unknown>>;

const JUDGES: JsonSchema = withoutBounds(jsonSchemaOf(JudgesAnswer));
const PLANNERS: JsonSchema = withoutBounds(jsonSchemaOf(PlannersAnswer));

/** null for roles whose files are the answer. */
export function answerSchema(role: Role): JsonSchema | null {
  if (role === "planner") return PLANNERS;
  return isJudge(role) ? JUDGES : null;
}

/** They look and do not touch: all that they give is their word. */
export const isJudge = (role: Role): boolean => role !== "coder";

/** Bounds of 53 bits are right, and some servers refuse them. */
function withoutBounds(schema: unknown): JsonSchema {
  const text = JSON.stringify(schema, (key, value: unknown) =>
    key === "minimum" || key === "maximum" || key === "$schema" ? undefined : value,
  );
  return JSON.parse(text) as JsonSchema;
}
