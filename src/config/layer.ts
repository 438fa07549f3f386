import { type Path, type Tree, valueAt } from "./path.ts";

/** One place that configuration comes from. */
export interface Layer {
  readonly kind: "user" | "repository" | "environment" | "flags";
  readonly value: Tree;
  /** Names the place of a key for a person: `dispatch.jsonc:3:11`, `DISPATCH_JOBS`. `key` points at the name, not the value. */
  locate(path: Path, what?: "key" | "value"): string;
}

/** The uppermost layer that says something at this path, or at the nearest path above it. */
export function originOf(layers: readonly Layer[], path: Path): Layer | null {
  const downwards = layers.toReversed();
  for (let length = path.length; length > 0; length -= 1) {
    const found = downwards.find((layer) => valueAt(layer.value, path.slice(0, length)) !== undefined);
    if (found !== undefined) return found;
  }
  return null;
}
