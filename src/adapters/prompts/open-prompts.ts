import { readFileSync } from "node:fs";
import { join } from "node:path";
import { type Role, ROLES } from "../../domain/assignment.ts";
import type { AgentConfig } from "../../config/schema.ts";
import type { BriefParts, Prompts } from "../../ports/prompts.ts";
import { isMissing } from "../git/files.ts";
import { type AgentFile, readAgentFile } from "./agent-file.ts";
import { promptInvalid } from "./prompt-invalid.ts";
import { shortHash } from "./short-hash.ts";

interface Own {
  readonly path: string;
  readonly text: string;
  readonly version: string;
}

/** Nobody reads more than this. */
const MAX_CHARS = 200_000;

export interface PromptsOptions {
  /** Its top: `.dispatch/prompts` lies there. */
  readonly checkout: string;
  /** Of the configuration: agents' files are seen from there. */
  readonly folder: string;
  readonly agents: Readonly<Record<string, Pick<AgentConfig, "file" | "engine">>>;
}

/**
 * `prompts/<role>.liquid` beside the configuration, in `.dispatch/`, and what agents' own files say. Strict: what a
 * template asks for and nobody knows is an error, not an empty place. Throws `prompt_invalid` (exit 2) for one that
 * cannot be read; an agent's file when it is first wanted, since most commands start no agent.
 */
export function openPrompts({ checkout, folder, agents }: PromptsOptions): Prompts {
  const own = new Map(ROLES.flatMap((role) => readOwn(checkout, role)));
  const files = new Map<string, AgentFile | null>();
  const fileOf = (name: string): AgentFile | null => {
    const config = agents[name];
    // Read once: its version is that of the words which are told.
    if (!files.has(name)) files.set(name, config === undefined ? null : readAgentFile(folder, config));
    return files.get(name) ?? null;
  };
  return {
    versionOf(name, role) {
      const versions = [own.get(role)?.version, fileOf(name)?.version].filter((one) => one !== undefined);
      return versions.length > 1 ? shortHash(versions.join(" ")) : (versions[0] ?? null);
    },
    modelOf: (name) => fileOf(name)?.model ?? null,
    wordsOf: (name) => fileOf(name)?.words ?? "",
    async render(role, parts) {
      const found = own.get(role);
      return found === undefined ? null : await render(found, parts);
    },
  };
}

function readOwn(checkout: string, role: Role): readonly (readonly [Role, Own])[] {
  const path = join(checkout, ".dispatch", "prompts", `${role}.liquid`);
  try {
    const text = readFileSync(path, "utf8");
    return [[role, { path, text, version: shortHash(text) }]];
  } catch (error) {
    if (isMissing(error)) return [];
    throw promptInvalid(path, error);
  }
}

async function render({ path, text }: Own, parts: BriefParts): Promise<string> {
  // Big, and few have a template.
  const { Liquid } = await import("liquidjs");
  const liquid = new Liquid({ strictVariables: true, strictFilters: true, ownPropertyOnly: true, templates: {} });
  try {
    const brief = String(await liquid.parseAndRender(text, { ...parts }));
    if (brief.length <= MAX_CHARS * 5) return brief;
    throw new Error(`the brief has ${brief.length} characters`);
  } catch (error) {
    throw promptInvalid(path, error);
  }
}
