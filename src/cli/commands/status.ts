import { hasErrorCode } from "../../domain/errors.ts";
import type { Base } from "../../ports/repository.ts";
import { breakDown } from "../../dispatch/break-down.ts";
import { readHold } from "../../dispatch/hold.ts";
import { statusReport, type StatusReport } from "../../dispatch/status.ts";
import type { DefineCommand } from "../command.ts";
import type { CliContext } from "../context.ts";
import type { Desk } from "../compose.ts";
import { statusText } from "../output/status-text.ts";

const LOOK_EVERY_MS = 1000;

export const status: DefineCommand = (command, context) => {
  command.option("-w, --watch", "draw it anew every second until Ctrl-C").action(async ({ watch }) => {
    const { openDesk } = await import("../compose.ts");
    await using desk = await openDesk(context);
    if (watch === true) return await follow(desk, context);
    const report = await readStatus(desk, context);
    if (context.json) return context.answerJson(report);
    for (const line of statusText(report.tasks)) context.answer(line);
  });
};

async function readStatus(desk: Desk, context: CliContext): Promise<StatusReport> {
  const { ports, config } = desk;
  const work = await breakDown(ports, (await readBase(desk, context)).commit);
  return statusReport(work, {
    now: ports.clock.now(),
    ends: await ports.journal.read({ names: ["assignment.ended"] }),
    agents: Object.keys(config.agents).length,
    isRunning: await desk.isOwned(),
    paused: await desk.watcher.isPaused(),
    hold: await readHold(ports, desk.settings),
    dailyUsd: config.budget.daily ?? null,
  });
}

/** Without a network the last word of origin has to do. */
async function readBase({ ports: { repository } }: Desk, context: CliContext): Promise<Base> {
  try {
    return await repository.fetchBase();
  } catch (error) {
    const known = hasErrorCode(error, "origin_unreachable") ? await repository.readBase() : null;
    if (known === null) throw error;
    context.warn(`origin does not answer: this is as of ${known.branch} at ${known.commit.slice(0, 7)}`);
    return known;
  }
}

async function follow(desk: Desk, context: CliContext): Promise<void> {
  const { createLogUpdate } = await import("log-update");
  const draw = createLogUpdate(context.stdout);
  do {
    const report = await readStatus(desk, context);
    if (context.json) context.answerJson(report);
    else if (context.out.live) draw(statusText(report.tasks).join("\n"));
    else for (const line of statusText(report.tasks)) context.answer(line);
  } while (await desk.ports.clock.wait(LOOK_EVERY_MS, context.signal));
  draw.done();
}
