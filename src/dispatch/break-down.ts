import { tasksOf } from "../domain/decompose.ts";
import { DispatchError, EXIT } from "../domain/errors.ts";
import { nearest } from "../domain/nearest.ts";
import type { Task } from "../domain/task.ts";
import { foldTasks, type TaskView } from "../domain/task-view.ts";
import type { Ports } from "./ports.ts";

/** The backlog as narrow tasks, beside what the journal and git know of them. */
export interface BrokenDown {
  /** Open: what is left to do. */
  readonly tasks: readonly Task[];
  /** Still written as open, and merged: nobody ticks them off but the user. */
  readonly merged: readonly Task[];
  /** Done by the user's mark, by a merge in the base, or by the journal. */
  readonly done: ReadonlySet<string>;
  readonly views: ReadonlyMap<string, TaskView>;
}

export async function breakDown(ports: Ports, baseCommit: string): Promise<BrokenDown> {
  const views = foldTasks(await ports.journal.read());
  const inBase = await ports.repository.readMergedTasks(baseCommit);
  const known = new Set([...views.keys(), ...inBase]);
  const { tasks, done } = tasksOf(await ports.backlog.readItems(), { hash: ports.hash, known });
  const isMerged = ({ id }: Pick<Task, "id">): boolean => inBase.has(id) || views.get(id)?.state.name === "merged";
  const finished = [...views.values()].filter(isMerged).map(({ id }) => id);
  return {
    tasks: tasks.filter((task) => !isMerged(task)),
    merged: tasks.filter(isMerged),
    done: new Set([...done, ...inBase, ...finished]),
    views,
  };
}

/** The open tasks that the user named, or all; an unknown name is the user's to mend. */
export function requireSelected({ tasks, done, views }: BrokenDown, only: readonly string[] | null): readonly Task[] {
  if (only === null || only.length === 0) return tasks;
  const unknown = only.filter((id) => !done.has(id) && !views.has(id) && !tasks.some((task) => task.id === id));
  if (unknown.length > 0)
    throw new DispatchError({
      code: "unknown_task",
      message: `no task ${unknown.join(", ")} in the backlog`,
      hint: `${didYouMean(unknown[0] ?? "", [...done, ...views.keys(), ...tasks.map(({ id }) => id)])}dispatch plan`,
      exit: EXIT.failure,
    });
  return tasks.filter((task) => only.includes(task.id));
}

/** Begins a hint; a slip of the finger, not another number: whoever types T-9 does not mean T-1. */
export function didYouMean(id: string, ids: readonly string[]): string {
  const digits = (text: string): string => text.replace(/\D/g, "");
  const near = nearest(
    id,
    ids.filter((one) => digits(one) === digits(id)),
  );
  return near === null ? "" : `did you mean ${near}? else: `;
}
