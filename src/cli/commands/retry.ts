import { Option } from "@commander-js/extra-typings";
import { retry as retryTask } from "../../dispatch/gate.ts";
import type { DefineCommand } from "../command.ts";

export const retry: DefineCommand = (command, context) => {
  command
    .argument("<task>", "id of the task")
    .addOption(
      new Option("--from <stage>", "where to begin")
        .choices(["code", "test", "review"] as const)
        .default("code" as const),
    )
    .action(async (task, { from }) => {
      const { openDesk } = await import("../compose.ts");
      await using desk = await openDesk(context);
      await retryTask(desk.ports, desk.human, task, from);
      if (context.json) return context.answerJson({ v: 1, task, state: "queued", from });
      context.answer(`${task} will begin anew from ${from}`);
      context.say(`next  dispatch run ${task}`);
    });
};
