import { mergeOrder, type Clash } from "../domain/landing.ts";
import type { Changing } from "../domain/schedule.ts";
import type { TaskView } from "../domain/task-view.ts";
import { isEnded } from "../domain/task-state.ts";
import type { Ports } from "./ports.ts";

/** How open pull requests stand to each other, by their contents. */
export interface OpenWork {
  readonly changing: readonly Changing[];
  /** Of those that merge with the base, the pairs that do not merge with each other. */
  readonly conflicts: readonly Clash[];
  /** In which to merge them, so that as few as can be have to be made again. */
  readonly order: readonly string[];
}

export async function readOpenWork(
  { repository }: Pick<Ports, "repository">,
  views: ReadonlyMap<string, TaskView>,
  base: string,
): Promise<OpenWork> {
  const open = [...views.values()].flatMap(({ id, pr, state, head }) => {
    const at = "head" in state ? state.head : head;
    return pr === null || at === null || isEnded(state) ? [] : [{ id, pr, head: at, isWaiting: "head" in state }];
  });
  if (open.length === 0) return { changing: [], conflicts: [], order: [] };
  const { changes, pairs } = await repository.readOutlook(
    base,
    open.map(({ head }) => head),
  );
  const waiting = open.filter(({ isWaiting }) => isWaiting);
  const idAt = (head: string): string | undefined => waiting.find((one) => one.head === head)?.id;
  const conflicts = pairs.flatMap(({ a, b, files }) => {
    const [one, other] = [idAt(a), idAt(b)];
    return one === undefined || other === undefined ? [] : [{ a: one, b: other, files }];
  });
  return {
    changing: open.map(({ id, head }) => ({ id, files: changes.get(head) ?? [] })),
    conflicts,
    order: mergeOrder(waiting, conflicts),
  };
}
