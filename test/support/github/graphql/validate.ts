import { bare, type FieldType } from "./define.ts";
import type { Document, FieldNode, Operation, Selection, Value } from "./parse.ts";
import { ABSTRACT, INPUTS, TYPES } from "./schema.ts";

/** What GitHub's own server says before it does anything. */
export interface GraphqlError {
  readonly message: string;
  readonly path?: readonly (string | number)[];
  readonly type?: string;
  readonly extensions?: Readonly<Record<string, unknown>>;
}

const SCALARS = new Set(["Boolean", "Int", "String", "ID", "URI", "DateTime", "GitObjectID", "BigInt"]);

export function validate({ fragments }: Document, operation: Operation): readonly GraphqlError[] {
  const errors: GraphqlError[] = [];
  const used = new Set<string>();
  const wrong = (code: string, message: string): void => void errors.push({ message, extensions: { code } });

  function selection(type: string, nodes: readonly Selection[], open: readonly string[]): void {
    for (const node of nodes) {
      if (node.kind === "field") field(type, node, open);
      else if (node.kind === "inline") inside(type, node.on ?? type, node.selection, open);
      else spread(type, node.name, open);
    }
  }

  function spread(type: string, name: string, open: readonly string[]): void {
    const fragment = fragments.get(name);
    if (fragment === undefined) return wrong("useAndDefineFragment", `Fragment ${name} was used, but not defined`);
    if (open.includes(name)) return wrong("infiniteLoop", `Fragment ${name} contains an infinite loop`);
    inside(type, fragment.on, fragment.selection, [...open, name]);
  }

  function inside(type: string, on: string, nodes: readonly Selection[], open: readonly string[]): void {
    if (!TYPES.has(on)) return wrong("undefinedType", `No such type ${on}, so it can't be a fragment condition`);
    const fits = on === type || ABSTRACT[type]?.includes(on) === true || ABSTRACT[on]?.includes(type) === true;
    if (!fits) return wrong("cannotSpreadFragment", `Fragment on ${on} can't be spread inside ${type}`);
    selection(on, nodes, open);
  }

  function field(type: string, node: FieldNode, open: readonly string[]): void {
    if (node.name === "__typename") return;
    const known = TYPES.get(type)?.get(node.name);
    if (known === undefined) return wrong("undefinedField", `Field '${node.name}' doesn't exist on type '${type}'`);
    args(node, known);
    const inner = bare(known.type);
    const isObject = TYPES.has(inner);
    if (isObject && node.selection.length === 0) {
      wrong(
        "selectionMismatch",
        `Field must have selections (field '${node.name}' returns ${inner} but has no selections.`,
      );
    }
    if (!isObject && node.selection.length > 0) {
      wrong("selectionMismatch", `Selections can't be made on scalars (field '${node.name}' returns ${inner})`);
    }
    if (isObject) selection(inner, node.selection, open);
  }

  function args(node: FieldNode, known: FieldType): void {
    fits(`Field '${node.name}'`, node.args, known.args);
    const isList = known.type.replace("!", "").endsWith("Connection");
    if (!isList || node.args.has("first") || node.args.has("last")) return;
    const message = `You must provide a \`first\` or \`last\` value to properly paginate the \`${node.name}\` connection.`;
    errors.push({ message, type: "MISSING_PAGINATION_BOUNDARIES" });
  }

  function fits(what: string, given: ReadonlyMap<string, Value>, known: ReadonlyMap<string, string>): void {
    for (const [name, value] of given) {
      const type = known.get(name);
      if (type === undefined) wrong("argumentNotAccepted", `${what} doesn't accept argument '${name}'`);
      else literal(`${what}, argument '${name}'`, value, type);
    }
    for (const [name, type] of known) {
      if (!type.endsWith("!") || given.has(name)) continue;
      wrong("missingRequiredArguments", `${what} is missing required arguments: ${name}`);
    }
  }

  function literal(what: string, value: Value, type: string): void {
    if (value.kind === "variable") return variable(what, value.name, type);
    const name = bare(type);
    const input = INPUTS.get(name);
    if (value.kind === "list") for (const one of value.values) literal(what, one, name);
    else if (input !== undefined && value.kind === "object") fits(`InputObject '${name}'`, value.fields, input);
    else if (!isOf(value, name))
      wrong("argumentLiteralsIncompatible", `${what} has an invalid value. Expected type '${type}'.`);
  }

  function isOf(value: Value, type: string): boolean {
    if (value.kind === "enum") return !SCALARS.has(type) && !INPUTS.has(type);
    if (value.kind !== "scalar") return false;
    if (type === "Int") return Number.isInteger(value.value);
    if (type === "Boolean") return typeof value.value === "boolean";
    return SCALARS.has(type) && typeof value.value === "string";
  }

  function variable(what: string, name: string, type: string): void {
    used.add(name);
    const declared = operation.variables.get(name);
    if (declared === undefined) return wrong("variableNotDefined", `Variable $${name} is used but not declared`);
    if (declared === type || declared === `${type}!`) return;
    wrong("variableMismatch", `Type mismatch on variable $${name} and ${what} (${declared} / ${type})`);
  }

  selection(operation.type === "query" ? "Query" : "Mutation", operation.selection, []);
  for (const name of operation.variables.keys()) {
    if (!used.has(name))
      wrong("variableNotUsed", `Variable $${name} is declared by ${operation.name ?? "anonymous query"} but not used`);
  }
  return errors;
}

/** What the given variables lack, or have too much. */
export function validateVariables(
  operation: Operation,
  given: Readonly<Record<string, unknown>>,
): readonly GraphqlError[] {
  const errors: GraphqlError[] = [];
  for (const [name, type] of operation.variables) {
    const value = given[name];
    if (value == null && type.endsWith("!")) {
      errors.push({ message: `Variable $${name} of type ${type} was provided invalid value` });
    }
    const input = INPUTS.get(bare(type));
    if (input === undefined || typeof value !== "object" || value === null) continue;
    const extra = Object.keys(value).filter((key) => !input.has(key));
    const missing = [...input]
      .filter(([key, one]) => one.endsWith("!") && !Object.hasOwn(value, key))
      .map(([key]) => key);
    for (const key of extra)
      errors.push({
        message: `Variable $${name} of type ${type} was provided invalid value for ${key} (Field is not defined on ${bare(type)})`,
      });
    for (const key of missing)
      errors.push({
        message: `Variable $${name} of type ${type} was provided invalid value for ${key} (Expected value to not be null)`,
      });
  }
  return errors;
}
