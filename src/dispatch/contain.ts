import { DispatchError, hasErrorCode } from "../domain/errors.ts";
import { foldTask } from "../domain/task-view.ts";
import { formatReason } from "../domain/retry.ts";
import type { Task } from "../domain/task.ts";
import { Stopped } from "../ports/steps.ts";
import { record, type Ports, type Settings } from "./ports.ts";

/**
 * What breaks in one task stays in that task: its siblings go on. Only a stop of the whole run passes through. Gives the
 * error of a task that never began: it did not fail, the next run begins it, and this one has to say what was wrong.
 */
export async function contain(
  ports: Ports,
  { run }: Pick<Settings, "run">,
  task: Task,
  work: () => Promise<unknown>,
): Promise<unknown> {
  try {
    await work();
    return null;
  } catch (error) {
    if (error instanceof Stopped) throw error;
    return await recordBroken(ports, run, task.id, error);
  }
}

/**
 * By who walked it, or waits for it, whoever comes first: on several hosts nobody may wait. Gives the error of a task
 * that never began.
 */
export async function recordBroken(ports: Ports, run: string, task: string, error: unknown): Promise<unknown> {
  const view = foldTask(await ports.journal.read({ task }));
  // Whoever cancelled it may have begun it anew: what stops then is the episode before.
  if (view.state.name === "cancelled" || hasErrorCode(error, "work_cancelled")) return null;
  if (view.state.name === "queued" && !isForeignPush(error)) return error;
  const reason = formatReason(isForeignPush(error) ? "conflict" : "crashed", sentence(error));
  const scope = { run, task, episode: view.episode };
  const key = `${task}/${view.episode}/broken/${run}`;
  // Their last word was a retry, and stays the next step once they settled it.
  if (isForeignPush(error) && view.state.name === "queued" && view.state.why === "retried")
    await record(ports, scope, key, { name: "task.parked", data: { reason, wakeAt: null } });
  else {
    const name = isForeignPush(error) ? "task.needs-human" : "task.failed";
    await record(ports, scope, key, { name, data: { reason } });
  }
  return null;
}

/** Somebody else works on the branch: theirs is not ours to push over, nor a failure of the task. */
const isForeignPush = (error: unknown): boolean => hasErrorCode(error, "branch_moved");

export function sentence(error: unknown): string {
  // What `await using` met on its way out must not hide what was first.
  if (error instanceof Error && error.name === "SuppressedError" && "suppressed" in error)
    return sentence(error.suppressed);
  if (error instanceof DispatchError) return `${error.message} (${error.hint})`;
  return error instanceof Error ? error.message : String(error);
}
