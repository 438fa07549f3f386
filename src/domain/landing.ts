import type { Reason } from "./fact.ts";
import { formatReason } from "./retry.ts";
import type { TaskView } from "./task-view.ts";

/** Two pull requests that cannot both be merged as they are. */
export interface Clash {
  readonly a: string;
  readonly b: string;
  readonly files: readonly string[];
}

/** The head that waits to be merged, or is to be made fit for it; null for a task that is elsewhere. */
export function waitingHead({ state, pr }: Pick<TaskView, "state" | "pr">): string | null {
  if (pr === null) return null;
  return "head" in state ? state.head : null;
}

/**
 * Whoever is in fewest others' way first, and who was spoilt by then last, since it has to be made again anyway: each
 * merge then spoils as little as it can. Among equals who was opened first.
 */
export function mergeOrder(
  open: readonly { readonly id: string; readonly pr: number }[],
  clashes: readonly Clash[],
): readonly string[] {
  const order: string[] = [];
  let left = open.map(({ id, pr }) => ({ id, pr, others: clashingWith(id, clashes) }));
  while (left.length > 0) {
    const isSpoilt = ({ others }: (typeof left)[number]): number => Number(others.some((id) => order.includes(id)));
    const inTheWay = ({ others }: (typeof left)[number]): number => left.filter(({ id }) => others.includes(id)).length;
    const [next, ...later] = left.toSorted(
      (x, y) => isSpoilt(x) - isSpoilt(y) || inTheWay(x) - inTheWay(y) || x.pr - y.pr,
    ) as [(typeof left)[number], ...typeof left];
    order.push(next.id);
    left = later;
  }
  return order;
}

const clashingWith = (id: string, clashes: readonly Clash[]): readonly string[] =>
  clashes.flatMap(({ a, b }) => (a === id ? [b] : b === id ? [a] : []));

const some = (files: readonly string[]): string => `${files.slice(0, 5).join(", ")}${files.length > 5 ? ", …" : ""}`;

export const conflictReason = (base: string, files: readonly string[]): Reason =>
  formatReason("conflict", `${base} moved and both changed ${some(files)}`);

export const uncheckedReason = (base: string, path: string): Reason =>
  formatReason("base_moved", `${base} moved, and the checks have not seen both together: ${path} may matter to both`);

export const failsReason = (base: string, ran: string): Reason =>
  formatReason("checks_failed", `${base} moved, and with it ${ran}`);

/** A coder that has to mend the same task once more for every merge of somebody else is no way forward. */
export const pushedAroundReason = (base: string, times: number, last: Reason): Reason =>
  formatReason("rounds", `${base} moved under it ${times} times, and each time it had to be mended; the last: ${last}`);
