import { nearest } from "../domain/nearest.ts";
import { type Layer, originOf } from "./layer.ts";
import { formatPath, type Path, type Tree, valueAt } from "./path.ts";
import { allowedAt } from "./schema-tree.ts";

/** As much of a zod issue as is told here. */
export interface Issue {
  readonly code?: string;
  readonly path: readonly PropertyKey[];
  readonly message: string;
  readonly keys?: readonly string[];
  readonly values?: readonly unknown[];
  readonly issues?: readonly Issue[];
  readonly errors?: readonly (readonly Issue[])[];
}

/** What is wrong at one place, in one line: `dispatch.jsonc:3:11 jobs: Too big: expected number to be <=256`. */
export function issueLines(issue: Issue, layers: readonly Layer[], merged: Tree): readonly string[] {
  const found = deepest(issue);
  const { path } = found;
  if (found.keys === undefined) return [line(layers, path, "value", found.message + suggestion(found, merged))];
  const { keys: known } = allowedAt(path);
  return found.keys.map((key) => {
    const near = nearest(key, known);
    const mend = near === null ? `; known: ${known.join(", ")}` : `, did you mean ${near}?`;
    return line(layers, [...path, key], "key", `unknown key${mend}`);
  });
}

/** A line about a place, wherever it was set. */
export function line(layers: readonly Layer[], path: Path, what: "key" | "value", message: string): string {
  const place = originOf(layers, path)?.locate(path, what);
  return `${place === undefined ? "" : `${place} `}${formatPath(path)}: ${message}`;
}

interface Found extends Issue {
  readonly path: Path;
}

/** Of a choice that failed in every way, the way that came furthest: there the typing error is. */
function deepest(issue: Issue, above: Path = []): Found {
  const path = [...above, ...issue.path.map((key) => (typeof key === "number" ? key : String(key)))];
  if (issue.code === "invalid_key") return { ...issue, path, message: issue.issues?.[0]?.message ?? issue.message };
  if (issue.code !== "invalid_union" || issue.errors === undefined) return { ...issue, path, message: plain(issue) };
  const ways = issue.errors.flatMap((way) => way.slice(-1).map((last) => deepest(last, path)));
  const furthest = ways.toSorted((a, b) => rank(b) - rank(a))[0];
  const expected = ways.flatMap(({ code, message }) => (code === "invalid_type" ? [message] : []));
  if (furthest === undefined || (expected.length === ways.length && furthest.path.length === path.length)) {
    return { ...issue, path, message: expected.join(", or ") };
  }
  return furthest;
}

/** A wrong type says least about what was meant. */
function rank({ path, code }: Found): number {
  return path.length * 2 + (code === "invalid_type" ? 0 : 1);
}

function plain({ code, message }: Issue): string {
  if (code !== "invalid_type") return message;
  const expected = message.replace(/^Invalid input: expected /, "").replace(/, received .*$/, "");
  return message.endsWith("received undefined") ? `is missing: expects ${expected}` : `expects ${expected}`;
}

function suggestion({ values, path }: Found, merged: Tree): string {
  const typed = valueAt(merged, path);
  if (values === undefined || typeof typed !== "string") return "";
  const near = nearest(typed, values.map(String));
  return near === null ? "" : `, did you mean "${near}"?`;
}
