import { z } from "zod";
import { Duration } from "../../config/schema.ts";
import { type Role, ROLES } from "../../domain/assignment.ts";
import { SEVERITIES } from "../../domain/verdict.ts";

const Verdict = z.enum(["approve", "request_changes"]);

const Finding = z.object({
  path: z.string().nullable().default(null),
  line: z.int().positive().nullable().default(null),
  severity: z.enum(SEVERITIES).default("major"),
  rule: z.string().nullable().default(null),
  message: z.string().min(1),
  skills: z.array(z.string()).default([]),
});

/** Sums of them must stay numbers. */
const Tokens = z.int().min(0).max(1e12, "more tokens than any run takes (1e12)");
const Usage = z.object({ inputTokens: Tokens, outputTokens: Tokens });
const Usd = z.number().min(0).max(10_000, "more than any run costs (10000 USD)");

const ResultFields = {
  summary: z.string().optional(),
  verdict: Verdict.optional(),
  findings: z.array(Finding).optional(),
  usage: Usage.optional(),
  costUsd: Usd.optional(),
  /** Whoever it works with takes no more from it before then. */
  retryAt: z.iso.datetime({ offset: true }).optional(),
};

/** What a program may write to `DISPATCH_RESULT` (docs/contract.md §5); keys that are not known here are ignored. */
export const ResultFile = z.object(ResultFields);
export type ResultFile = z.output<typeof ResultFile>;

const ProposedTask = z.object({
  id: z.string(),
  title: z.string(),
  body: z.string().default(""),
  files: z.array(z.string()).max(200).default([]),
  after: z.array(z.string()).max(200).default([]),
  /** Seconds, or "5m". */
  estimate: Duration.nullable().default(null),
});

/** A planner's: what is worth proposing says `domain/proposal.ts`. */
const PlannersFile = ResultFile.extend({ tasks: z.array(ProposedTask).max(200).optional() });
export type PlannersFile = z.output<typeof PlannersFile>;

export const resultFileOf = (role: Role): typeof ResultFile | typeof PlannersFile =>
  role === "planner" ? PlannersFile : ResultFile;

const Path = z
  .string()
  .min(1)
  .refine((path) => !path.startsWith("/") && !path.split("/").includes(".."), "a path inside the worktree");

const Edit = z.union([
  z.strictObject({ path: Path, content: z.string() }),
  /** The first `old` becomes `new`. */
  z.strictObject({ path: Path, replace: z.tuple([z.string().min(1), z.string()]) }),
  z.strictObject({ path: Path, delete: z.literal(true) }),
]);

/** What a recorded agent does in one start. */
const Entry = z.strictObject({
  /** In which round and attempt it is played; absent means in any. */
  round: z.int().positive().optional(),
  attempt: z.int().positive().optional(),
  /** How long it works, before its edits appear. */
  seconds: z.number().nonnegative().default(0),
  say: z.array(z.string()).default([]),
  edits: z.array(Edit).default([]),
  /** `crash`: killed by SIGKILL; `hang`: goes on for ever and ignores TERM; both after the edits, without a result. */
  end: z
    .string()
    .regex(/^(ok|crash|hang|exit:\d{1,3})$/, "ok, crash, hang or exit:N")
    .default("ok"),
  ...ResultFields,
});
export type Entry = z.output<typeof Entry>;

/** A recording for the replay engine; which entry is played says `pickEntry`. */
export const Recording = z.strictObject({
  v: z.literal(1),
  /** What a start costs before any work is done: slept in each start. */
  startSeconds: z.number().nonnegative().default(0),
  /** By task id; `*` serves the tasks and roles that are not named. */
  tasks: z.record(z.string(), z.partialRecord(z.enum(ROLES), z.array(Entry).min(1))),
});
export type Recording = z.output<typeof Recording>;

/** What is wrong, in one line. */
export function firstIssue(error: z.ZodError): string {
  const [issue] = error.issues;
  if (issue === undefined) return error.message;
  return issue.path.length === 0 ? issue.message : `${issue.path.join(".")}: ${issue.message}`;
}
