import { readFileSync } from "node:fs";
import {
  findNodeAtLocation,
  getNodeValue,
  type Node,
  type ParseError,
  parseTree,
  printParseErrorCode,
} from "jsonc-parser";
import { DispatchError, EXIT } from "../domain/errors.ts";
import type { Layer } from "./layer.ts";
import { isTree, type Path } from "./path.ts";

export interface FileLayerOptions {
  readonly file: string;
  /** How messages call it. */
  readonly name: string;
  readonly kind: "user" | "repository";
}

/** Reads JSON with comments and trailing commas. Rejects (exit 2) with line, column and the mend. */
export function readFileLayer({ file, name, kind }: FileLayerOptions): Layer {
  const text = readText(file, name);
  const errors: ParseError[] = [];
  const root = parseTree(text, errors, { allowTrailingComma: true });
  const [first] = errors;
  if (first !== undefined) {
    throw invalid(
      `${name}:${position(text, first.offset)} ${SYNTAX[printParseErrorCode(first.error)] ?? "is not JSON"}`,
    );
  }
  const value: unknown = root === undefined ? undefined : getNodeValue(root);
  if (root === undefined || !isTree(value)) {
    throw invalid(`${name}:1:1 is not an object: it begins with { and ends with }`);
  }
  return {
    kind,
    value,
    locate(path, what = "value") {
      return `${name}:${position(text, offsetOf(root, path, what))}`;
    },
  };
}

const SYNTAX: Readonly<Record<string, string>> = {
  CommaExpected: "expects a comma here",
  ColonExpected: "expects a colon here",
  CloseBraceExpected: "expects a closing } here",
  CloseBracketExpected: "expects a closing ] here",
  PropertyNameExpected: "expects a key in double quotes here",
  ValueExpected: "expects a value here",
  EndOfFileExpected: "has text after its end",
  InvalidSymbol: "has an unknown word here: text stands in double quotes",
  UnexpectedEndOfString: "has a text without its closing quote",
  UnexpectedEndOfComment: "has a comment without its end",
};

function readText(file: string, name: string): string {
  try {
    return readFileSync(file, "utf8").replace(/^\uFEFF/, "");
  } catch (cause) {
    throw new DispatchError({
      code: "config_unreadable",
      message: `${name} cannot be read.`,
      hint: `look at it: ls -l ${file}`,
      exit: EXIT.usage,
      cause,
    });
  }
}

/** Of the value, or of its key; of the nearest thing above where the path ends early. */
function offsetOf(root: Node, path: Path, what: "key" | "value"): number {
  for (let length = path.length; length > 0; length -= 1) {
    const node = findNodeAtLocation(root, path.slice(0, length));
    if (node !== undefined)
      return what === "key" && node.parent?.type === "property" ? node.parent.offset : node.offset;
  }
  return root.offset;
}

function position(text: string, offset: number): string {
  const before = text.slice(0, offset).split(/\r\n|\r|\n/);
  return `${before.length}:${(before.at(-1) ?? "").length + 1}`;
}

function invalid(message: string): DispatchError {
  return new DispatchError({
    code: "config_invalid",
    message,
    hint: "mend it there, then: dispatch config validate",
    exit: EXIT.usage,
  });
}
