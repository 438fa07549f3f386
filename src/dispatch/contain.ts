import { DispatchError } from "../domain/errors.ts";
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
    const reason = formatReason("crashed", sentence(error));
    const scope = { run: settings.run, task: task.id, episode: view.episode };
    await record(ports, scope, `${task.id}/${view.episode}/broken/${settings.run}`, {
      name: "task.failed",
      data: { reason },
    });
  }
}

function sentence(error: unknown): string {
  if (error instanceof DispatchError) return `${error.message} (${error.hint})`;
  return error instanceof Error ? error.message : String(error);
}
