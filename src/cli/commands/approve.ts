import { approve as approveTask } from "../../dispatch/gate.ts";
import { publishWithheld } from "../../dispatch/withheld.ts";
import type { DefineCommand } from "../command.ts";
import { answerPullRequest } from "../output/pull-request-text.ts";

export const approve: DefineCommand = (command, context) => {
  command
    .argument("<task>", "id of the task")
    .option("--allow <code>", "approve although this reason held it back")
    .action(async (task, { allow }) => {
      const { openDesk } = await import("../compose.ts");
      await using desk = await openDesk(context, { human: true });
      const { fence, policy } = desk.settings;
      if (allow !== undefined)
        await publishWithheld(desk.ports, desk.human, task, { allow, fence, policy: policy.hash });
      const pullRequest = await approveTask(desk.ports, desk.human, task, { allow: allow ?? null });
      answerPullRequest(
        context,
        pullRequest,
        `${task} approved at ${pullRequest.head.slice(0, 7)}`,
        `dispatch merge ${task}`,
      );
    });
};
