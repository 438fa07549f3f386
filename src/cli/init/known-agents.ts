import { accessSync, constants, statSync } from "node:fs";
import { delimiter, join } from "node:path";

/** A coding agent whose program reads its brief on stdin and edits the folder it stands in. */
export interface KnownAgent {
  readonly program: string;
  readonly command: readonly string[];
  /** Names of the variables that it needs; its HOME is private, so a login of yours is not seen. */
  readonly env: readonly string[];
}

const KNOWN: readonly KnownAgent[] = [
  {
    program: "claude",
    command: ["claude", "-p", "--permission-mode", "acceptEdits"],
    env: ["ANTHROPIC_API_KEY", "ANTHROPIC_BASE_URL"],
  },
  {
    program: "codex",
    command: ["codex", "exec", "--skip-git-repo-check", "--sandbox", "workspace-write", "-"],
    env: ["CODEX_API_KEY", "OPENAI_API_KEY", "OPENAI_BASE_URL"],
  },
];

/** Those that this machine has, best known first. */
export function findAgents(path: string): readonly KnownAgent[] {
  return KNOWN.filter(({ program }) =>
    path.split(delimiter).some((folder) => folder !== "" && isProgram(join(folder, program))),
  );
}

/** Any other program, as the person names it: `./agent.sh`. */
export function ownAgent(command: string): KnownAgent {
  const words = command.trim().split(/\s+/);
  return { program: words[0] ?? command, command: words, env: [] };
}

function isProgram(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return statSync(file).isFile();
  } catch {
    return false; // not there, or not for us: no agent
  }
}
