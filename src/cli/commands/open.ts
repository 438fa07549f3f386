import { DispatchError } from "../../domain/errors.ts";
import { requireView } from "../../dispatch/require-view.ts";
import type { DefineCommand } from "../command.ts";

export const open: DefineCommand = (command, context) => {
  command.argument("<task>", "id of the task").action(async (task) => {
    const { openDesk } = await import("../compose.ts");
    await using desk = await openDesk(context);
    const view = await requireView(desk.ports, desk.human.run, task);
    const path = await desk.worktreeOf(task);
    if (path === null && view.branch === null)
      throw new DispatchError({
        code: "no_change",
        message: `${task} has neither worktree nor branch: it is ${view.state.name}`,
        hint: "dispatch status",
      });
    if (context.json) return context.answerJson({ v: 1, task, worktree: path, branch: view.branch, pr: view.pr });
    context.answer(path ?? view.branch ?? "");
    context.say(
      path === null
        ? `no agent works on it; to look: git worktree add --detach ../${task} ${view.branch ?? ""}`
        : `cd ${path}`,
    );
  });
};
