import { extname } from "node:path";
import { parseMarkdown } from "./markdown.ts";
import type { Reading } from "./read-item.ts";
import { parseJson, parseJsonLines, parseYaml } from "./structured.ts";

export type BacklogFormat = "markdown" | "json" | "jsonl" | "yaml";

const PARSERS: Readonly<Record<BacklogFormat, (text: string) => Reading>> = {
  markdown: parseMarkdown,
  json: parseJson,
  jsonl: parseJsonLines,
  yaml: parseYaml,
};

const FORMATS: Readonly<Record<string, BacklogFormat>> = {
  ".md": "markdown",
  ".markdown": "markdown",
  ".json": "json",
  ".jsonl": "jsonl",
  ".ndjson": "jsonl",
  ".yaml": "yaml",
  ".yml": "yaml",
};

export const EXTENSIONS = Object.keys(FORMATS);

/** null for a name that tells nothing. */
export function formatOf(file: string): BacklogFormat | null {
  return FORMATS[extname(file).toLowerCase()] ?? null;
}

export function parseBacklog(text: string, format: BacklogFormat): Reading {
  try {
    return PARSERS[format](text);
  } catch (error) {
    // A text that nests thousands deep exhausts the stack of any parser.
    if (error instanceof RangeError)
      return { items: [], problems: [{ line: null, message: "the items nest too deep" }] };
    throw error;
  }
}
