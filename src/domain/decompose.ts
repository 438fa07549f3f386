import type { BacklogItem } from "./backlog-item.ts";
import { requireAfter, requireIds, requireOrder } from "./backlog-rules.ts";
import { entriesOf, nearestOf, openWork, type Entry } from "./backlog-tree.ts";
import type { Hash } from "./hash.ts";
import type { Task } from "./task.ts";

/**
 * Breaks a backlog down: every open leaf is a task, the items above it are its context, and what they come after it
 * comes after too. Throws `backlog_invalid` (exit 2) for ids that clash, unknown ids and circles.
 */
export function tasksOf(
  items: readonly BacklogItem[],
  options: { readonly hash: Hash; readonly known: ReadonlySet<string> },
): { readonly tasks: readonly Task[]; readonly done: ReadonlySet<string> } {
  const entries = entriesOf(items);
  requireIds(entries, options.known);
  const work = openWork(items);
  requireAfter(entries, work, options.known);
  requireOrder(entries, work);
  const expand = expander(work);
  const tasks = entries
    .filter(({ item }) => work.get(item.id)?.[0] === item.id)
    .map((entry) => taskOf(entry, expand(afterOf(entry)), options.hash));
  return { tasks, done: new Set(entries.filter(({ item }) => item.done).map(({ item }) => item.id)) };
}

/** The id of an item that has none: the same for the same titles, from the outermost item to its own. */
export function derivedId(titles: readonly string[], hash: Hash): string {
  const plain = titles.map((title) => title.normalize("NFC").replace(/\s+/g, " ").trim());
  return `t${hash(JSON.stringify(plain)).slice(0, 10)}`;
}

const afterOf = ({ item, parents }: Entry): readonly string[] => [...parents, item].flatMap(({ after }) => after);

/** A name of an item with sub-tasks means its open leaves. Many leaves share what they inherit, so it is unfolded once. */
function expander(work: ReadonlyMap<string, readonly string[]>): (names: readonly string[]) => readonly string[] {
  const unfolded = new Map<string, readonly string[]>();
  const meant = (id: string): readonly string[] => {
    const open = work.get(id) ?? [];
    return open.length === 0 ? [id] : open;
  };
  return (names) => {
    const key = names.join(" ");
    const ids = unfolded.get(key) ?? [...new Set(names.flatMap(meant))];
    unfolded.set(key, ids);
    return ids;
  };
}

function taskOf(entry: Entry, after: readonly string[], hash: Hash): Task {
  const { item, parents } = entry;
  const { id, title, body, estimateSeconds, files, value } = item;
  return {
    ...{ id, title, body, after, estimateSeconds, files },
    context: parents.map((above) => `${above.title}\n\n${above.body}`.trim()),
    kind: nearestOf(entry, (one) => one.kind),
    skills: nearestOf(entry, (one) => (one.skills.length === 0 ? null : one.skills)) ?? [],
    value,
    priority: nearestOf(entry, (one) => one.priority),
    // Of its text alone: a new estimate or order begins nothing anew.
    textHash: hash(JSON.stringify([title, body])),
  };
}
