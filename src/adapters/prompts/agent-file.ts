import { readFileSync, realpathSync, statSync } from "node:fs";
import { resolve, sep } from "node:path";
import type { AgentConfig } from "../../config/schema.ts";
import { shortHash } from "./short-hash.ts";
import { promptInvalid } from "./prompt-invalid.ts";

/** What a file such as `.claude/agents/reviewer.md` makes of an agent. */
export interface AgentFile {
  /** What it is told before every brief. */
  readonly words: string;
  /** null where it names none, or one that its engine does not sell. */
  readonly model: string | null;
  readonly version: string;
}

const MAX_BYTES = 200_000;
/** What Claude Code calls its own models, and the one that the conversation has. */
const ALIASES: ReadonlySet<string> = new Set(["sonnet", "opus", "haiku", "opusplan"]);

/**
 * Of the user's checkout, and from nowhere else: a configuration could name any file of theirs, and its text goes to a
 * model. `tools` is not heeded: what an agent may do, its role says. Throws `prompt_invalid` (exit 2).
 */
export function readAgentFile(
  folder: string,
  { file, engine }: Pick<AgentConfig, "file" | "engine">,
): AgentFile | null {
  if (file === undefined) return null;
  const path = resolve(folder, file);
  const text = read(path, folder).replaceAll("\r\n", "\n");
  const [, head = "", body = text] = /^---\n([\s\S]*?\n)?---[ \t]*(?:\n([\s\S]*))?$/.exec(text) ?? [];
  const words = body.trim();
  if (words === "") throw promptInvalid(path, new Error("it tells the agent nothing"));
  const named = /^model:[ \t]*(["']?)([^"'\n#]+?)\1[ \t]*(?:#.*)?$/m.exec(head)?.[2] ?? "inherit";
  const isTheirs = named !== "inherit" && (engine === "claude" || !ALIASES.has(named));
  return { words, model: isTheirs ? named : null, version: shortHash(text) };
}

function read(path: string, folder: string): string {
  try {
    const real = realpathSync(path);
    if (!real.startsWith(`${realpathSync(folder)}${sep}`)) throw new Error("it lies outside of its repository");
    if (!statSync(real).isFile()) throw new Error("it is no file");
    const bytes = readFileSync(real);
    if (bytes.length > MAX_BYTES) throw new Error(`it has ${bytes.length} bytes, more than ${MAX_BYTES}`);
    return bytes.toString("utf8");
  } catch (error) {
    throw promptInvalid(path, error);
  }
}
