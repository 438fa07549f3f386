import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Config } from "./schema.ts";

export type Stage = NonNullable<Config["pipeline"]>[number];
export type BacklogSource = NonNullable<Config["backlog"]>[number];

/** The configuration with the defaults that depend on the repository. */
export interface Settled extends Omit<Config, "backlog" | "checks" | "pipeline"> {
  /** Relative names start at the top of the checkout. Empty if none is configured and none of the usual files is there. */
  readonly backlog: BacklogSource[];
  /** Commands, run one after the other; empty when there are none. */
  readonly checks: string[];
  readonly pipeline: Stage[];
}

const STAGE_ROLES = { code: "coder", test: "tester", review: "reviewer" } as const;
const BACKLOGS = ["BACKLOG.md", "TODO.md"];
const NPM_PLACEHOLDER = 'echo "Error: no test specified" && exit 1';

export interface Derived {
  readonly config: Settled;
  /** Key → where its default was read from, for keys that the repository decided. */
  readonly from: ReadonlyMap<string, string>;
}

export function derive(config: Config, root: string): Derived {
  const from = new Map<string, string>();
  const {
    backlog = findBacklog(root, from),
    checks = findChecks(root, from),
    pipeline = findPipeline(config, from),
  } = config;
  return { config: { ...config, backlog, checks: typeof checks === "string" ? [checks] : checks, pipeline }, from };
}

export function roleOf(stage: Stage): (typeof STAGE_ROLES)[Stage] {
  return STAGE_ROLES[stage];
}

/** The test script that a person wrote into package.json, as the command that runs it; null if there is none. */
export function findTestCommand(root: string): string | null {
  const text = readIfThere(join(root, "package.json"));
  if (text === null) return null;
  const script = testScript(text);
  return script === null || script.trim() === "" || script.trim() === NPM_PLACEHOLDER ? null : "npm test";
}

export function findBacklogFile(root: string): string | null {
  return BACKLOGS.find((name) => existsSync(join(root, name))) ?? null;
}

function findBacklog(root: string, from: Map<string, string>): BacklogSource[] {
  const markdown = findBacklogFile(root);
  if (markdown === null) return [];
  from.set("backlog", `${markdown} is there`);
  return [{ markdown }];
}

function findChecks(root: string, from: Map<string, string>): string[] {
  const command = findTestCommand(root);
  if (command === null) return [];
  from.set("checks", "package.json scripts.test");
  return [command];
}

function findPipeline({ agents }: Config, from: Map<string, string>): Stage[] {
  const roles = new Set<string>(Object.values(agents).map(({ role }) => role));
  from.set("pipeline", "the roles that have an agent");
  return (["code", "test", "review"] as const).filter((stage) => roles.has(STAGE_ROLES[stage]));
}

function testScript(manifest: string): string | null {
  try {
    const { scripts } = JSON.parse(manifest) as { scripts?: { test?: unknown } };
    return typeof scripts?.test === "string" ? scripts.test : null;
  } catch {
    return null; // a manifest that npm itself would refuse names no test script
  }
}

function readIfThere(file: string): string | null {
  return existsSync(file) ? readFileSync(file, "utf8") : null;
}
