import { z } from "zod";
import { SEVERITIES } from "../domain/verdict.ts";

/** What the workflow says, by the names of action.yml; empty is the same as absent. */
const COMMANDS = ["run", "review", "address", "apply"] as const;
const empty = (value: unknown): unknown => (value === "" ? undefined : value);
const optional = <T extends z.ZodType>(type: T) => z.preprocess(empty, type.optional());

export const Inputs = z.object({
  command: optional(z.enum(COMMANDS)),
  "github-token": optional(z.string()),
  config: optional(z.string()),
  "pull-request": optional(z.coerce.number().int().positive()),
  "max-rounds": optional(z.coerce.number().int().min(1).max(20)),
  "budget-usd": optional(z.coerce.number().positive()),
  "dry-run": z
    .preprocess((value) => empty(value) ?? "false", z.enum(["true", "false"]))
    .transform((on) => on === "true"),
  outbox: optional(z.string()),
});
export type Inputs = z.output<typeof Inputs>;
export type Command = (typeof COMMANDS)[number];

const Account = z.object({ login: z.string(), type: z.string() }).nullish();

/** What of the event file is read; everything else there is somebody's text. */
export const Event = z.object({
  action: z.string().optional(),
  repository: z.object({ full_name: z.string(), default_branch: z.string() }).optional(),
  sender: Account,
  label: z.object({ name: z.string() }).nullish(),
  comment: z.object({ user: Account, body: z.string().nullish() }).nullish(),
  review: z.object({ user: Account }).nullish(),
  issue: z.object({ number: z.number(), pull_request: z.unknown().optional() }).nullish(),
  pull_request: z
    .object({
      number: z.number(),
      head: z.object({ repo: z.object({ full_name: z.string() }).nullable() }),
    })
    .nullish(),
});
export type Event = z.output<typeof Event>;

const Commit = z.string().regex(/^(?:[0-9a-f]{40}|[0-9a-f]{64})$/);
const Task = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/);
const Branch = z.string().max(200);
const Number_ = z.int().positive();
const Line = z.string().max(1000);
const Text = z.string().max(65_000);
const By = z.string().max(200);

const Finding = z.strictObject({
  path: z.string().max(4096).nullable(),
  line: z.int().positive().nullable(),
  severity: z.enum(SEVERITIES),
  rule: z.string().max(1000).nullable(),
  message: Text,
  skills: z.array(z.string().max(100)).max(50),
});

const verb = <V extends string, S extends z.core.$ZodLooseShape>(name: V, shape: S) =>
  z.strictObject({ verb: z.literal(name), ...shape });

/** What an agent half wants done; nothing else can be asked of the publisher. */
export const Intent = z.discriminatedUnion("verb", [
  verb("push", { task: Task, branch: Branch, commit: Commit, expected: Commit.nullable() }),
  verb("unpublish", { task: Task, branch: Branch, expected: Commit }),
  verb("pull-request", {
    number: Number_,
    draft: z.strictObject({
      ...{ task: Task, title: Line, body: Text, branch: Branch, base: Branch, head: Commit, draft: z.boolean() },
    }),
  }),
  verb("comment", { pr: Number_, key: Line, body: Text, by: By }),
  verb("close", { pr: Number_, by: By, why: Text }),
  verb("verdict", {
    pr: Number_.nullable(),
    verdict: z.strictObject({
      ...{ task: Task, head: Commit, sentence: Text, findings: z.array(Finding).max(1000) },
      outcome: z.enum(["success", "failure", "action_required"]),
    }),
  }),
  verb("state", {
    ...{ task: Task, pr: Number_.nullable() },
    state: z.enum(["running", "auditing", "fixing", "ready-for-human", "needs-human", "paused"]).nullable(),
  }),
  verb("answer", { pr: Number_, head: Commit }),
  verb("order", { pr: Number_, order: Number_, understood: z.boolean() }),
  verb("note", {
    ...{ task: Task, pr: Number_.nullable() },
    left: z.strictObject({
      ...{ reason: Text, attempts: z.int().min(0), costUsd: z.number().nullable(), seconds: z.number(), at: Line },
      ...{ humanRounds: z.int().min(0), wakeAt: Line.nullable() },
    }),
  }),
]);
export type Intent = z.output<typeof Intent>;

const Shown = z.strictObject({
  ...{ id: Task, title: Line, state: Line, pr: z.int().positive().nullable(), rounds: z.number() },
  ...{ costUsd: z.number().nullable(), seconds: z.number(), reason: Text.nullable() },
  ...{ attempts: z.int().min(0).optional(), humanRounds: z.int().min(0).optional() },
});
/** A row of the summary. */
export type Shown = z.output<typeof Shown>;

const MOST_INTENTS = 1000;

/** `intents.json` of an outbox: what one run wants done, in its order, and how it went. */
export const Outbox = z.strictObject({
  v: z.literal(1),
  run: z.string().max(100),
  base: z.strictObject({ branch: Branch, commit: Commit }),
  intents: z.array(Intent).max(MOST_INTENTS),
  tasks: z.array(Shown).max(MOST_INTENTS),
  costUsd: z.number().nullable(),
  again: z.boolean(),
});
export type Outbox = z.output<typeof Outbox>;
