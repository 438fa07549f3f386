import type { Hold } from "../domain/backpressure.ts";
import { holdAgent, holdAll, isBounded, ledgerOf, type Periods, remainingUsd, taskRefusal } from "../domain/budget.ts";
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
  const { budget, clock } = ports;
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
  if (!isBounded(ports.budget)) return null;
  const about = { task: episode.task.id, agent };
  return remainingUsd(ports.budget, await readLedger(ports), periodsAt(ports.clock.now()), about);
}

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
