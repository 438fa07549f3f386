import type { Hold } from "./backpressure.ts";
import { formatUsd } from "./duration.ts";
import type { Fact } from "./fact.ts";
import { formatReason } from "./retry.ts";
import type { TaskView } from "./task-facts.ts";

/** What bounds money, in USD; null where nothing does. */
export interface Budget {
  readonly perTask: number | null;
  readonly daily: number | null;
  readonly monthly: number | null;
  /** `run --budget`, and when that run began (ISO 8601). */
  readonly run: { readonly usd: number; readonly since: string } | null;
  readonly agents: Readonly<Record<string, AgentBudget>>;
}

export interface AgentBudget {
  readonly daily: number | null;
  readonly monthly: number | null;
  /** What a start counts as whose price nobody says. */
  readonly reserveUsd: number | null;
  /** In a day. */
  readonly maxStarts: number | null;
}

/** Days and months of the place where the user is; ISO 8601. */
export interface Periods {
  readonly day: Period;
  readonly month: Period;
}

interface Period {
  readonly from: string;
  readonly until: string;
}

/** What a start of an agent costs, or has to be taken to cost. */
export interface Entry {
  readonly task: string;
  readonly agent: string;
  readonly at: string;
  readonly usd: number;
}

/**
 * Every start by what it cost, and what pull requests say was spent before this journal began. Without a price it counts as what is reserved for its agent; one that has not ended, or
 * never did, else as the dearest of that agent so far: an interrupted turn was paid for, too.
 */
export function ledgerOf(facts: readonly Fact[], { agents }: Pick<Budget, "agents">): readonly Entry[] {
  const ended = new Map<string, number | null>();
  const dearest = new Map<string, number>();
  for (const fact of facts) {
    if (fact.name !== "assignment.ended") continue;
    const { agent, costUsd } = fact.data;
    ended.set(fact.key, costUsd);
    dearest.set(agent, Math.max(dearest.get(agent) ?? 0, costUsd ?? 0));
  }
  return facts.flatMap((fact) => {
    if (fact.task === null) return [];
    if (fact.name === "task.adopted")
      return [{ task: fact.task, agent: "", at: fact.data.at ?? "", usd: fact.data.costUsd ?? 0 }];
    if (fact.name !== "assignment.started") return [];
    const { agent } = fact.data;
    const price = ended.get(endOf(fact.key));
    const guess = price === undefined ? (dearest.get(agent) ?? 0) : 0;
    const usd = price ?? agents[agent]?.reserveUsd ?? guess;
    return [{ task: fact.task, agent, at: fact.at, usd }];
  });
}

/** Key of the end that belongs to the start with this key. */
const endOf = (key: string): string => key.replace(/\/start\/(\d+)$/, "/$1/end");

export function spentUsd(entries: readonly Entry[], since: string): number {
  return entries.reduce((sum, { at, usd }) => (at >= since ? sum + usd : sum), 0);
}

/** Whether anything is bounded at all: else nobody need look. */
export function isBounded({ perTask, daily, monthly, run, agents }: Budget): boolean {
  const own = Object.values(agents).flatMap((agent) => [agent.daily, agent.monthly, agent.maxStarts]);
  return run !== null || [perTask, daily, monthly, ...own].some((cap) => cap !== null);
}

/** Why no agent at all may be started; the longest wait first. */
export function holdAll(budget: Budget, entries: readonly Entry[], periods: Periods, now: string): Hold | null {
  return (
    capped(budget.monthly, entries, periods.month, "this month") ??
    capped(budget.daily, entries, periods.day, "today") ??
    // The next run has a budget of its own.
    capped(budget.run?.usd ?? null, entries, { from: budget.run?.since ?? now, until: now }, "in this run (--budget)")
  );
}

/** Why this agent may not be started. */
export function holdAgent(budget: Budget, entries: readonly Entry[], periods: Periods, agent: string): Hold | null {
  const own = budget.agents[agent];
  if (own === undefined) return null;
  const its = entries.filter((entry) => entry.agent === agent);
  const today = its.filter(({ at }) => at >= periods.day.from).length;
  const starts =
    own.maxStarts !== null && today >= own.maxStarts
      ? hold(`${agent} was started ${today} times today, and may be ${own.maxStarts} times`, periods.day.until)
      : null;
  return (
    capped(own.monthly, its, periods.month, `this month by ${agent}`) ??
    capped(own.daily, its, periods.day, `today by ${agent}`) ??
    starts
  );
}

/** Why no agent may be started for this task: more time makes no difference, a human has to decide. */
export function taskRefusal({ perTask }: Budget, entries: readonly Entry[], task: string): string | null {
  const spent = spentUsd(
    entries.filter((entry) => entry.task === task),
    "",
  );
  if (perTask === null || spent < perTask) return null;
  return `${formatUsd(spent)} was spent on this task, and ${formatUsd(perTask)} may be`;
}

/** With what a human lets this one task cost, where one said so. */
export const budgetFor = (budget: Budget, { capUsd }: Pick<TaskView, "capUsd">): Budget =>
  capUsd === null ? budget : { ...budget, perTask: capUsd };

/** What a start may cost before it reaches one of the caps; null where none holds. */
export function remainingUsd(
  budget: Budget,
  entries: readonly Entry[],
  periods: Periods,
  { task, agent }: { readonly task: string; readonly agent: string },
): number | null {
  const own = budget.agents[agent];
  const its = entries.filter((entry) => entry.agent === agent);
  const left = [
    [budget.perTask, entries.filter((entry) => entry.task === task), ""],
    [budget.daily, entries, periods.day.from],
    [budget.monthly, entries, periods.month.from],
    [budget.run?.usd ?? null, entries, budget.run?.since ?? ""],
    [own?.daily ?? null, its, periods.day.from],
    [own?.monthly ?? null, its, periods.month.from],
  ] as const;
  const bounds = left.flatMap(([cap, spent, since]) =>
    cap === null ? [] : [Math.max(0, cap - spentUsd(spent, since))],
  );
  return bounds.length === 0 ? null : Math.min(...bounds);
}

function capped(cap: number | null, entries: readonly Entry[], { from, until }: Period, when: string): Hold | null {
  const spent = spentUsd(entries, from);
  if (cap === null || spent < cap) return null;
  return hold(`${formatUsd(spent)} was spent ${when}, and ${formatUsd(cap)} may be`, until);
}

const hold = (sentence: string, wakeAt: string): Hold => ({
  code: "budget",
  reason: formatReason("budget", sentence),
  wakeAt,
});
