import { display, displayLine } from "../../domain/display.ts";
import { DispatchError } from "../../domain/errors.ts";
import { requireView } from "../../dispatch/require-view.ts";
import { readWithheld } from "../../dispatch/withheld.ts";
import type { DefineCommand } from "../command.ts";

const DIFF_BYTES = 20_000_000;

export const diff: DefineCommand = (command, context) => {
  command
    .argument("<task>", "id of the task")
    .option("--stat", "only files and line counts")
    .action(async (task, { stat }) => {
      const { openDesk } = await import("../compose.ts");
      await using desk = await openDesk(context);
      const { repository } = desk.ports;
      const view = await requireView(desk.ports, desk.human.run, task);
      const withheld = await readWithheld(desk.ports, task);
      const branch = view.branch === null ? null : await repository.readBranch(view.branch);
      const head = withheld?.commit ?? branch ?? view.head;
      if (head === null)
        throw new DispatchError({
          code: "no_change",
          message: `${task} has no commit yet: it is ${view.state.name}`,
          hint: `dispatch logs ${task}`,
        });
      const fork = view.base ?? (await repository.fetchBase()).commit;
      const from = (await repository.mergeBase(fork, head)) ?? fork;
      if (context.json || stat === true) {
        const files = await repository.readChanges(from, head);
        if (context.json) return context.answerJson({ v: 1, task, from, head, files });
        for (const file of files)
          context.answer(
            `${file.status} ${displayLine(file.path, 500)}  +${file.added ?? "-"} -${file.removed ?? "-"}`,
          );
        return;
      }
      for (const line of (await repository.readDiff(from, head, DIFF_BYTES)).split("\n")) context.answer(display(line));
    });
};
