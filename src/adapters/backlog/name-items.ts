import { createHash } from "node:crypto";
import type { BacklogItem } from "../../domain/backlog-item.ts";
import { derivedId } from "../../domain/decompose.ts";
import { place, type PlacedProblem } from "./problems.ts";
import type { ReadItem } from "./read-item.ts";

/** Gives every item its id: the one written, else a hash of its title with those above it. */
export function nameItems(items: readonly ReadItem[], file: string, above: readonly string[] = []): BacklogItem[] {
  return items.map(({ id, line, children, ...item }) => {
    const titles = [...above, item.title];
    return {
      ...item,
      id: id ?? derivedId(titles, sha256),
      children: nameItems(children, file, titles),
      at: line === null ? null : { file, line },
    };
  });
}

/** Two items with one id, both places named. Ids that differ in case alone would share a branch. */
export function duplicateProblems(items: readonly BacklogItem[]): PlacedProblem[] {
  const first = new Map<string, BacklogItem>();
  return flatten(items).flatMap((item): PlacedProblem[] => {
    const key = item.id.toLowerCase();
    const other = first.get(key);
    if (other === undefined) {
      first.set(key, item);
      return [];
    }
    const where = other.at === null ? "another item" : `the item at ${place(other.at.file, other.at.line)}`;
    return [{ file: item.at?.file ?? "backlog", line: item.at?.line ?? null, message: sameId(item, other, where) }];
  });
}

function sameId(item: BacklogItem, other: BacklogItem, where: string): string {
  if (item.title === other.title)
    return `the same title and id as ${where} (${item.id}): give one of them an id of its own`;
  const words = item.id === other.id ? `the same id "${item.id}" as` : `the id "${item.id}" but for case as`;
  return `${words} ${where}: change one of them`;
}

function flatten(items: readonly BacklogItem[]): readonly BacklogItem[] {
  return items.flatMap((item) => [item, ...flatten(item.children)]);
}

function sha256(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}
