import type { Compliance } from "../domain/policy.ts";
import { hasErrorCode } from "../domain/errors.ts";
import { foldTasks } from "../domain/task-view.ts";
import type { Plan } from "../domain/plan.ts";
import { findTrouble } from "./around.ts";
import { breakDown, requireSelected, type BrokenDown } from "./break-down.ts";
import { ensureBaseChecked } from "./base-checks.ts";
import { checkLandings, landAgain } from "./check-landings.ts";
import { readOpenWork } from "./outlook.ts";
import { isoTime, type Ports, type PortsWithEngine, type Settings } from "./ports.ts";
import { type Moment, readHold } from "./hold.ts";
import { recordRun } from "./record-run.ts";
import { reconcile } from "./reconcile.ts";
import { runLanes, type Unbegun } from "./run-lanes.ts";
import { begin } from "./heal.ts";
import { showWaiting } from "./show.ts";
import { wake } from "./wake.ts";
import { planWork } from "./plan-work.ts";

export interface Dispatched {
  readonly plan: Plan;
  readonly work: BrokenDown;
  readonly compliance: Compliance;
  /** When it ended, and what keeps the rest from being begun. */
  readonly moment: Moment;
  /** What broke before it began. */
  readonly unbegun: readonly Unbegun[];
}

/**
 * The story of one backlog: what is true, what there is to do, who does it, and what came of it.
 * Resolves when nothing is left that this run could finish; rejects with `Stopped` when it was told to stop.
 */
export async function dispatch(ports: PortsWithEngine, settings: Settings, signal: AbortSignal): Promise<Dispatched> {
  const mending = await begin(ports, settings.run);
  const base = await ports.repository.fetchBase();
  await reconcile(ports, settings, base);
  await checkLandings(ports, settings, base, signal);
  await wake(ports, settings.run);
  await showWaiting(ports, foldTasks(await ports.journal.read()).values());
  const work = await breakDown(ports, base.commit);
  const selected = requireSelected(work, settings.only);
  const { changing } = await readOpenWork(ports, work.views, base.commit);
  const plan = await planWork(ports, settings, { ...work, tasks: selected }, changing);
  const unbegun: Unbegun[] = [];
  const compliance = await recordRun(ports, settings, plan, async () => {
    // Said before anything is spawned; without a tester, or without work, nobody would ask.
    if (settings.pipeline.includes("test") && plan.tasks.length > 0)
      await ensureBaseChecked(ports, settings, base.commit, signal);
    unbegun.push(...(await runLanes(ports, settings, { work, selected, plan, base, changing, mending }, signal)));
    await mending.all();
  });
  // What the base broke meanwhile is mended before anybody is asked to look at it.
  if (await landAgain(ports, settings, base, signal)) return { ...(await dispatch(ports, settings, signal)), plan };
  const moment = { hold: await readHold(ports, settings), at: isoTime(ports.clock.now()) };
  return { plan, work: await lookAgain(ports, work), compliance, moment, unbegun };
}

/** The backlog may have been broken while agents worked, or origin gone away: then the tasks are those from before. */
async function lookAgain(ports: Ports, before: BrokenDown): Promise<BrokenDown> {
  try {
    const base = (await ports.repository.readBase()) ?? (await ports.repository.fetchBase());
    return await breakDown(ports, base.commit);
  } catch (error) {
    if (!hasErrorCode(error, "backlog_invalid") && findTrouble(error) === null) throw error;
    return { ...before, views: foldTasks(await ports.journal.read()) };
  }
}
