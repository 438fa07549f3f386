import type { Hold } from "../domain/backpressure.ts";
import { ledgerOf, spentUsd, type Budget } from "../domain/budget.ts";
import { isWorkInProgress } from "../domain/commit-text.ts";
import type { Fact } from "../domain/fact.ts";
import { isActive } from "../domain/task-state.ts";
import type { TaskView } from "../domain/task-view.ts";
import type { Task } from "../domain/task.ts";
import type { Saved } from "../ports/repository.ts";
import type { Hosts } from "../ports/work-queue.ts";
import type { BrokenDown } from "./break-down.ts";
import { periodsAt } from "./money.ts";
import type { OpenWork } from "./outlook.ts";
import { isoTime } from "./ports.ts";
import { taskResult, type TaskResult } from "./report.ts";

/** `dispatch status` (docs/contract.md §7). */
export interface StatusReport {
  readonly v: 1;
  /** Open ones, then those that are merged and not ticked off. */
  readonly tasks: readonly (TaskResult & {
    readonly agent: string | null;
    readonly round: number;
    /** Ref of the work that was saved last. */
    readonly saved: string | null;
  })[];
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
  /** How what waits for a merge stands to each other, by its contents. */
  readonly landing: Pick<OpenWork, "conflicts" | "order">;
  /** Who shares the work over a database, and for what part of it nobody is there. */
  readonly hosts: Hosts;
}

export interface Surroundings {
  /** Milliseconds since 1970. */
  readonly now: number;
  /** Facts `assignment.started` and `assignment.ended`. */
  readonly turns: readonly Fact[];
  readonly saved: readonly Saved[];
  readonly agents: number;
  readonly isRunning: boolean;
  /** A person approved what the configuration starts. */
  readonly isTrusted: boolean;
  readonly paused: boolean;
  readonly budget: Budget;
  readonly hold: Hold | null;
  readonly open: OpenWork;
  readonly hosts: Hosts;
}

const HOUR_MS = 3_600_000;

export function statusReport(work: BrokenDown, around: Surroundings): StatusReport {
  const { now, turns, agents, isRunning, paused, budget, hold, open } = around;
  const saved = new Map(around.saved.map(({ task, ref }) => [task, ref]));
  const unfinished = new Map(
    around.saved.filter(({ subject }) => isWorkInProgress(subject)).map(({ task, ref }) => [task, ref]),
  );
  const look = (task: Task) => {
    const view = work.views.get(task.id);
    const result = taskResult(task, work, { hold, at: isoTime(now), isOver: !isRunning });
    const waitingFor = withSaved(sentence(result, view, around), result, unfinished.get(task.id) ?? null);
    return {
      ...result,
      waitingFor,
      saved: saved.get(task.id) ?? null,
      agent: view?.agent ?? null,
      round: view?.round ?? 0,
    };
  };
  const merged = work.merged.map((task) => ({ ...look(task), state: "merged", reason: null, waitingFor: null }));
  const hourAgo = isoTime(now - HOUR_MS);
  const jobsPerHour = turns.filter(({ name, at }) => name === "assignment.ended" && at > hourAgo).length;
  const spentTodayUsd = spentUsd(ledgerOf(turns, budget), periodsAt(now).day.from);
  return {
    v: 1,
    tasks: [...work.tasks.map(look), ...merged],
    fleet: { online: isRunning ? agents : 0, total: agents, jobsPerHour, openAnomalies: null, versionSkew: null },
    budget: { spentTodayUsd, dailyUsd: budget.daily },
    watcher: { paused },
    landing: { conflicts: open.conflicts, order: open.order },
    hosts: around.hosts,
  };
}

/** What it waits for, as far as only this machine at this moment can tell; null when it is at work. */
function sentence(result: TaskResult, view: TaskView | undefined, around: Surroundings): string | null {
  const { now, isRunning, isTrusted } = around;
  const isHalted = view !== undefined && isActive(view.state) && result.state === view.state.name;
  if (isHalted && !isRunning) return "interrupted: dispatch run goes on with it";
  const wakes = result.state === "parked" && result.wakeAt !== null && result.wakeAt <= isoTime(now);
  if (result.state !== "queued" && !wakes) return result.waitingFor;
  if (isRunning) return wakes ? "the next look of the dispatcher: its time has come" : "a free lane";
  if (!isTrusted) return "your approval of what the configuration starts: dispatch trust, then dispatch run";
  return wakes ? "dispatch run: its time has come" : result.waitingFor;
}

/** Where a retry is what comes next, it may go on with what was not finished. */
function withSaved(waitingFor: string | null, { id, state }: TaskResult, ref: string | null): string | null {
  if (waitingFor === null || ref === null || !RETRIED.has(state)) return waitingFor;
  return `${waitingFor}; to go on with its unfinished work (${ref}): dispatch retry ${id} --salvage`;
}

const RETRIED: ReadonlySet<string> = new Set(["failed", "needs-human", "closed", "cancelled", "parked"]);
