import type { Compliance } from "../domain/fact.ts";
import type { Plan } from "../domain/plan.ts";
import { blockedOn, shownState, waitingFor } from "../domain/task-view.ts";
import { NEW_TASK } from "../domain/task-state.ts";
import type { Task } from "../domain/task.ts";
import type { Usage } from "../domain/assignment.ts";
import type { BrokenDown } from "./break-down.ts";
import type { Dispatched } from "./dispatch.ts";

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
}

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
function taskResults(work: BrokenDown): readonly TaskResult[] {
  return work.tasks.map((task) => taskResult(task, work));
}

export function taskResult(task: Task, work: BrokenDown): TaskResult {
  const view = work.views.get(task.id);
  const blocked = blockedOn(task, work.views, work.done);
  const now = { id: task.id, state: view?.state ?? NEW_TASK };
  const state = shownState(now, blocked).name;
  return {
    id: task.id,
    title: task.title,
    state,
    branch: view?.branch ?? null,
    pr: view?.pr ?? null,
    rounds: view?.rounds ?? 0,
    attempts: view?.attempts ?? 0,
    costUsd: view?.costUsd ?? null,
    usage: view?.usage ?? null,
    seconds: view?.seconds ?? 0,
    reason: view?.reason ?? null,
    waitingFor: waitingFor(now, blocked),
  };
}

export function runResult(run: string, { plan, work, compliance }: Dispatched, wallSeconds: number): RunResult {
  const tasks = taskResults(work);
  return { type: "result", v: 1, run, tasks, fanOut: plan.fanOut, wallSeconds, costUsd: totalCost(tasks), compliance };
}

function totalCost(results: readonly Pick<TaskResult, "costUsd">[]): number | null {
  const known = results.flatMap((result) => (result.costUsd === null ? [] : [result.costUsd]));
  return known.length === 0 ? null : known.reduce((sum, cost) => sum + cost, 0);
}
