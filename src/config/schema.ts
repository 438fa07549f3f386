import { z } from "zod";
import { REACHES } from "../domain/authorize.ts";
import { ROLES } from "../domain/assignment.ts";

const UNITS = { ms: 0.001, s: 1, m: 60, h: 3600, d: 86_400 } as const;

/** `"30m"`, `"1.5h"`, `"250ms"` or a number of seconds; gives seconds. */
export const Duration = z
  .union([
    z.number().positive(),
    z.string().regex(/^\d+(\.\d+)?\s*(ms|s|m|h|d)$/, "a duration such as 30s, 10m or 1.5h"),
  ])
  .transform((value): number => {
    if (typeof value === "number") return value;
    const unit = /[a-z]+$/.exec(value)?.[0] as keyof typeof UNITS;
    return Number.parseFloat(value) * UNITS[unit];
  });

/** `"22:00-06:30"` in the local time of this machine; gives minutes of the day. */
const QuietHours = z
  .string()
  .regex(/^([01]\d|2[0-3]):[0-5]\d-([01]\d|2[0-3]):[0-5]\d$/, "hours such as 22:00-06:30")
  .refine((text) => text.slice(0, 5) !== text.slice(6), "hours that begin and end at different times")
  .transform((text) => {
    const [from = 0, to = 0] = text.split("-").map((time) => Number(time.slice(0, 2)) * 60 + Number(time.slice(3)));
    return { from, to };
  });

const Name = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/, "letters, digits, . _ -, at most 64");
const Command = z.union([z.string().min(1), z.array(z.string().min(1)).min(1)]);
const Seconds = z.union([z.literal("auto"), z.number().positive()]);
const ENGINES = ["command", "checks", "replay", "claude", "codex", "gemini", "opencode", "acp"] as const;

export const AgentConfig = z.strictObject({
  role: z.enum(ROLES),
  engine: z.enum(ENGINES),
  /** Program and arguments; a first word with a slash is resolved against the folder of the configuration file. */
  command: z.array(z.string().min(1)).min(1).optional(),
  /** The recording that the replay engine plays. */
  script: z.string().min(1).optional(),
  model: z.string().min(1).optional(),
  /** What it is told before every brief: a Markdown file, as Claude Code has them in `.claude/agents`; seen from here. */
  file: z.string().min(1).optional(),
  version: z.string().min(1).default("1.0.0"),
  skills: z.array(z.string().min(1)).default([]),
  /** Whose money it spends: `dispatch cost --by team`. */
  team: Name.optional(),
  /** Names of environment variables that are passed on; never values. */
  env: z.array(z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/)).default([]),
  mounts: z.array(z.string().min(1)).default([]),
  network: z.union([z.enum(["none", "model", "open"]), z.array(z.string().min(1))]).optional(),
  budget: z
    .strictObject({ daily: z.number().positive().optional(), monthly: z.number().positive().optional() })
    .optional(),
  reserveUsd: z.number().positive().optional(),
  maxStarts: z.int().min(1).optional(),
  baseUrl: z.url().optional(),
  apiKeyEnv: z.string().min(1).optional(),
  /** USD for a million tokens, where the engine does not say what a turn cost. */
  price: z
    .strictObject({
      input: z.number().min(0),
      output: z.number().min(0),
      cacheRead: z.number().min(0).optional(),
      cacheWrite: z.number().min(0).optional(),
    })
    .optional(),
  /** Of engines with a login of their own: the user's, or a folder of ours for each task, which needs a key. */
  login: z.enum(["inherit", "isolated"]).optional(),
});

const Globs = z.array(z.string().min(1));

/** What is left out is not bounded; see `policyOf`. */
const RoleConfig = z.strictObject({
  allow: Globs.optional(),
  deny: Globs.optional(),
  touchProtected: z.boolean().optional(),
  openPullRequest: z.boolean().optional(),
  network: z.enum(REACHES).optional(),
  maxFiles: z.int().min(1).optional(),
  maxLines: z.int().min(1).optional(),
  maxTaskUsd: z.number().positive().optional(),
});

const BacklogSource = z.union([
  z.strictObject({ markdown: z.string().min(1) }),
  z.strictObject({ file: z.string().min(1) }),
  z.strictObject({ stdin: z.enum(["markdown", "json", "jsonl", "yaml"]) }),
  z.strictObject({ github: z.strictObject({ label: z.string().min(1).default("dispatch:ready") }) }),
]);

/** `dispatch.jsonc`: every key, every default that does not depend on the repository (docs/contract.md §4). */
export const Config = z.strictObject({
  $schema: z.string().optional(),
  base: z
    .string()
    .min(1)
    .optional()
    .describe("Branch that tasks start from and merge into; default: what origin/HEAD names, else the current branch."),
  forge: z.enum(["local", "github"]).default("local").describe("Where pull requests live."),
  accounts: z
    .array(z.string().min(1))
    .max(20)
    .default([])
    .describe('Logins on GitHub whose words count as ours, beside that of the token: an App\'s "name[bot]", a person.'),
  backlog: z
    .array(BacklogSource)
    .min(1)
    .optional()
    .describe("What should be done; default: the first of BACKLOG.md, TODO.md."),
  jobs: z.int().min(1).max(256).default(4).describe("Lanes at most; the fan-out rule decides below it."),
  agents: z.record(Name, AgentConfig).default({}).describe("The workers, by name."),
  checks: Command.optional().describe(
    "What must pass, run on the committed result; default: the test script of package.json.",
  ),
  setup: z
    .union([
      Command,
      z.strictObject({
        command: Command,
        network: z.enum(["none", "open"]).default("open"),
        env: z.array(z.string()).default([]),
        mounts: z.array(z.string()).default([]),
      }),
    ])
    .optional()
    .describe("Run in a worktree before its checks, once per lockfile: npm ci."),
  testPaths: z
    .array(z.string().min(1))
    .default(["test/**", "tests/**", "**/*.test.*", "**/*.spec.*", "**/__tests__/**"])
    .describe("What counts as a test in the evidence."),
  workDir: z
    .string()
    .min(1)
    .default(".work")
    .describe("Where worktrees lie: relative to the top of the main checkout, or absolute."),
  maxWorktrees: z
    .int()
    .min(1)
    .default(256)
    .describe("Worktrees at most on this machine; idle ones go before another is made, and lanes are no more."),
  pauseMain: z.boolean().default(true).describe("Raise the pause flag of the main checkout too while agents run."),
  pipeline: z
    .array(z.enum(["code", "test", "review"]))
    .min(1)
    .optional()
    .describe("Stages of a task; default: those whose role has an agent."),
  review: z
    .strictObject({ rounds: z.int().min(1).max(20).default(3), humanRounds: z.int().min(0).max(50).default(5) })
    .prefault({})
    .describe("Fix rounds before a human decides, and rounds after a human sent it back."),
  attempts: z.int().min(1).max(10).default(2).describe("Starts of an agent per step before the task fails."),
  fanOut: z
    .strictObject({ spawnSeconds: Seconds.default("auto"), taskSeconds: Seconds.default("auto") })
    .prefault({})
    .describe("Seconds of the fan-out rule; auto measures them."),
  budget: z
    .strictObject({
      perTask: z.number().positive().optional(),
      daily: z.number().positive().optional(),
      monthly: z.number().positive().optional(),
    })
    .prefault({})
    .describe("USD."),
  limits: z
    .strictObject({
      wall: Duration.prefault("30m"),
      idle: Duration.prefault("10m"),
      /** Of what a coder has so far, while it works. */
      autosave: z.union([z.literal("off"), Duration]).prefault("5m"),
      outputMb: z.number().positive().default(256),
      changedFiles: z.int().min(1).default(20_000),
      /** Of each process inside the fence. */
      memoryMb: z.int().min(64).default(8192),
    })
    .prefault({})
    .describe("Bounds of one agent."),
  pullRequests: z
    .strictObject({ maxOpen: z.int().min(1).optional(), perHour: z.int().min(1).optional() })
    .prefault({})
    .describe("How many may be open, and be opened in an hour."),
  quietHours: z.array(QuietHours).default([]).describe("Hours of the day in which nothing new is begun."),
  sandbox: z.enum(["auto", "required", "off"]).default("auto").describe("Whether agents must be fenced."),
  policy: z
    .strictObject({
      protected: z.array(z.string().min(1)).default([
        ".github/**",
        ".gitmodules",
        "**/.gitattributes",
        "**/CODEOWNERS",
        // Read by tools that then run what is in them.
        "**/{.npmrc,.yarnrc,.yarnrc.yml,.pnpmfile.cjs}",
        ".husky/**",
        "{.vscode,.idea,.devcontainer}/**",
        // Read by agents, which then do what is in them.
        "**/{.claude,.codex,.cursor,.gemini}/**",
        "**/{AGENTS,CLAUDE,GEMINI}.md",
        "**/.mcp.json",
        "dispatch.jsonc",
        ".dispatch/**",
      ]),
      roles: z.partialRecord(z.enum(ROLES), RoleConfig).default({}),
    })
    .prefault({})
    .describe("What agents may do: paths that none may change without a human, and the bounds of each role."),
});

export type Config = z.output<typeof Config>;
export type AgentConfig = z.output<typeof AgentConfig>;

/** The configuration as an editor wants it: JSON Schema, draft 7. */
export function configSchema(): z.core.JSONSchema.BaseSchema {
  return z.toJSONSchema(Config, { io: "input", target: "draft-7" });
}
