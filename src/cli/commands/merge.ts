import { checkTogether } from "../../dispatch/check-together.ts";
import { merge as mergeTask } from "../../dispatch/gate.ts";
import { judgeSiblings } from "../../dispatch/landing.ts";
import type { DefineCommand } from "../command.ts";
import { answerPullRequest } from "../output/pull-request-text.ts";

export const merge: DefineCommand = (command, context) => {
  command.argument("<task>", "id of the task").action(async (task) => {
    const { openDesk } = await import("../compose.ts");
    await using desk = await openDesk(context, { human: true });
    const pullRequest = await mergeTask(desk.ports, desk.human, task, (approved) =>
      checkTogether(desk.ports, desk.settings, approved, desk.signal),
    );
    const where = desk.ports.repository.origin === null ? "" : " on origin; git pull brings it into your checkout";
    const moved = await judgeSiblings(desk.ports, desk.settings);
    for (const { task: other, reason } of moved) if (reason !== null) context.warn(`${other}  ${reason}`);
    answerPullRequest(context, pullRequest, `${task} merged into ${pullRequest.base}${where}`, "dispatch run");
  });
};
