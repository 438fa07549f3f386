import { z } from "zod";
import { SEVERITIES } from "../../../domain/verdict.ts";

/** What a judge answers. Every key required and no other allowed: the strictest of the servers wants it so. */
export const JudgesAnswer = z.strictObject({
  verdict: z.enum(["approve", "request_changes"]),
  summary: z.string().describe("One or two sentences for the pull request."),
  findings: z.array(
    z.strictObject({
      path: z.string().nullable().describe("Seen from the top of the repository."),
      line: z.int().nullable(),
      severity: z.enum(SEVERITIES).describe("blocker and major have to be mended, minor and note not."),
      rule: z.string().nullable(),
      message: z.string().describe("What is wrong, and what would mend it."),
    }),
  ),
});

export const jsonSchemaOf = z.toJSONSchema;

const Total = z.object({
  ...{ inputTokens: z.int(), outputTokens: z.int(), cacheReadTokens: z.int(), cacheWriteTokens: z.int() },
  costUsd: z.number().default(0),
});

/** A CLI's own memory of a task, good for the worktree in which it was made. The id is no option of a command line. */
export const Session = z.object({
  session: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9_-]{0,99}$/),
  cwd: z.string(),
  total: Total.optional(),
});
export type Session = Readonly<z.output<typeof Session>>;
