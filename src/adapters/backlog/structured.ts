import { isNode, LineCounter, parseDocument, type Document } from "yaml";
import { unknownKey } from "./unknown-key.ts";
import type { Problem } from "./problems.ts";
import { annotated, type ReadItem, type Reading } from "./read-item.ts";
import { ITEM_KEYS, ItemFile, type ItemRecord } from "./schema.ts";

type Path = readonly PropertyKey[];
type LineOf = (path: Path) => number | null;

/** A list of items, or an object whose `tasks` is one. */
export function parseYaml(text: string): Reading {
  const page = yamlPage(text);
  if (page.problems.length > 0) return { items: [], problems: page.problems };
  try {
    return readRecords(page.document.toJS(), page.lineOf);
  } catch (error) {
    // More aliases than a backlog needs: the parser's guard against texts that explode.
    if (error instanceof ReferenceError) return refused(null, "the text has too many aliases: write them out");
    throw error;
  }
}

/** The same in JSON; read as YAML too, which is a superset, for the lines and for keys that stand twice. */
export function parseJson(text: string): Reading {
  if (text.trim() === "") return { items: [], problems: [] };
  const parsed = parseJsonText(text);
  if (!parsed.ok) return refused(parsed.line, parsed.message);
  const page = yamlPage(text);
  if (page.problems.length > 0) return { items: [], problems: page.problems };
  return readRecords(parsed.value, page.lineOf);
}

/** One item on each line; empty lines are nothing. */
export function parseJsonLines(text: string): Reading {
  const readings = text.split(/\r\n|\n|\r/).map((line, index): Reading => {
    if (line.trim() === "") return { items: [], problems: [] };
    const parsed = parseJsonText(line);
    return parsed.ok ? readRecords([parsed.value], () => index + 1) : refused(index + 1, parsed.message);
  });
  return {
    items: readings.flatMap((reading) => reading.items),
    problems: readings.flatMap((reading) => reading.problems),
  };
}

function readRecords(value: unknown, lineOf: LineOf): Reading {
  const bare = value === null || Array.isArray(value);
  const written = (path: Path): Path => (bare ? path.slice(1) : path);
  const parsed = ItemFile.safeParse(bare ? { tasks: value ?? [] } : value);
  if (parsed.success) return { items: toItems(parsed.data.tasks, written(["tasks"]), lineOf), problems: [] };
  const problems = parsed.error.issues.flatMap((issue): Problem[] => {
    const path = written(issue.path);
    if (issue.code !== "unrecognized_keys") return [{ line: lineOf(path), message: named(path, issue.message) }];
    const known = issue.path.length === 0 ? ["tasks"] : ITEM_KEYS;
    return issue.keys.map((key) => ({ line: lineOf([...path, key]), message: unknownKey(key, known) }));
  });
  return { items: [], problems };
}

function toItems(records: readonly ItemRecord[], path: Path, lineOf: LineOf): ReadItem[] {
  return records.map((record, index) => {
    const own = [...path, index];
    return {
      ...annotated(record),
      title: record.title,
      body: record.body.trim(),
      done: record.done,
      line: lineOf(own),
      children: [
        ...toItems(record.children ?? [], [...own, "children"], lineOf),
        ...toItems(record.tasks ?? [], [...own, "tasks"], lineOf),
      ],
    };
  });
}

function yamlPage(text: string): { document: Document; lineOf: LineOf; problems: readonly Problem[] } {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, schema: "core", prettyErrors: false });
  const line = (offset: number): number => lines.linePos(offset).line;
  return {
    document,
    lineOf: (path) => {
      for (let length = path.length; length > 0; length--) {
        const node = document.getIn(path.slice(0, length), true);
        if (isNode(node) && node.range) return line(node.range[0]);
      }
      return null;
    },
    problems: [...document.errors, ...document.warnings].map((e) => ({ line: line(e.pos[0]), message: e.message })),
  };
}

type JsonText =
  | { readonly ok: true; readonly value: unknown }
  | { readonly ok: false; readonly line: number; readonly message: string };

function parseJsonText(text: string): JsonText {
  try {
    return { ok: true, value: JSON.parse(text) as unknown };
  } catch (error) {
    const { message } = error as SyntaxError;
    const position = Number(/at position (\d+)/.exec(message)?.[1] ?? findUnexpected(text));
    const line = text.slice(0, position).split("\n").length;
    return { ok: false, line, message: `not JSON: ${message.replace(/\s+/g, " ")}` };
  }
}

/** For an unexpected token the engine tells no position: it is where the shortest text with this complaint ends. */
function findUnexpected(text: string): number {
  let [good, bad] = [0, text.length];
  while (bad - good > 1) {
    const middle = Math.floor((good + bad) / 2);
    if (isUnexpected(text.slice(0, middle))) bad = middle;
    else good = middle;
  }
  return good;
}

function isUnexpected(text: string): boolean {
  try {
    JSON.parse(text);
    return false;
  } catch (error) {
    return (error as SyntaxError).message.startsWith("Unexpected token");
  }
}

/** The key that an issue is about, before its message. */
function named(path: Path, message: string): string {
  const key = path.findLast((part) => typeof part === "string" && ITEM_KEYS.includes(part));
  return key === undefined ? message : `${String(key)}: ${message}`;
}

function refused(line: number | null, message: string): Reading {
  return { items: [], problems: [{ line, message }] };
}
