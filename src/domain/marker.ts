export const MARKER_KINDS = ["pr", "status", "finding", "review"] as const;
export type MarkerKind = (typeof MARKER_KINDS)[number];

type Scalar = string | number | boolean | null;

/** How we know again what we posted: first line of every body, with whatever its reader needs beside kind and task. */
export type Marker = { readonly kind: MarkerKind; readonly task: string } & { readonly [key: string]: Scalar };

/** An HTML comment around JSON. `--` is written as an escape inside, so that no value can end the comment. */
export function formatMarker(marker: Marker): string {
  return `<!-- dispatch:v1 ${JSON.stringify(marker).replaceAll("--", "-\\u002d")} -->`;
}

/**
 * The marker on the first line of a body; null where there is none that we could have written. Anybody can write
 * one: whoever acts on it looks at the author, too.
 */
export function parseMarker(body: string): Marker | null {
  const [, json] = /^<!-- dispatch:v1 (\{.*\}) -->[ \t\r]*(?:\n|$)/.exec(body) ?? [];
  const value = json === undefined ? null : parse(json);
  return isMarker(value) ? value : null;
}

function parse(json: string): unknown {
  try {
    return JSON.parse(json) as unknown;
  } catch {
    // Somebody else's text may look like ours up to here.
    return null;
  }
}

function isMarker(value: unknown): value is Marker {
  if (typeof value !== "object" || value === null) return false;
  const fields = Object.entries(value);
  const { kind, task } = Object.fromEntries(fields) as { kind?: unknown; task?: unknown };
  const flat = fields.every(([, field]) => field === null || ["string", "number", "boolean"].includes(typeof field));
  return flat && typeof task === "string" && MARKER_KINDS.some((known) => known === kind);
}
