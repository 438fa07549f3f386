import type { Hold } from "../domain/backpressure.ts";
import {
  type Budget,
  budgetFor,
  holdAgent,
  holdAll,
  isBounded,
  ledgerOf,
  type Periods,
  remainingUsd,
  taskRefusal,
} from "../domain/budget.ts";
import { foldTask } from "../domain/task-view.ts";
import { failure, type AssignmentInput, type Failure } from "./episode.ts";
import { isoTime, type Ports } from "./ports.ts";

type Asked = Pick<Ports, "journal" | "clock" | "budget">;

/** What the money says to any further start; null when it says nothing. */
export async function readMoney(ports: Asked): Promise<Hold | null> {
  if (!isBounded(ports.budget)) return null;
  return holdAll(ports.budget, await readLedger(ports), periodsAt(ports.clock.now()), isoTime(ports.clock.now()));
}

/**
 * Whether there is money for this start. Asked before each of them, so that no more is spent than the cap and the turns
 * under way; a cap of a day or a month lets the task rest until then, that of a task is a human's to lift.
 */
export async function requireMoney(ports: Asked, { agent, episode }: AssignmentInput): Promise<Failure | null> {
  const { clock } = ports;
  const budget = await readBudget(ports, episode.task.id);
  if (!isBounded(budget)) return null;
  const entries = await readLedger(ports);
  const refusal = taskRefusal(budget, entries, episode.task.id);
  if (refusal !== null) return failure("budget", `${agent} was not started: ${refusal}`, true);
  const periods = periodsAt(clock.now());
  const held = holdAll(budget, entries, periods, isoTime(clock.now())) ?? holdAgent(budget, entries, periods, agent);
  if (held === null) return null;
  return { kind: "failed", code: "budget", reason: held.reason, withhold: false, wakeAt: held.wakeAt ?? "" };
}

/** What this start may cost before a cap is reached; what others have under way is counted as far as it can be. */
export async function readAllowance(ports: Asked, { agent, episode }: AssignmentInput): Promise<number | null> {
  const about = { task: episode.task.id, agent };
  const budget = await readBudget(ports, about.task);
  if (!isBounded(budget)) return null;
  return remainingUsd(budget, await readLedger(ports), periodsAt(ports.clock.now()), about);
}

/** Whether this task alone has had its share. */
export async function readTaskRefusal(ports: Asked, task: string): Promise<string | null> {
  return taskRefusal(await readBudget(ports, task), await readLedger(ports), task);
}

const readBudget = async ({ journal, budget }: Asked, task: string): Promise<Budget> =>
  budgetFor(budget, foldTask(await journal.read({ task, names: ["task.budgeted"] })));

const readLedger = async ({ journal, budget }: Asked) =>
  ledgerOf(await journal.read({ names: ["assignment.started", "assignment.ended", "task.adopted"] }), budget);

/** The day and the month where the user is. */
export function periodsAt(now: number): Periods {
  const local = new Date(now);
  const [year, month, day] = [local.getFullYear(), local.getMonth(), local.getDate()];
  const at = (m: number, d: number): string => isoTime(new Date(year, m, d).getTime());
  return {
    day: { from: at(month, day), until: at(month, day + 1) },
    month: { from: at(month, 1), until: at(month + 1, 1) },
  };
}
