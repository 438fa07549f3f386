import { cancel as cancelTask } from "../../dispatch/gate.ts";
import type { DefineCommand } from "../command.ts";

export const cancel: DefineCommand = (command, context) => {
  command.argument("<task>", "id of the task").action(async (task) => {
    const { openDesk } = await import("../compose.ts");
    await using desk = await openDesk(context);
    await cancelTask(desk.ports, desk.human, task);
    if (context.json) return context.answerJson({ v: 1, task, state: "cancelled" });
    context.answer(`${task} cancelled; what its agent wrote is kept under refs/dispatch/salvage/${task}/`);
  });
};
