import { nearest } from "../domain/nearest.ts";
import type { Layer } from "./layer.ts";
import { isTree, type Path, type Tree } from "./path.ts";
import { allowedAt } from "./schema-tree.ts";

const PREFIX = "DISPATCH_";

/** Names that mean something else (docs/contract.md §2, §5, §8). */
const RESERVED = new Set(
  ["HOME", "DATABASE_URL", "POSTGRES", "FAULT", "RUN_ID", "TASK_ID", "ROLE", "ROUND", "ATTEMPT", "INPUT", "RESULT"].map(
    (name) => PREFIX + name,
  ),
);

export interface EnvironmentLayer extends Layer {
  /** Names that begin like ours and mean nothing: probably typing errors. */
  readonly warnings: readonly string[];
}

/**
 * `DISPATCH_JOBS=8`, `DISPATCH_BUDGET__DAILY=5`, `DISPATCH_FAN_OUT__SPAWN_SECONDS=auto`: keys in any case, with or
 * without an underscore between their words. A value is JSON where the schema wants more than text; lists may be
 * written with commas. `below` are the layers under it, for the names of agents.
 */
export function environmentLayer(env: Readonly<Record<string, string | undefined>>, below: Tree): EnvironmentLayer {
  const value: Record<string, unknown> = {};
  const names = new Map<string, string>();
  const warnings: string[] = [];
  for (const [name, text] of Object.entries(env).toSorted(([a], [b]) => (a < b ? -1 : 1))) {
    if (!name.startsWith(PREFIX) || RESERVED.has(name) || text === undefined) continue;
    const path = pathOf(name, below);
    if (path === null) {
      warnings.push(unknownName(name));
      continue;
    }
    names.set(path.join("."), name);
    put(value, path, read(text, allowedAt(path).types));
  }
  return {
    kind: "environment",
    value,
    warnings,
    locate(path) {
      for (let length = path.length; length > 0; length -= 1) {
        const name = names.get(path.slice(0, length).join("."));
        if (name !== undefined) return name;
      }
      return "the environment";
    },
  };
}

function pathOf(name: string, below: Tree): readonly string[] | null {
  const path: string[] = [];
  let known: unknown = below;
  for (const word of name.slice(PREFIX.length).split("__")) {
    const { keys, types } = allowedAt(path);
    const there = isTree(known) ? Object.keys(known) : [];
    const found = [...keys, ...there].find((key) => plain(key) === plain(word));
    const key = found ?? (keys.length === 0 && types.has("object") && word !== "" ? word.toLowerCase() : null);
    if (key === null || allowedAt([...path, key]).types.size === 0) return null;
    path.push(key);
    known = isTree(known) ? known[key] : undefined;
  }
  return path;
}

function unknownName(name: string): string {
  const [first = ""] = name.slice(PREFIX.length).split("__");
  const near = nearest(plain(first), allowedAt([]).keys.map(plain));
  const key = allowedAt([]).keys.find((one) => plain(one) === near);
  const hint = key === undefined ? "" : `; did you mean ${PREFIX}${key.replace(/[A-Z]/g, "_$&").toUpperCase()}?`;
  return `${name} is no key of the configuration and has no effect${hint}`;
}

const plain = (word: string): string => word.replace(/[_-]/g, "").toLowerCase();

function read(text: string, types: ReadonlySet<string>): unknown {
  const parsed = parseJson(text);
  if (parsed !== undefined && types.has(jsonType(parsed))) return parsed;
  if (typeof parsed === "number" && types.has("integer")) return parsed;
  if (!types.has("string") && types.has("array")) return text.split(",").map((part) => part.trim());
  return text;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined; // plain text is no error here
  }
}

function jsonType(value: unknown): string {
  if (Array.isArray(value)) return "array";
  return value === null ? "null" : typeof value;
}

function put(tree: Record<string, unknown>, path: Path, value: unknown): void {
  let at = tree;
  for (const key of path.slice(0, -1)) at = (at[key] ??= {}) as Record<string, unknown>;
  at[path.at(-1) ?? ""] = value;
}
