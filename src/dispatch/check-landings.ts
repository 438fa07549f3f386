import { hasErrorCode } from "../domain/errors.ts";
import type { LandingOutcome } from "../domain/fact.ts";
import { failsReason, waitingHead } from "../domain/landing.ts";
import { foldTasks, type TaskView } from "../domain/task-view.ts";
import type { Finding } from "../domain/verdict.ts";
import type { CheckRun } from "../ports/checks.ts";
import type { Base } from "../ports/repository.ts";
import { ensureBaseChecked, runChecksAt } from "./base-checks.ts";
import { judgeLandings, recordLanding } from "./landing.ts";
import { record, type Ports, type Settings } from "./ports.ts";
import { reconcile, type ReconcileSettings } from "./reconcile.ts";

export type CheckingSettings = ReconcileSettings & Pick<Settings, "limits" | "jobs" | "only">;

/**
 * Runs the checks on every waiting head merged into the base that moved, where the two meet. What passes is ready
 * again, what fails is due for its coder; no head moves. Of the tasks that this run is about.
 */
export async function checkLandings(
  ports: Ports,
  settings: CheckingSettings,
  base: Base,
  signal: AbortSignal,
): Promise<void> {
  const { jobs } = settings;
  if (!(await wasJudged(ports, ["unchecked"]))) return;
  const waiting = [...foldTasks(await ports.journal.read()).values()].filter(
    (view) => isAsked(settings, view.id) && isDue(view, base),
  );
  const ends = await Promise.allSettled(Array.from({ length: Math.min(jobs, waiting.length) }, checkThem));
  for (const end of ends) if (end.status === "rejected") throw end.reason;

  async function checkThem(): Promise<void> {
    for (let view = waiting.shift(); view !== undefined; view = waiting.shift()) {
      signal.throwIfAborted();
      await checkOne(ports, settings, base, view, signal);
    }
  }
}

function isDue(view: TaskView, base: Base): boolean {
  const { landing } = view;
  return landing?.outcome === "unchecked" && landing.base === base.commit && landing.head === waitingHead(view);
}

async function checkOne(
  ports: Ports,
  settings: CheckingSettings,
  base: Base,
  view: TaskView,
  signal: AbortSignal,
): Promise<void> {
  const head = waitingHead(view);
  const isTested = settings.pipeline.includes("test") && ports.checks.command !== null;
  const commit = head === null ? null : await ports.repository.together(base.commit, head);
  if (head === null || commit === null) return;
  const at = { head, base: base.commit, reason: null, findings: [] };
  if (!isTested) {
    // Nobody can say, since there are no checks any more.
    await recordLanding(ports, settings, view, { ...at, outcome: "unknown" }, base);
    return;
  }
  const ran = await runTogether(ports, settings, { view, head, commit, base }, signal);
  await recordChecked(ports, settings, { view, head, base, ran }, signal);
}

export interface Together {
  readonly view: TaskView;
  readonly head: string;
  /** Of the merge of both. */
  readonly commit: string;
  readonly base: Base;
}

export async function runTogether(
  ports: Ports,
  settings: Pick<Settings, "run" | "limits">,
  { view: { id: task, episode }, head, commit, base }: Together,
  signal: AbortSignal,
): Promise<CheckRun> {
  const place = { task, name: "together", commit, base: base.commit, lane: 0, round: 0 };
  const ran = await runChecksAt(ports, settings, place, signal);
  const { command, exitCode, seconds } = ran;
  const key = `${task}/${episode}/checks/together/${head}/${base.commit}`;
  await record(ports, { run: settings.run, task, episode }, key, {
    name: "checks.ran",
    data: { kind: "together", commit: head, command, exitCode, seconds, round: 0 },
  });
  return ran;
}

/** A base that is red by itself judges nothing. Gives whether the two fail together. */
export async function recordChecked(
  ports: Ports,
  settings: Pick<Settings, "run" | "limits" | "rounds">,
  { view, head, base, ran }: Omit<Together, "commit"> & { readonly ran: CheckRun },
  signal: AbortSignal,
): Promise<boolean> {
  const at = { head, base: base.commit, reason: null, findings: [] };
  const alone = ran.exitCode === 0 ? null : await ensureBaseChecked(ports, settings, base.commit, signal);
  const isRed = alone !== null && alone.exitCode !== 0;
  const data =
    ran.exitCode === 0 || isRed
      ? ({ ...at, outcome: isRed ? "unknown" : "passes" } as const)
      : ({
          ...at,
          outcome: "fails",
          reason: failsReason(base.branch, told(ran)),
          findings: [finding(ports, base, ran)],
        } as const);
  await recordLanding(ports, settings, view, data, base);
  return data.outcome === "fails";
}

const told = ({ command, exitCode, stopped }: CheckRun): string =>
  stopped === undefined ? `\`${command}\` ends with exit code ${exitCode}` : `\`${command}\` was stopped: ${stopped}`;

const LINES = 60;

function finding({ secrets }: Ports, { branch, commit }: Base, ran: CheckRun): Finding {
  const tail = ran.tail.trim().split("\n").slice(-LINES).join("\n");
  const words = `${branch} moved (to ${commit.slice(0, 12)}): each of the two passes alone, and with both ${told(ran)}. You begin with your change on ${branch} as it is now.`;
  const message = secrets.mask(tail === "" ? words : `${words}\n${tail}`);
  return { path: null, line: null, severity: "blocker", rule: "checks", message, skills: [] };
}

/**
 * Once more at the end of a run: the base may have moved while agents worked, or they went on from a head that stands on
 * an old one. True when something is due for a coder because of that. A silent origin leaves it to the next run.
 */
export async function landAgain(
  ports: Ports,
  settings: CheckingSettings,
  before: Base,
  signal: AbortSignal,
): Promise<boolean> {
  try {
    const base = await ports.repository.fetchBase();
    if (base.commit === before.commit) await judgeKnown(ports, settings, base);
    else await reconcile(ports, settings, base);
    await checkLandings(ports, settings, base, signal);
  } catch (error) {
    if (!hasErrorCode(error, "origin_unreachable")) throw error;
    return false;
  }
  if (!(await wasJudged(ports, ["fails", "conflict"]))) return false;
  const views = [...foldTasks(await ports.journal.read()).values()];
  return views.some(({ id, state }) => isAsked(settings, id) && state.name === "queued" && state.why === "moved");
}

/** Whole journals are not read where nothing of the kind ever was. */
async function wasJudged({ journal }: Ports, outcomes: readonly LandingOutcome[]): Promise<boolean> {
  const facts = await journal.read({ names: ["landing.judged"] });
  return facts.some((fact) => fact.name === "landing.judged" && outcomes.includes(fact.data.outcome));
}

/** As far as the journal knows, without asking the forge. */
async function judgeKnown(ports: Ports, settings: CheckingSettings, base: Base): Promise<void> {
  const views = foldTasks(await ports.journal.read());
  const open = [...views.values()].flatMap((view) => {
    const head = waitingHead(view);
    return head === null || view.pr === null ? [] : [{ task: view.id, state: "open", number: view.pr, head } as const];
  });
  await judgeLandings(ports, settings, base, open, views);
}

const isAsked = ({ only }: Pick<Settings, "only">, id: string): boolean =>
  only === null || only.length === 0 || only.includes(id);
