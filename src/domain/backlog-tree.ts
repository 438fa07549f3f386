import type { BacklogItem } from "./backlog-item.ts";

/** An item with those above it, outermost first. */
export interface Entry {
  readonly item: BacklogItem;
  readonly parents: readonly BacklogItem[];
}

/** Every item, in the order in which it was written. */
export function entriesOf(items: readonly BacklogItem[], parents: readonly BacklogItem[] = []): readonly Entry[] {
  return items.flatMap((item) => [{ item, parents }, ...entriesOf(item.children, [...parents, item])]);
}

/**
 * Ids of the tasks that finishing this item takes: its open leaves; itself once they are done; none when it is done.
 * A leaf is whatever has no open sub-task.
 */
export function openWork(items: readonly BacklogItem[]): ReadonlyMap<string, readonly string[]> {
  const work = new Map<string, readonly string[]>();
  const visit = (item: BacklogItem): readonly string[] => {
    const below = item.children.flatMap(visit);
    const own = below.length === 0 && !item.done ? [item.id] : below;
    work.set(item.id, own);
    return own;
  };
  items.forEach(visit);
  return work;
}

/** The item's own value, else that of the nearest one above it that has one. */
export function nearestOf<T>({ item, parents }: Entry, read: (item: BacklogItem) => T | null): T | null {
  for (const one of [item, ...parents.toReversed()]) {
    const value = read(one);
    if (value !== null) return value;
  }
  return null;
}
