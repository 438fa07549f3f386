import { hasErrorCode } from "../../domain/errors.ts";
import type { Base } from "../../ports/repository.ts";
import { breakDown } from "../../dispatch/break-down.ts";
import { readHold } from "../../dispatch/hold.ts";
import { statusReport, type StatusReport } from "../../dispatch/status.ts";
import { readOpenWork } from "../../dispatch/outlook.ts";
import type { DefineCommand } from "../command.ts";
import type { CliContext } from "../context.ts";
import type { Desk } from "../compose.ts";
import { hostsText } from "../output/hosts-text.ts";
import { landingText } from "../output/landing-text.ts";
import { statusText } from "../output/status-text.ts";

const LOOK_EVERY_MS = 1000;

export const status: DefineCommand = (command, context) => {
  command.option("-w, --watch", "draw it anew every second until Ctrl-C").action(async ({ watch }) => {
    const { openDesk } = await import("../compose.ts");
    await using desk = await openDesk(context);
    if (watch === true) return await follow(desk, context);
    const report = await readStatus(desk, context);
    if (context.json) return context.answerJson(report);
    for (const line of statusLines(report)) context.answer(line);
  });
};

const statusLines = ({ tasks, landing, hosts }: StatusReport): readonly string[] => [
  ...statusText(tasks),
  ...hostsText(hosts),
  ...landingText(landing),
];

async function readStatus(desk: Desk, context: CliContext): Promise<StatusReport> {
  const { ports, config } = desk;
  const { commit } = await readBase(desk, context);
  const work = await breakDown(ports, commit);
  const hosts = await desk.readHosts();
  return statusReport(work, {
    now: ports.clock.now(),
    turns: await ports.journal.read({ names: ["assignment.started", "assignment.ended"] }),
    saved: await ports.repository.readSalvage(),
    isTrusted: await isTrusted(desk),
    agents: Object.keys(config.agents).length,
    isRunning: hosts.living.length > 0 || (await desk.isOwned()),
    hosts,
    paused: await desk.watcher.isPaused(),
    hold: await readHold(ports, desk.settings),
    budget: ports.budget,
    open: await readOpenWork(ports, work.views, commit),
  });
}

async function isTrusted({ trust }: Desk): Promise<boolean> {
  const { wanted, approval } = await trust.read();
  return wanted === null || approval !== null;
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
    else if (context.out.live) draw(statusLines(report).join("\n"));
    else for (const line of statusLines(report)) context.answer(line);
  } while (await desk.ports.clock.wait(LOOK_EVERY_MS, context.signal));
  draw.done();
}
