interface Dated {
  readonly createdAt: string;
  readonly updatedAt: string;
}

/** `since`: changed at that moment or later. */
export function since<T extends Dated>(items: readonly T[], query: URLSearchParams): readonly T[] {
  const from = query.get("since");
  return from === null ? items : items.filter(({ updatedAt }) => Date.parse(updatedAt) >= Date.parse(from));
}

/** `sort` and `direction`: the newest first, unless told otherwise. Equal ones as they came. */
export function newest<T extends Dated>(items: readonly T[], query: URLSearchParams): readonly T[] {
  const key = query.get("sort") === "updated" ? "updatedAt" : "createdAt";
  const rank = (item: T): number => Date.parse(item[key]);
  const oldestFirst = items
    .map((item, at) => ({ item, at }))
    .sort((a, b) => rank(a.item) - rank(b.item) || a.at - b.at)
    .map(({ item }) => item);
  return query.get("direction") === "asc" ? oldestFirst : oldestFirst.reverse();
}
