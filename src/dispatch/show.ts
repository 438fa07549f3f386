import type { TaskState } from "../domain/task-state.ts";
import { foldTask, type TaskView } from "../domain/task-view.ts";
import type { ShownState } from "../ports/forge.ts";
import type { Ports } from "./ports.ts";

/** Undefined where what is shown stays: nothing began yet, or the next beginning says it (docs/contract.md §9.12). */
function shownState(state: TaskState): ShownState | null | undefined {
  switch (state.name) {
    case "queued":
    case "blocked":
      return undefined;
    case "coding":
    case "testing":
    case "publishing":
      return "running";
    case "reviewing":
      return "auditing";
    case "fixing":
      return "fixing";
    case "parked":
      return "paused";
    case "needs-human":
    case "failed":
      return "needs-human";
    case "ready-for-human":
    case "approved":
      return "ready-for-human";
    case "merged":
    case "closed":
    case "cancelled":
      return null;
  }
}

/** At its beginning and at its end, each once: labels are writes, and writes are few (docs/contract.md §9.12). */
export async function showing(
  ports: Ports,
  task: string,
  view: TaskView | undefined,
  walk: () => Promise<unknown>,
): Promise<void> {
  await ports.forge.showState(task, view?.pr ?? null, "running");
  await walk();
  await show(ports, foldTask(await ports.journal.read({ task })));
}

/** What a run that was killed left as it was. */
export async function showWaiting(ports: Ports, views: Iterable<TaskView>): Promise<void> {
  const names = ["ready-for-human", "approved", "needs-human", "failed", "parked"];
  for (const view of views) if (names.includes(view.state.name)) await show(ports, view);
}

async function show({ forge }: Ports, { id, pr, state }: TaskView): Promise<void> {
  const shown = shownState(state);
  if (shown !== undefined) await forge.showState(id, pr, shown);
}
