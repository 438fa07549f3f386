import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { DispatchError, EXIT } from "../../domain/errors.ts";

/** Tokens with which somebody could act on the forge in our name: for the orchestrator alone. */
const FORGE_TOKENS = ["GITHUB_TOKEN", "GH_TOKEN", "GITHUB_ENTERPRISE_TOKEN", "GH_ENTERPRISE_TOKEN"];
const OURS = ["HOME", "TMPDIR"];

/** All that a program of the user's configuration sees of our environment, with a home of its own below `scratch`. */
export async function privateEnvironment(scratch: string): Promise<Record<string, string>> {
  const home = join(scratch, "home");
  const temp = join(scratch, "tmp");
  await mkdir(home, { recursive: true });
  await mkdir(temp, { recursive: true });
  return { ...readVariables(["PATH"]), LANG: process.env.LANG ?? "C.UTF-8", HOME: home, TMPDIR: temp };
}

/** Those of the named variables that are set. */
export function readVariables(names: readonly string[]): Record<string, string> {
  const variables: Record<string, string> = {};
  for (const name of names) {
    const value = process.env[name];
    if (value !== undefined) variables[name] = value;
  }
  return variables;
}

/** Refuses names in a key `env` that may not be passed on. `where` names the key: `agents.coder.env`. */
export function requireHarmless(names: readonly string[], where: string): void {
  const name = names.find((one) => FORGE_TOKENS.includes(one) || OURS.includes(one) || one.startsWith("DISPATCH_"));
  if (name === undefined) return;
  const why = FORGE_TOKENS.includes(name)
    ? "forge tokens stay with dispatch"
    : "dispatch sets it itself, and only for this one program";
  throw new DispatchError({
    code: "config_invalid",
    message: `${where} asks for ${name}, which is not passed on: ${why}.`,
    hint: `Remove ${name} from ${where}; a registry token can have a name of its own, such as NPM_TOKEN.`,
    exit: EXIT.usage,
    facts: { name, where },
  });
}
