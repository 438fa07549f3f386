import { Refusal } from "../state/refusal.ts";
import { bare, type Context, type FieldType } from "./define.ts";
import type { Document, FieldNode, Operation, Selection, Value } from "./parse.ts";
import { concrete, TYPES } from "./schema.ts";
import type { GraphqlError } from "./validate.ts";

export interface Executed {
  readonly data: Readonly<Record<string, unknown>> | null;
  readonly errors: readonly GraphqlError[];
}

type Path = readonly (string | number)[];

const KINDS: Readonly<Record<number, string>> = { 403: "FORBIDDEN", 404: "NOT_FOUND" };

/** What was validated before; a refusal makes its field null, and is told beside the data. */
export async function execute(
  { fragments }: Document,
  operation: Operation,
  variables: Readonly<Record<string, unknown>>,
  context: Context,
): Promise<Executed> {
  const errors: GraphqlError[] = [];

  function valueOf(value: Value): unknown {
    if (value.kind === "variable") return variables[value.name];
    if (value.kind === "list") return value.values.map(valueOf);
    if (value.kind === "object") return Object.fromEntries([...value.fields].map(([key, one]) => [key, valueOf(one)]));
    return value.value;
  }

  function fieldsOf(type: string, selection: readonly Selection[]): readonly FieldNode[] {
    return selection.flatMap((node) => {
      if (node.kind === "field") return [node];
      const inner = node.kind === "inline" ? node : fragments.get(node.name);
      const on = inner?.on ?? type;
      return on === type || on === "Actor" || on === "Node" ? fieldsOf(type, inner?.selection ?? []) : [];
    });
  }

  async function read(type: string, source: unknown, selection: readonly Selection[], path: Path) {
    const out: Record<string, unknown> = {};
    for (const node of fieldsOf(type, selection)) {
      const at = [...path, node.alias];
      const known = TYPES.get(type)?.get(node.name);
      out[node.alias] = known === undefined ? type : await answered(known, source, node, at);
    }
    return out;
  }

  async function answered(known: FieldType, source: unknown, node: FieldNode, path: Path): Promise<unknown> {
    const args = Object.fromEntries([...node.args].map(([key, value]) => [key, valueOf(value)]));
    try {
      const value = await known.get(source as never, args, context);
      return await shaped(bare(known.type), value, node, path);
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      const message = error.errors?.map(String).join(", ") ?? error.message;
      errors.push({ type: KINDS[error.status] ?? "UNPROCESSABLE", path, message });
      return null;
    }
  }

  async function shaped(type: string, value: unknown, node: FieldNode, path: Path): Promise<unknown> {
    if (value === null || value === undefined) return null;
    if (Array.isArray(value)) {
      const all: unknown[] = [];
      for (const [at, one] of (value as unknown[]).entries()) all.push(await shaped(type, one, node, [...path, at]));
      return all;
    }
    if (!TYPES.has(type)) return value;
    const { typename, source } = concrete(type, value) ?? { typename: type, source: value };
    return read(typename, source, node.selection, path);
  }

  const root = operation.type === "query" ? "Query" : "Mutation";
  const data = await read(root, null, operation.selection, []);
  return { data, errors };
}
