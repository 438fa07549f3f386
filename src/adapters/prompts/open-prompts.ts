import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { type Role, ROLES } from "../../domain/assignment.ts";
import { DispatchError, EXIT } from "../../domain/errors.ts";
import type { BriefParts, Prompts } from "../../ports/prompts.ts";
import { isMissing } from "../git/files.ts";

interface Own {
  readonly path: string;
  readonly text: string;
  readonly version: string;
}

/** Nobody reads more than this. */
const MAX_CHARS = 200_000;

/**
 * `prompts/<role>.liquid` beside the configuration, in `.dispatch/`. Strict: what a template asks for and nobody knows
 * is an error, not an empty place. Throws `prompt_invalid` (exit 2) for one that cannot be read.
 */
export function openPrompts(checkout: string): Prompts {
  const own = new Map(ROLES.flatMap((role) => readOwn(checkout, role)));
  return {
    versionOf: (role) => own.get(role)?.version ?? null,
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
    return [[role, { path, text, version: createHash("sha256").update(text).digest("hex").slice(0, 8) }]];
  } catch (error) {
    if (isMissing(error)) return [];
    throw invalid(path, error);
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
    throw invalid(path, error);
  }
}

function invalid(path: string, cause: unknown): DispatchError {
  const why = cause instanceof Error ? cause.message : String(cause);
  return new DispatchError({
    code: "prompt_invalid",
    message: `${path} is no template that can be used: ${why}`,
    hint: "mend it, or take it away; what it may use: dispatch help agents",
    exit: EXIT.usage,
    facts: { path },
    cause,
  });
}
