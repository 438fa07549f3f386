import { reject as rejectTask } from "../../dispatch/gate.ts";
import type { DefineCommand } from "../command.ts";
import { answerPullRequest } from "../output/pull-request-text.ts";
import { Words } from "../schemas.ts";
import { valueOf } from "../value-of.ts";

export const reject: DefineCommand = (command, context) => {
  command
    .argument("<task>", "id of the task")
    .requiredOption("-m, --message <why>", "what to change: the coder's next brief", valueOf(Words))
    .action(async (task, { message }) => {
      const { openDesk } = await import("../compose.ts");
      await using desk = await openDesk(context, { human: true });
      const pullRequest = await rejectTask(desk.ports, desk.human, task, message, desk.settings.humanRounds);
      answerPullRequest(context, pullRequest, `${task} sent back`, "dispatch run");
    });
};
