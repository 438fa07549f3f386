import { cancel as cancelTask } from "../../dispatch/gate.ts";
import { isActive } from "../../domain/task-state.ts";
import type { TaskView } from "../../domain/task-view.ts";
import type { DefineCommand } from "../command.ts";

export const cancel: DefineCommand = (command, context) => {
  command.argument("<task>", "id of the task").action(async (task) => {
    const { openDesk } = await import("../compose.ts");
    await using desk = await openDesk(context);
    const view = await cancelTask(desk.ports, desk.human, task);
    if (context.json) return context.answerJson({ v: 1, task, state: "cancelled" });
    context.answer(`${task} cancelled${whereItsWorkIs(view)}`);
  });
};

/** `view` is the one before. */
function whereItsWorkIs({ id, state, branch, head }: TaskView): string {
  if (isActive(state)) return `; what its agent wrote is kept under refs/dispatch/salvage/${id}/`;
  return head === null || branch === null ? "" : `; its work stays on ${branch}`;
}
