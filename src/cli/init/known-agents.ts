import { accessSync, constants, existsSync, readdirSync, statSync } from "node:fs";
import { delimiter, join } from "node:path";

/** Who writes the code. */
export type KnownAgent =
  | {
      readonly kind: "native";
      /** Engine and program have one name. */
      readonly name: "claude" | "codex" | "gemini" | "opencode";
      /** The variable with its key, where that is set; null: it has to use the person's own login. */
      readonly keyName: string | null;
    }
  | { readonly kind: "command"; readonly command: readonly string[] };

const NATIVE = [
  { name: "claude", keyNames: ["ANTHROPIC_API_KEY"] },
  { name: "codex", keyNames: ["OPENAI_API_KEY"] },
  { name: "gemini", keyNames: ["GEMINI_API_KEY"] },
  { name: "opencode", keyNames: ["OPENAI_API_KEY", "ANTHROPIC_API_KEY"] },
] as const;

type Environment = Readonly<Record<string, string | undefined>>;

/** Those that this machine has, best known first. */
export function findAgents(env: Environment): readonly KnownAgent[] {
  const folders = (env["PATH"] ?? "").split(delimiter).filter((folder) => folder !== "");
  return NATIVE.filter(({ name }) => folders.some((folder) => isProgram(join(folder, name)))).map(
    ({ name, keyNames }) => {
      const keyName = keyNames.find((key) => (env[key] ?? "") !== "") ?? null;
      return { kind: "native", name, keyName };
    },
  );
}

/** Any other program, as the person names it: `./agent.sh`. */
export function ownAgent(command: string): KnownAgent {
  return { kind: "command", command: command.trim().split(/\s+/) };
}

const CLAUDES = ".claude/agents";

/** An agent of the person's Claude Code that reviews, by its name. */
export function findReviewer(root: string): string | null {
  const folder = join(root, CLAUDES);
  const names = existsSync(folder) ? readdirSync(folder).toSorted() : [];
  const found = names.find((name) => /review.*\.md$/i.test(name));
  return found === undefined ? null : `${CLAUDES}/${found}`;
}

/** As the person would type it. */
export const commandOf = (agent: KnownAgent): readonly string[] =>
  agent.kind === "native" ? [agent.name] : agent.command;

function isProgram(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return statSync(file).isFile();
  } catch {
    return false; // not there, or not for us: no agent
  }
}
