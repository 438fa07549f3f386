import type { DefineCommand } from "../command.ts";
import { table } from "../output/table.ts";

export const clean: DefineCommand = (command, context) => {
  command
    .option("--force", "also what is unpushed or unmerged; it stays reachable under refs/dispatch/keep")
    .action(async ({ force }) => {
      const { openDesk } = await import("../compose.ts");
      await using desk = await openDesk(context, { human: true });
      await using _own = await desk.own();
      const swept = await desk.clean(force === true);
      if (context.json) return context.answerJson({ v: 1, ...swept });
      if (swept.removed.length + swept.kept.length === 0) return context.say("nothing to clean");
      for (const line of table(swept.removed.map((what) => ["removed", what]))) context.answer(line);
      for (const line of table(swept.kept.map(({ what, why }) => ["kept", what, why]))) context.answer(line);
      if (swept.kept.length > 0) context.say("next  dispatch clean --force removes them too");
    });
};
