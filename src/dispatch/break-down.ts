import { tasksOf } from "../domain/decompose.ts";
import { DispatchError, EXIT } from "../domain/errors.ts";
import type { Task } from "../domain/task.ts";
import { foldTasks, type TaskView } from "../domain/task-view.ts";
import type { Ports } from "./ports.ts";

/** The backlog as narrow tasks, beside what the journal and git know of them. */
export interface BrokenDown {
  readonly tasks: readonly Task[];
  /** Done by the user's mark, by a merge in the base, or by the journal. */
  readonly done: ReadonlySet<string>;
  readonly views: ReadonlyMap<string, TaskView>;
}

export async function breakDown(ports: Ports, baseCommit: string): Promise<BrokenDown> {
  const views = foldTasks(await ports.journal.read());
  const merged = await ports.repository.readMergedTasks(baseCommit);
  const known = new Set([...views.keys(), ...merged]);
  const { tasks, done } = tasksOf(await ports.backlog.readItems(), { hash: ports.hash, known });
  const finished = [...views.values()].filter((view) => view.state.name === "merged").map((view) => view.id);
  return {
    tasks: tasks.filter((task) => !merged.has(task.id)),
    done: new Set([...done, ...merged, ...finished]),
    views,
  };
}

/** The tasks that the user named, or all; an unknown name is the user's to mend. */
export function requireSelected(
  tasks: readonly Task[],
  only: readonly string[] | null,
  known: ReadonlySet<string>,
): readonly Task[] {
  if (only === null || only.length === 0) return tasks;
  const unknown = only.filter((id) => !known.has(id) && !tasks.some((task) => task.id === id));
  if (unknown.length > 0)
    throw new DispatchError({
      code: "unknown_task",
      message: `no task ${unknown.join(", ")} in the backlog`,
      hint: "dispatch plan",
      exit: EXIT.failure,
    });
  return tasks.filter((task) => only.includes(task.id));
}
