import { blockedOn } from "../../domain/task-view.ts";
import { breakDown, requireSelected } from "../../dispatch/break-down.ts";
import { readOpenWork } from "../../dispatch/outlook.ts";
import { planWork } from "../../dispatch/plan-work.ts";
import type { DefineCommand } from "../command.ts";
import { landingText } from "../output/landing-text.ts";
import { planText } from "../output/plan-text.ts";

/** Starts nothing and writes nothing outside our own state. */
export const plan: DefineCommand = (command, context) => {
  command.argument("[task...]", "only these tasks").action(async (tasks) => {
    const { openDesk } = await import("../compose.ts");
    await using desk = await openDesk(context, { runnable: true });
    const { ports, settings } = desk;
    const base = await ports.repository.fetchBase();
    const work = await breakDown(ports, base.commit);
    const selected = requireSelected(work, tasks);
    const { changing, ...landing } = await readOpenWork(ports, work.views, base.commit);
    const planned = await planWork(ports, settings, { ...work, tasks: selected }, changing);
    if (context.json) return context.answerJson({ v: 1, ...planned, landing });
    const blocked = new Map(
      selected.flatMap((task) => {
        const on = blockedOn(task, work.views, work.done);
        return on === null ? [] : [[task.id, on] as const];
      }),
    );
    for (const line of [...planText(planned, blocked), ...landingText(landing)]) context.answer(line);
  });
};
