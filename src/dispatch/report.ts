import type { Compliance } from "../domain/policy.ts";
import type { Plan } from "../domain/plan.ts";
import { blockedOn, shownState, type TaskView, waitingFor } from "../domain/task-view.ts";
import { holdsBack, type Hold } from "../domain/backpressure.ts";
import { isActive, NEW_TASK, type TaskState } from "../domain/task-state.ts";
import type { Task } from "../domain/task.ts";
import type { Usage } from "../domain/assignment.ts";
import type { BrokenDown } from "./break-down.ts";
import type { Dispatched } from "./dispatch.ts";
import type { Moment } from "./hold.ts";

/** One task in the result of a run (docs/contract.md §7). */
export interface TaskResult {
  readonly id: string;
  readonly title: string;
  readonly state: string;
  readonly branch: string | null;
  readonly pr: number | null;
  readonly rounds: number;
  readonly attempts: number;
  readonly costUsd: number | null;
  readonly usage: Usage | null;
  readonly seconds: number;
  readonly reason: string | null;
  readonly waitingFor: string | null;
  /** ISO 8601: when a parked task goes on by itself, in a run that lasts or in the next; null where somebody has to act. */
  readonly wakeAt: string | null;
}

const claimedBy = (view: TaskView | undefined, at: string): string | null =>
  view?.claimed == null || view.claimed.until < at ? null : `claimed by ${view.claimed.by} until ${view.claimed.until}`;
/** What was interrupted here is not at work while another clone has it. */
const atRest = (state: TaskState, claimed: string | null): TaskState =>
  claimed === null || !isActive(state) ? state : { ...NEW_TASK, episode: state.episode, pr: state.pr };
const heldUntil = ({ reason, wakeAt }: Hold): string => (wakeAt === null ? reason : `${reason}; goes on at ${wakeAt}`);
const wakeOf = (state: TaskState): string | null => (state.name === "parked" ? state.wakeAt : null);

export interface RunResult {
  readonly type: "result";
  readonly v: 1;
  readonly run: string;
  readonly tasks: readonly TaskResult[];
  readonly fanOut: Plan["fanOut"];
  readonly wallSeconds: number;
  readonly costUsd: number | null;
  readonly compliance: Compliance;
}

/** Every open item of the backlog, also those published earlier (docs/contract.md §9.1). */
function taskResults(work: BrokenDown, moment: Moment): readonly TaskResult[] {
  return work.tasks.map((task) => taskResult(task, work, moment));
}

export function taskResult(task: Task, work: BrokenDown, { hold, at, isOver = false }: Moment): TaskResult {
  const view = work.views.get(task.id);
  const claimed = claimedBy(view, at);
  const blocked = blockedOn(task, work.views, work.done) ?? claimed;
  const now = { id: task.id, state: atRest(view?.state ?? NEW_TASK, claimed) };
  const shown = shownState(now, blocked);
  const rests = shown.name === "queued" || (isOver && isActive(shown));
  const isHeld = hold !== null && rests && holdsBack(hold, view);
  const held = isHeld ? { ...hold, waitingFor: heldUntil(hold) } : null;
  return {
    id: task.id,
    title: task.title,
    state: held === null ? shown.name : "parked",
    branch: view?.branch ?? null,
    pr: view?.pr ?? null,
    rounds: view?.rounds ?? 0,
    attempts: view?.attempts ?? 0,
    costUsd: view?.costUsd ?? null,
    usage: view?.usage ?? null,
    seconds: view?.seconds ?? 0,
    reason: held?.reason ?? view?.reason ?? null,
    waitingFor: held?.waitingFor ?? waitingFor(now, blocked),
    wakeAt: held === null ? wakeOf(shown) : held.wakeAt,
  };
}

export function runResult(run: string, { plan, work, compliance, moment }: Dispatched, wallSeconds: number): RunResult {
  const tasks = taskResults(work, { ...moment, isOver: true });
  return { type: "result", v: 1, run, tasks, fanOut: plan.fanOut, wallSeconds, costUsd: totalCost(tasks), compliance };
}

function totalCost(results: readonly Pick<TaskResult, "costUsd">[]): number | null {
  const known = results.flatMap((result) => (result.costUsd === null ? [] : [result.costUsd]));
  return known.length === 0 ? null : known.reduce((sum, cost) => sum + cost, 0);
}
