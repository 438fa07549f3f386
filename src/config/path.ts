/** Where a value stands in the configuration: `["limits", "wall"]`. */
export type Path = readonly (string | number)[];

/** `limits.wall`, `backlog[0].markdown`. */
export function formatPath(path: Path): string {
  return path.reduce<string>((text, key) => {
    if (typeof key === "number") return `${text}[${key}]`;
    return text === "" ? key : `${text}.${key}`;
  }, "");
}

export type Tree = { readonly [key: string]: unknown };

export function isTree(value: unknown): value is Tree {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The value at the path; undefined where there is none. */
export function valueAt(tree: unknown, path: Path): unknown {
  let value = tree;
  for (const key of path) {
    if (typeof value !== "object" || value === null || !Object.hasOwn(value, key)) return undefined;
    value = (value as Record<string | number, unknown>)[key];
  }
  return value;
}

/** Objects are merged key by key, the second wins; lists and everything else are replaced whole. */
export function merge(low: Tree, high: Tree): Tree {
  // Without a prototype, so that a key `__proto__` is a key like any other, and unknown.
  const merged: Record<string, unknown> = Object.assign(Object.create(null) as object, low);
  for (const [key, value] of Object.entries(high)) {
    const below = merged[key];
    merged[key] = isTree(below) && isTree(value) ? merge(below, value) : value;
  }
  return merged;
}

/** Every path that ends in something other than an object with keys, in order. */
export function leaves(tree: Tree, above: Path = []): readonly Path[] {
  return Object.entries(tree).flatMap(([key, value]) => {
    const path = [...above, key];
    return isTree(value) && Object.keys(value).length > 0 ? leaves(value, path) : [path];
  });
}
