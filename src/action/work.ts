import { openDesk } from "../cli/compose.ts";
import { issueLabel } from "../cli/compose-github.ts";
import { runOnDesk } from "../cli/commands/run.ts";
import type { Desk } from "../cli/desk/desk.ts";
import { runNarrator } from "../cli/output/run-narrator.ts";
import { breakDown } from "../dispatch/break-down.ts";
import { retry } from "../dispatch/gate.ts";
import { planWork } from "../dispatch/plan-work.ts";
import { isoTime } from "../dispatch/ports.ts";
import { reconcile } from "../dispatch/reconcile.ts";
import { reviewPullRequest } from "../dispatch/review-pr.ts";
import type { RunResult } from "../dispatch/report.ts";
import { EXIT, hasErrorCode } from "../domain/errors.ts";
import type { Fact } from "../domain/fact.ts";
import { parsePullRequest } from "../domain/pull-request-text.ts";
import type { HubPull } from "../ports/hub.ts";
import { hearing } from "./hearing.ts";
import { writeOutbox } from "./outbox-files.ts";
import { recording } from "./outbox.ts";
import { linksOf, wake } from "./publish.ts";
import { remember } from "./remember.ts";
import { leftOf, type Report, reportOf, tell } from "./report.ts";
import { Nothing, type Step } from "./step.ts";
import type { Intent } from "./schema.ts";

/** The agent half, or the whole where there is no outbox: a run that begins with what GitHub knows. */
export async function work(step: Step): Promise<void> {
  const { runner, inputs, wanted, tools, context, outbox } = step;
  const pull = wanted.pr === null ? null : await requirePull(step, wanted.pr);
  const task = pull?.task ?? wanted.task;
  const isDry = inputs["dry-run"];
  const budgetUsd = inputs["budget-usd"];
  const intents: Intent[] = [];
  const narrator = runNarrator(context);
  await using desk = await openDesk(context, {
    ...{ narrator, journal: "memory", runnable: true, only: task === null ? [] : [task] },
    ...(budgetUsd === undefined ? {} : { budgetUsd }),
    divert: (outer) => hearing(outbox === null && !isDry ? outer : recording(outer, intents)),
  });
  const label = issueLabel(desk.config);
  if (wanted.task !== null && step.label !== label) throw new Nothing(`the label ${step.label} starts nothing`);
  const hub = tools.hubOf(desk.config.accounts);
  await remember({ ports: desk.ports, run: desk.settings.run, hub, label });
  const links = linksOf(context.env);
  if (isDry) return tell(runner, await planned(desk), links);
  const working = runner.deaf(async () =>
    pull !== null && pull.task === null ? await lookAtOther(step, desk, pull) : await run(step, desk, narrator, pull),
  );
  const did = await working.catch(async (error: unknown) => {
    // What was finished before it broke is handed over all the same.
    if (outbox !== null && intents.length > 0) {
      const report = { run: desk.settings.run, tasks: [], costUsd: null, findings: [] };
      await handOver(outbox, desk, intents, { report, left: [], again: false });
      runner.output({ "run-id": report.run });
    }
    throw error;
  });
  if (outbox !== null) await handOver(outbox, desk, intents, did);
  else {
    for (const one of did.left) await hub.ensureNote(one.task, one.pr, one.left);
    if (did.again) await wake(step);
  }
  tell(runner, did.report, links);
}

/** What there is to tell, and what is left for other runs. */
interface Did {
  readonly report: Report;
  readonly left: ReturnType<typeof leftOf>;
  readonly again: boolean;
}

async function run(
  { context, wanted }: Step,
  desk: Desk,
  narrator: ReturnType<typeof runNarrator>,
  pull: HubPull | null,
): Promise<Did> {
  if (pull !== null && wanted.command === "review") await lookAgain(wanted, desk, pull);
  const result = await runOnDesk(desk, context, narrator, { until: "pr", watch: null }).catch((error: unknown) => {
    throw hasErrorCode(error, "unknown_task") && error instanceof Error ? new Nothing(error.message) : error;
  });
  // Those that wait for a person are told by their labels.
  if (!result.tasks.some(({ state }) => state === "failed")) context.exitWith(EXIT.done);
  const facts = await desk.ports.journal.read();
  const report = reportOf(result, facts);
  return { report, left: leftOf(result, facts, isoTime(desk.ports.clock.now())), again: isUnfinished(result, facts) };
}

/** A person's pull request, once for each commit: a review that judges nothing, and the check of that commit. */
async function lookAtOther({ tools }: Step, desk: Desk, { number, title, head }: HubPull): Promise<Did> {
  const { ports, settings, signal } = desk;
  if (await tools.hub.isJudged(head)) throw new Nothing(`#${number} was reviewed at ${head.slice(0, 7)} already`);
  await desk.startAgents();
  const { agent, verdict, reason, pullRequest } = await reviewPullRequest(ports, settings, number, signal);
  const { findings = [], decision } = verdict ?? {};
  const state = decision === "approve" ? "reviewed" : verdict === null ? "failed" : "needs-human";
  if (verdict !== null)
    await ports.forge.showVerdict(null, {
      ...{ task: `pr-${number}`, head: pullRequest.head, findings },
      outcome: decision === "approve" ? "success" : "failure",
      sentence: `${agent} ${decision === "approve" ? "finds nothing that has to change" : "asks for changes"}.`,
    });
  const ends = await ports.journal.read({ names: ["assignment.ended"] });
  const seconds = ends.reduce((sum, { data }) => sum + ("seconds" in data ? data.seconds : 0), 0);
  const costUsd = ends.flatMap(({ data }) => ("costUsd" in data ? [data.costUsd] : [])).at(-1) ?? null;
  const row = { id: `pr-${number}`, title, state, pr: number, rounds: 1, costUsd, seconds, reason };
  const blocking = findings.filter(({ severity }) => severity === "blocker" || severity === "major");
  return { report: { run: settings.run, tasks: [row], costUsd, findings: blocking }, left: [], again: false };
}

async function handOver(outbox: string, desk: Desk, intents: Intent[], { report, left, again }: Did): Promise<void> {
  intents.push(...left.map((one) => ({ verb: "note" as const, ...one })));
  const { branch, commit } = (await desk.ports.repository.readBase()) ?? (await desk.ports.repository.fetchBase());
  const { run: id, tasks, costUsd } = report;
  const said = { run: id, base: { branch, commit }, intents, tasks: [...tasks], costUsd, again };
  await writeOutbox(outbox, { v: 1, ...said }, desk.bundles);
}

async function requirePull({ tools, wanted }: Step, number: number): Promise<HubPull> {
  const pull = await tools.hub.fetchPull(number);
  if (pull === null) throw new Nothing(`there is no pull request #${number}`);
  if (pull.isFork) throw new Nothing(`pull request #${number} comes from a fork`);
  if (!pull.isOpen) throw new Nothing(`pull request #${number} has ended`);
  if (pull.task === null && wanted.command !== "review")
    throw new Nothing(`#${number} is no pull request of dispatch, and ${wanted.command} is for those`);
  return pull;
}

/** Agents look again at what somebody pushed; what they have judged stays judged. */
async function lookAgain(wanted: Step["wanted"], { ports, settings, human }: Desk, pull: HubPull): Promise<void> {
  const told = parsePullRequest(pull.body);
  if (told?.head === pull.head) throw new Nothing(`#${pull.number} was reviewed at ${pull.head.slice(0, 7)} already`);
  const by = wanted.asker ?? human.by;
  await retry(ports, { by, run: settings.run }, pull.task ?? "", "test");
}

/** What a run would take up; nothing is started, and nothing written. */
async function planned({ ports, settings }: Desk): Promise<Report> {
  const base = await ports.repository.fetchBase();
  await reconcile(ports, settings, base);
  const broken = await breakDown(ports, base.commit);
  const plan = await planWork(ports, settings, broken);
  const tasks = plan.tasks.map(({ id, title, estimateSeconds }) => {
    const view = broken.views.get(id);
    const about = { pr: view?.pr ?? null, rounds: view?.rounds ?? 0, costUsd: view?.costUsd ?? null };
    return { id, title, state: "planned", ...about, seconds: estimateSeconds, reason: plan.fanOut.why };
  });
  return { run: settings.run, tasks, costUsd: null, findings: [] };
}

/** Something is left that waits for nobody, and this run got further. */
const isUnfinished = ({ tasks }: RunResult, facts: readonly Fact[]): boolean =>
  tasks.some(({ state }) => state === "queued") && facts.some(({ name }) => name === "assignment.started");
