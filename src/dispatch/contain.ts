import { DispatchError, hasErrorCode } from "../domain/errors.ts";
import { foldTask } from "../domain/task-view.ts";
import { formatReason } from "../domain/retry.ts";
import type { Task } from "../domain/task.ts";
import { Stopped } from "../ports/steps.ts";
import { record, type Ports, type Settings } from "./ports.ts";

/** What breaks in one task stays in that task: its siblings go on. Only a stop of the whole run passes through. */
export async function contain(
  ports: Ports,
  settings: Settings,
  task: Task,
  work: () => Promise<unknown>,
): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (error instanceof Stopped) throw error;
    const view = foldTask(await ports.journal.read({ task: task.id }));
    if (view.state.name === "cancelled") return;
    const reason = formatReason(isForeignPush(error) ? "conflict" : "crashed", sentence(error));
    const scope = { run: settings.run, task: task.id, episode: view.episode };
    await record(ports, scope, `${task.id}/${view.episode}/broken/${settings.run}`, {
      name: isForeignPush(error) ? "task.needs-human" : "task.failed",
      data: { reason },
    });
  }
}

/** Somebody else works on the branch: theirs is not ours to push over, nor a failure of the task. */
const isForeignPush = (error: unknown): boolean => hasErrorCode(error, "branch_moved");

function sentence(error: unknown): string {
  // What `await using` met on its way out must not hide what was first.
  if (error instanceof Error && error.name === "SuppressedError" && "suppressed" in error)
    return sentence(error.suppressed);
  if (error instanceof DispatchError) return `${error.message} (${error.hint})`;
  return error instanceof Error ? error.message : String(error);
}
