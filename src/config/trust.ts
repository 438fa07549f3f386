import { createHash } from "node:crypto";
import type { LoadedConfig } from "./load.ts";
import { formatPath, isTree, leaves, type Path, type Tree, valueAt } from "./path.ts";

/** What a repository's own configuration starts on this machine, and what holds it, for a person to believe or not. */
export interface Startable {
  /** `checks "npm test"`: key and value as they stand in the file, one line each; nothing in it is hidden. */
  readonly lines: readonly string[];
  /** Of all of it; the order of keys is no matter. */
  readonly hash: string;
}

/** What is read besides `agents`; the first are what one wants to see first. */
const KEYS = ["checks", "setup", "agents", "sandbox", "workDir", "policy"] as const;
/** The role too: its rules hold the agent. */
const OF_AGENT = [
  "command",
  "script",
  "role",
  "engine",
  "env",
  "mounts",
  "network",
  "baseUrl",
  "apiKeyEnv",
  "login",
] as const;

/**
 * Of the repository's file alone: the user's own file, variables and flags are the user's word already. Null when
 * it starts and changes nothing of that kind. Lanes, limits, budgets and the like may change without a question.
 */
export function startableOf({ layers, config }: Pick<LoadedConfig, "layers" | "config">): Startable | null {
  const file = layers.find(({ kind }) => kind === "repository")?.value ?? {};
  const isDerived = layers.every(({ value }) => value["checks"] === undefined);
  // A test script of package.json is the repository's word as well.
  const found = isDerived && config.checks.length > 0 ? { checks: config.checks.join(" && ") } : {};
  const content = pick({ ...file, ...found, agents: agentsOf(file["agents"]) }, KEYS);
  const entries = leaves(content)
    .map((path): [Path, unknown] => [path, valueAt(content, path)])
    .filter(([, value]) => !isTree(value));
  if (entries.length === 0) return null;
  const ordered = entries.map((entry) => JSON.stringify(entry)).toSorted();
  return {
    lines: entries.map(([path, value]) => visible(`${formatPath(path)} ${JSON.stringify(value)}`)),
    hash: createHash("sha256").update(ordered.join("\n")).digest("hex"),
  };
}

function agentsOf(agents: unknown): Tree {
  if (!isTree(agents)) return {};
  return Object.fromEntries(
    Object.entries(agents).flatMap(([name, agent]) => (isTree(agent) ? [[name, pick(agent, OF_AGENT)]] : [])),
  );
}

function pick(tree: Tree, keys: readonly string[]): Tree {
  return Object.fromEntries(keys.flatMap((key) => (tree[key] === undefined ? [] : [[key, tree[key]]])));
}

/** What a terminal obeys or an eye cannot see is spelled out: to leave it away would show another command. */
function visible(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, (sign) => `\\u{${sign.codePointAt(0)?.toString(16) ?? ""}}`);
}
