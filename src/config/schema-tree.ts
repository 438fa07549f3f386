import type { Path } from "./path.ts";
import { configSchema } from "./schema.ts";

/** As much of JSON Schema as zod writes for our configuration. */
interface Node {
  readonly type?: string;
  readonly properties?: Readonly<Record<string, Node>>;
  readonly additionalProperties?: Node | boolean;
  readonly items?: Node;
  readonly anyOf?: readonly Node[];
}

/** What the schema knows of one path: the keys and the JSON types that may stand there. */
export interface Allowed {
  /** Empty where any key or none is allowed. */
  readonly keys: readonly string[];
  readonly types: ReadonlySet<string>;
}

let root: Node | null = null;

export function allowedAt(path: Path): Allowed {
  root ??= configSchema() as Node;
  const nodes = path.reduce<readonly Node[]>((at, key) => at.flatMap((node) => step(node, key)), alternatives(root));
  return {
    keys: [...new Set(nodes.flatMap((node) => Object.keys(node.properties ?? {})))],
    types: new Set(nodes.flatMap((node) => (node.type === undefined ? [] : [node.type]))),
  };
}

function step(node: Node, key: string | number): readonly Node[] {
  const { properties = {}, additionalProperties, items } = node;
  const known = typeof key === "string" && Object.hasOwn(properties, key) ? properties[key] : undefined;
  const next = known ?? (typeof additionalProperties === "object" ? additionalProperties : undefined) ?? items;
  return next === undefined ? [] : alternatives(next);
}

function alternatives(node: Node): readonly Node[] {
  return node.anyOf === undefined ? [node] : node.anyOf.flatMap(alternatives);
}
