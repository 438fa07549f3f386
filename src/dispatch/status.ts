import type { Hold } from "../domain/backpressure.ts";
import type { Fact } from "../domain/fact.ts";
import { isActive } from "../domain/task-state.ts";
import type { Task } from "../domain/task.ts";
import type { BrokenDown } from "./break-down.ts";
import { isoTime } from "./ports.ts";
import { taskResult, type TaskResult } from "./report.ts";

/** `dispatch status` (docs/contract.md §7). */
export interface StatusReport {
  readonly v: 1;
  /** Open ones, then those that are merged and not ticked off. */
  readonly tasks: readonly (TaskResult & { readonly agent: string | null; readonly round: number })[];
  readonly fleet: {
    /** Agents exist while a dispatcher runs: all of them, or none. */
    readonly online: number;
    readonly total: number;
    /** Assignments that ended in the last hour. */
    readonly jobsPerHour: number;
    /** These need the control plane: null says that nobody looks. */
    readonly openAnomalies: null;
    readonly versionSkew: null;
  };
  readonly budget: { readonly spentTodayUsd: number; readonly dailyUsd: number | null };
  readonly watcher: { readonly paused: boolean };
}

export interface Surroundings {
  /** Milliseconds since 1970. */
  readonly now: number;
  /** Facts `assignment.ended`. */
  readonly ends: readonly Fact[];
  readonly agents: number;
  readonly isRunning: boolean;
  readonly paused: boolean;
  readonly dailyUsd: number | null;
  readonly hold: Hold | null;
}

const HOUR_MS = 3_600_000;

export function statusReport(work: BrokenDown, around: Surroundings): StatusReport {
  const { now, ends, agents, isRunning, paused, dailyUsd, hold } = around;
  const look = (task: Task) => {
    const view = work.views.get(task.id);
    const result = taskResult(task, work, { hold, at: isoTime(now) });
    const isLeft = !isRunning && view !== undefined && isActive(view.state) && result.state !== "blocked";
    const waitingFor = isLeft ? "interrupted: dispatch run goes on with it" : result.waitingFor;
    return { ...result, waitingFor, agent: view?.agent ?? null, round: view?.round ?? 0 };
  };
  const merged = work.merged.map((task) => ({ ...look(task), state: "merged", reason: null, waitingFor: null }));
  const jobsPerHour = ends.filter(({ at }) => at > isoTime(now - HOUR_MS)).length;
  return {
    v: 1,
    tasks: [...work.tasks.map(look), ...merged],
    fleet: { online: isRunning ? agents : 0, total: agents, jobsPerHour, openAnomalies: null, versionSkew: null },
    budget: { spentTodayUsd: spentSince(ends, isoTime(now).slice(0, 10)), dailyUsd },
    watcher: { paused },
  };
}

/** Of what has a price; days end at midnight UTC. */
function spentSince(ends: readonly Fact[], day: string): number {
  const costs = ends.map((fact) => (fact.name === "assignment.ended" && fact.at >= day ? (fact.data.costUsd ?? 0) : 0));
  return costs.reduce((sum, cost) => sum + cost, 0);
}
