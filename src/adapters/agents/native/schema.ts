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

/** What a planner answers (docs/contract.md §5). */
export const PlannersAnswer = z.strictObject({
  tasks: z.array(
    z.strictObject({
      id: z.string(),
      title: z.string().describe("One line."),
      body: z.string().describe("Markdown: what is to be done, and how one sees that it is done."),
      files: z.array(z.string()).describe("Paths or globs that it will touch, seen from the top of the repository."),
      after: z.array(z.string()).describe("Ids of those of these tasks that have to be merged before it begins."),
      estimate: z.number().nullable().describe("Seconds that an agent will take."),
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
