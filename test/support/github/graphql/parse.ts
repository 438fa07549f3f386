/** Enough of GraphQL's grammar for queries by hand: no directives, no block strings, no subscriptions. */

export type Value =
  | { readonly kind: "variable"; readonly name: string }
  | { readonly kind: "scalar"; readonly value: string | number | boolean | null }
  | { readonly kind: "enum"; readonly value: string }
  | { readonly kind: "list"; readonly values: readonly Value[] }
  | { readonly kind: "object"; readonly fields: ReadonlyMap<string, Value> };

export interface FieldNode {
  readonly kind: "field";
  readonly alias: string;
  readonly name: string;
  readonly args: ReadonlyMap<string, Value>;
  readonly selection: readonly Selection[];
}

export type Selection =
  | FieldNode
  | { readonly kind: "inline"; readonly on: string | null; readonly selection: readonly Selection[] }
  | { readonly kind: "spread"; readonly name: string };

export interface Operation {
  readonly type: "query" | "mutation";
  readonly name: string | null;
  /** `name → type`, as it was written. */
  readonly variables: ReadonlyMap<string, string>;
  readonly selection: readonly Selection[];
}

export interface Document {
  readonly operations: readonly Operation[];
  readonly fragments: ReadonlyMap<string, { readonly on: string; readonly selection: readonly Selection[] }>;
}

export class GraphqlSyntax extends Error {}

const TOKEN =
  /[\s,]+|#[^\n]*|(\.{3}|[{}()[\]:!$=@|&]|"(?:[^"\\\n]|\\.)*"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?|[A-Za-z_]\w*)/y;

function tokenize(text: string): string[] {
  const tokens: string[] = [];
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < text.length) {
    const at = TOKEN.lastIndex;
    const found = TOKEN.exec(text);
    if (found === null) throw new GraphqlSyntax(`Parse error on ${JSON.stringify(text.slice(at, at + 10))}`);
    if (found[1] !== undefined) tokens.push(found[1]);
  }
  return tokens;
}

export function parse(text: string): Document {
  const tokens = tokenize(text);
  let at = 0;
  const peek = (): string => tokens[at] ?? "end of file";
  const next = (): string => {
    at += 1;
    return tokens[at - 1] ?? "end of file";
  };
  const isNext = (token: string): boolean => peek() === token;
  const take = (token: string): void => {
    const found = next();
    if (found !== token) throw new GraphqlSyntax(`Expected ${token}, actual: ${found}`);
  };
  const name = (): string => {
    const found = next();
    if (!/^[A-Za-z_]\w*$/.test(found) || found === "end of file")
      throw new GraphqlSyntax(`Expected NAME, actual: ${found}`);
    return found;
  };
  const until = <T>(end: string, read: () => T): T[] => {
    const all: T[] = [];
    while (!isNext(end)) all.push(read());
    take(end);
    return all;
  };

  function value(): Value {
    const token = next();
    if (token === "$") return { kind: "variable", name: name() };
    if (token === "[") return { kind: "list", values: until("]", value) };
    if (token === "{") return { kind: "object", fields: new Map(until("}", pair)) };
    if (token.startsWith('"') || /^-?\d/.test(token) || ["true", "false", "null"].includes(token)) {
      return { kind: "scalar", value: JSON.parse(token) as string | number | boolean | null };
    }
    if (/^[A-Z_]/.test(token)) return { kind: "enum", value: token };
    throw new GraphqlSyntax(`Expected a value, actual: ${token}`);
  }

  function pair(): [string, Value] {
    const key = name();
    take(":");
    return [key, value()];
  }

  function args(): ReadonlyMap<string, Value> {
    if (!isNext("(")) return new Map();
    take("(");
    return new Map(until(")", pair));
  }

  function selection(): readonly Selection[] {
    take("{");
    if (isNext("}")) throw new GraphqlSyntax("Expected NAME, actual: }");
    return until("}", selected);
  }

  function selected(): Selection {
    if (!isNext("...")) return field();
    take("...");
    if (isNext("{")) return { kind: "inline", on: null, selection: selection() };
    const word = name();
    return word === "on" ? { kind: "inline", on: name(), selection: selection() } : { kind: "spread", name: word };
  }

  function field(): FieldNode {
    const first = name();
    if (isNext(":")) take(":");
    else return { kind: "field", alias: first, name: first, args: args(), selection: isNext("{") ? selection() : [] };
    return { kind: "field", alias: first, name: name(), args: args(), selection: isNext("{") ? selection() : [] };
  }

  function type(): string {
    const inner = isNext("[") ? (take("["), `[${until("]", type).join("")}]`) : name();
    if (!isNext("!")) return inner;
    take("!");
    return `${inner}!`;
  }

  function variable(): [string, string] {
    take("$");
    const key = name();
    take(":");
    return [key, type()];
  }

  function operation(kind: Operation["type"]): Operation {
    const called = isNext("{") || isNext("(") ? null : name();
    if (!isNext("(")) return { type: kind, name: called, variables: new Map(), selection: selection() };
    take("(");
    return { type: kind, name: called, variables: new Map(until(")", variable)), selection: selection() };
  }

  const operations: Operation[] = [];
  const fragments = new Map<string, { on: string; selection: readonly Selection[] }>();
  while (at < tokens.length) {
    const word = isNext("{") ? "query" : name();
    if (word === "query" || word === "mutation") operations.push(operation(word));
    else if (word === "fragment") {
      const called = name();
      take("on");
      fragments.set(called, { on: name(), selection: selection() });
    } else throw new GraphqlSyntax(`Expected one of QUERY, MUTATION, FRAGMENT, actual: ${word}`);
  }
  return { operations, fragments };
}
