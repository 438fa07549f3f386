import { blockedOn } from "../../domain/task-view.ts";
import { breakDown, requireSelected } from "../../dispatch/break-down.ts";
import { readOpenWork } from "../../dispatch/outlook.ts";
import { planWork } from "../../dispatch/plan-work.ts";
import { DispatchError, EXIT } from "../../domain/errors.ts";
import type { DefineCommand } from "../command.ts";
import type { CliContext } from "../context.ts";
import { landingText } from "../output/landing-text.ts";
import { planText } from "../output/plan-text.ts";
import { proposeTasks } from "../propose-tasks.ts";

/** Starts nothing and writes nothing outside our own state, unless it is asked to. */
export const plan: DefineCommand = (command, context) => {
  command
    .argument("[task...]", "only these tasks")
    .option("--propose", "let the planner split them into narrow tasks, and show those")
    .option("--write", "with --propose: add them to the Markdown backlog, as sub-tasks")
    .addHelpText("after", "\nExamples:\n  dispatch plan\n  dispatch plan --propose search-page --write")
    .action(async (only, { propose = false, write = false }) => {
      if (write && !propose) throw nothingToWrite();
      await (propose ? proposeTasks(context, only, write) : showPlan(context, only));
    });
};

async function showPlan(context: CliContext, only: readonly string[]): Promise<void> {
  const { openDesk } = await import("../compose.ts");
  await using desk = await openDesk(context, { runnable: true });
  const { ports, settings } = desk;
  const base = await ports.repository.fetchBase();
  const work = await breakDown(ports, base.commit);
  const selected = requireSelected(work, only);
  const { changing, ...landing } = await readOpenWork(ports, work.views, base.commit);
  const planned = await planWork(ports, settings, { ...work, tasks: selected }, changing);
  if (context.json) return context.answerJson({ v: 1, ...planned, landing });
  const blocked = new Map(
    selected.flatMap((task) => {
      const on = blockedOn(task, work.views, work.done);
      return on === null ? [] : [[task.id, on] as const];
    }),
  );
  const items = work.tasks.length + work.merged.length;
  for (const line of [...planText(planned, blocked, items), ...landingText(landing)]) context.answer(line);
}

const nothingToWrite = (): DispatchError =>
  new DispatchError({
    code: "usage",
    message: "--write adds what a planner proposes to the backlog, and nobody was asked to propose",
    hint: "dispatch plan --propose --write",
    exit: EXIT.usage,
  });
