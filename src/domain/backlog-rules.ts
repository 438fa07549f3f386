import type { BacklogItem } from "./backlog-item.ts";
import type { Entry } from "./backlog-tree.ts";
import { DispatchError, EXIT } from "./errors.ts";
import { findCycle } from "./find-cycle.ts";
import { caselessClash, isTaskId, TASK_ID_HELP } from "./ids.ts";
import { nearest } from "./nearest.ts";

/** Throws `backlog_invalid` (exit 2) with file, line and the mend, unless every id is good and stands for one item. */
export function requireIds(entries: readonly Entry[], known: ReadonlySet<string>): void {
  const seen = new Map<string, BacklogItem>();
  for (const { item } of entries) {
    if (!isTaskId(item.id)) throw invalid(item, `\`${item.id}\` is no id`, `Use ${TASK_ID_HELP}.`);
    const before = seen.get(item.id);
    if (before !== undefined)
      throw invalid(
        item,
        `id ${item.id} is taken by "${before.title}"${before.at === null ? "" : ` (line ${before.at.line})`}`,
        `Give one of them an id of its own: <!-- id: ${item.id}-b -->`,
      );
    seen.set(item.id, item);
  }
  const fresh = [...seen.keys()].filter((id) => !known.has(id));
  const clash = caselessClash(seen.keys()) ?? clashWith(known, fresh);
  if (clash === null) return;
  const [first, second] = clash;
  throw invalid(
    seen.get(second) as BacklogItem,
    `ids ${first} and ${second} differ only in case, and branch names know no case`,
    `Write the id of the one task alike everywhere, or give another id to one of the two.`,
  );
}

/** A name that is new in this backlog, beside one that the repository knows already. */
function clashWith(known: ReadonlySet<string>, fresh: readonly string[]): readonly [string, string] | null {
  const spelt = new Map([...known].map((id) => [id.toLowerCase(), id]));
  for (const id of fresh) {
    const before = spelt.get(id.toLowerCase());
    if (before !== undefined) return [before, id];
  }
  return null;
}

/** What finishing an item takes; see `openWork`. */
type Work = ReadonlyMap<string, readonly string[]>;

/** Throws `backlog_invalid` unless whatever open work waits for is in the backlog or known from the journal and trailers. */
export function requireAfter(entries: readonly Entry[], work: Work, known: ReadonlySet<string>): void {
  const there = new Set([...entries.map(({ item }) => item.id), ...known]);
  for (const { item } of entries) {
    if (!isOpen(item.id, work)) continue;
    const missing = item.after.find((id) => !there.has(id));
    if (missing === undefined) continue;
    const meant = nearest(
      missing,
      [...there].filter((id) => id !== item.id),
    );
    const mend =
      meant === null ? `Remove ${missing} from its after:, or add an item with this id.` : `Write after: ${meant}`;
    throw invalid(item, `${item.id} comes after ${missing}, which nobody knows`, mend);
  }
}

const isOpen = (id: string, work: Work): boolean => (work.get(id) ?? []).length > 0;

/**
 * Throws `backlog_invalid` where open work waits for itself, and names the whole circle. Two nodes per item: it begins
 * when those before it have ended and the item above it has begun; it ends when it has begun and its sub-tasks have
 * ended. So the graph stays as small as the backlog, however many leaves stand for one name.
 */
export function requireOrder(entries: readonly Entry[], work: Work): void {
  const waitsFor = new Map<string, readonly string[]>();
  for (const { item, parents } of entries) {
    const above = parents.slice(-1).map(({ id }) => `begin ${id}`);
    const before = isOpen(item.id, work) ? item.after.filter((id) => isOpen(id, work)).map((id) => `end ${id}`) : [];
    waitsFor.set(`begin ${item.id}`, [...above, ...before]);
    waitsFor.set(`end ${item.id}`, [`begin ${item.id}`, ...item.children.map(({ id }) => `end ${id}`)]);
  }
  const cycle = findCycle(waitsFor)?.map((node) => node.replace(/^\w+ /, ""));
  if (cycle === undefined) return;
  const names = cycle.filter((id, index) => id !== cycle[index - 1]);
  const round = names.length === 1 ? [...names, ...names] : names;
  const first = entries.find(({ item }) => item.id === names[0]) as Entry;
  throw invalid(first.item, `${names[0]} waits for itself: ${round.join(" -> ")}`, "Remove one after: of this circle.");
}

function invalid(item: BacklogItem, problem: string, hint: string): DispatchError {
  const { at, id } = item;
  return new DispatchError({
    code: "backlog_invalid",
    exit: EXIT.usage,
    message: `${at === null ? "backlog" : `${at.file}:${at.line}`}: ${problem}`,
    hint,
    facts: { ...at, id },
  });
}
