import { DispatchError } from "../../domain/errors.ts";
import { isActive } from "../../domain/task-state.ts";
import type { TaskView } from "../../domain/task-view.ts";
import { requireView } from "../../dispatch/require-view.ts";
import type { DefineCommand } from "../command.ts";

export const open: DefineCommand = (command, context) => {
  command.argument("<task>", "id of the task").action(async (task) => {
    const { openDesk } = await import("../compose.ts");
    await using desk = await openDesk(context);
    const view = await requireView(desk.ports, desk.human.run, task);
    const path = await desk.worktreeOf(task);
    const { repository } = desk.ports;
    const isHere = path !== null || (view.branch !== null && (await repository.readBranch(view.branch)) !== null);
    if (!isHere) throw nowhere(view, view.branch !== null && (await repository.fetchPublished(view.branch)) !== null);
    if (context.json) return context.answerJson({ v: 1, task, worktree: path, branch: view.branch, pr: view.pr });
    context.answer(path ?? view.branch ?? "");
    context.say(
      path === null
        ? `no agent works on it; to look: git worktree add --detach ../${task} ${view.branch ?? ""}`
        : `cd ${path}`,
    );
  });
};

function nowhere({ id, state, branch, head }: TaskView, isOnOrigin: boolean): DispatchError {
  const what = `${id} has neither worktree nor branch here: it is ${state.name}`;
  return new DispatchError({
    code: "no_change",
    message: isOnOrigin ? `${what}, and its branch is on origin alone` : what,
    hint: nextOf(),
  });

  function nextOf(): string {
    if (isOnOrigin) return `git fetch origin ${branch ?? ""} && git worktree add --detach ../${id} FETCH_HEAD`;
    if (state.name === "queued" || isActive(state)) return `dispatch run ${id}`;
    const look = head === null ? "" : `dispatch diff ${id}`;
    if (state.name === "merged") return look === "" ? "dispatch status" : look;
    return `${look === "" ? "" : `${look}, or `}dispatch retry ${id}`;
  }
}
