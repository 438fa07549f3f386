import { Option } from "@commander-js/extra-typings";
import { EXIT, hasErrorCode, type ExitCode } from "../../domain/errors.ts";
import { findTrouble } from "../../dispatch/around.ts";
import { dispatch, type Dispatched } from "../../dispatch/dispatch.ts";
import { runResult, type RunResult, type TaskResult } from "../../dispatch/report.ts";
import { parseReason, type ReasonCode } from "../../domain/retry.ts";
import type { Narrator } from "../../ports/narrator.ts";
import type { DefineCommand } from "../command.ts";
import type { Desk } from "../compose.ts";
import type { CliContext } from "../context.ts";
import { runNarrator } from "../output/run-narrator.ts";
import { runSummary } from "../output/run-summary.ts";
import { Jobs, Usd } from "../schemas.ts";
import { valueOf } from "../value-of.ts";

const UNTIL = ["pr", "approved", "merged"] as const;
type Until = (typeof UNTIL)[number];

/** Git is asked for nothing; GitHub counts how often it is asked. */
const LOOK_EVERY_MS = { local: 5000, github: 30_000 } as const;

export const run: DefineCommand = (command, context) => {
  command
    .argument("[task...]", "only these tasks")
    .option("-j, --jobs <n>", "lanes at most; the fan-out rule decides below it", valueOf(Jobs))
    .option("--budget <usd>", "no agent is started once this run has cost so much", valueOf(Usd))
    .addOption(new Option("--until <state>", "how far a human should have come").choices(UNTIL).default("pr"))
    .option("--no-work", "only offer the tasks to the workers of DISPATCH_DATABASE_URL")
    .option("--watch", "keep polling the backlog and the forge until Ctrl-C")
    .action(async (tasks, { jobs, budget, until, watch, work }) => {
      const narrator = runNarrator(context);
      const { openDesk } = await import("../compose.ts");
      await using desk = await openDesk(context, {
        narrator,
        ...(jobs === undefined ? {} : { jobs }),
        ...(budget === undefined ? {} : { budgetUsd: budget }),
        only: tasks,
        runnable: true,
        host: { works: work, skills: null, config: null },
      });
      await runOnDesk(desk, context, narrator, {
        until,
        watch: watch === true ? (signal) => desk.ports.clock.wait(LOOK_EVERY_MS[desk.config.forge], signal) : null,
      });
    });
};

/** The main job on an open desk; `demo` does the same on a repository of its own. */
export async function runOnDesk(
  desk: Desk,
  context: CliContext,
  narrator: Narrator & Disposable,
  how: {
    readonly until: Until;
    /** Until the next look; null: there is one alone. */
    readonly watch: ((signal: AbortSignal) => Promise<boolean>) | null;
  },
): Promise<RunResult> {
  using _screen = narrator;
  await using engine = await desk.startEngine();
  for (const note of desk.notes) context.warn(note);
  const ports = { ...desk.ports, engine };
  const began = ports.clock.monotonic();
  const look = (): Promise<Dispatched> =>
    dispatch(ports, desk.settings, desk.signal).catch((error: unknown) => {
      throw desk.signal.aborted ? desk.signal.reason : error;
    });
  let done = await look();
  let told = "";
  while (how.watch !== null && (await how.watch(desk.signal))) {
    try {
      done = await look();
      told = "";
    } catch (error) {
      const { message } = requirePassing(error);
      if (message !== told) context.warn(oneLine(message));
      told = message;
    }
  }
  const result = runResult(desk.settings.run, done, (ports.clock.monotonic() - began) / 1000);
  narrator[Symbol.dispose]();
  if (context.json) context.answerJson(result);
  else for (const line of runSummary(result, context.out)) context.answer(line);
  for (const { task, why } of done.unbegun) context.warn(`${task} could not be begun: ${why}`);
  const exit = exitOf(result.tasks, how.until);
  context.exitWith(exit === EXIT.done && done.unbegun.length > 0 ? EXIT.someFailed : exit);
  return result;
}

/** What passes, or is mended while we watch; anything else ends the watching. */
function requirePassing(error: unknown): Error {
  const trouble = findTrouble(error);
  if (trouble !== null) return trouble;
  if (error instanceof Error && hasErrorCode(error, "backlog_invalid")) return error;
  throw error;
}

/** A broken backlog may have many problems; `dispatch plan` tells them all. */
function oneLine(message: string): string {
  const [first = "", ...more] = message.split("\n");
  return `${first} (${more.length === 0 ? "" : `and ${more.length} more; `}looking again until it is mended)`;
}

/** What passes by itself, or by what a human does elsewhere. */
const LATER: ReadonlySet<ReasonCode> = new Set(["rate_limited", "open_limit", "quiet_hours", "disk"]);

/** Several reasons at once: the order of docs/contract.md §9.16. */
export function exitOf(tasks: readonly Pick<TaskResult, "state" | "reason">[], until: Until): ExitCode {
  const states = new Set(tasks.map((task) => task.state));
  const parked = tasks.filter(({ state }) => state === "parked").map(({ reason }) => parseReason(reason ?? "")?.code);
  if (parked.some((code) => code === "auth" || code === "quota")) return EXIT.authentication;
  if (parked.includes("budget")) return EXIT.stopped;
  if (parked.some((code) => code !== undefined && LATER.has(code))) return EXIT.later;
  if (states.has("failed") || states.has("needs-human") || states.has("parked")) return EXIT.someFailed;
  const waits = (until !== "pr" && states.has("ready-for-human")) || (until === "merged" && states.has("approved"));
  return waits ? EXIT.waiting : EXIT.done;
}
