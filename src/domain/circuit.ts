import type { AgentEnd } from "./assignment.ts";
import type { Fact } from "./fact.ts";
import { reasonOf, type ReasonCode } from "./retry.ts";

/** Nobody mends a login or an account faster; and whoever did waits no longer. */
const MENDED_SECONDS = 60;

/** Why an agent takes no work, and until when (ISO 8601). */
export interface OpenCircuit {
  readonly code: ReasonCode;
  readonly sentence: string;
  readonly until: string;
}

/** Until when an end speaks for every further start of the same agent; null where it says nothing of them. */
export function restUntil(end: AgentEnd, at: string): string | null {
  if (end.kind === "rate_limited") return end.until;
  if (end.kind !== "gave_up" || (end.why !== "auth" && end.why !== "quota")) return null;
  return new Date(Date.parse(at) + MENDED_SECONDS * 1000).toISOString();
}

/**
 * The last end of an agent that its model's server had a part in: it would not be answered otherwise now. A human who
 * has a task retried after that may know better.
 */
export function openCircuit(facts: readonly Fact[], agent: string, now: string): OpenCircuit | null {
  const at = facts.findLastIndex((fact) => fact.name === "assignment.ended" && fact.data.agent === agent);
  const last = facts[at];
  if (last?.name !== "assignment.ended" || facts.slice(at).some(isHumansRetry)) return null;
  const until = restUntil(last.data.end, last.at);
  if (until === null || until <= now) return null;
  return { ...reasonOf(last.data.end), until };
}

export const CLOCK = "the clock";
const isHumansRetry = (fact: Fact): boolean => fact.name === "task.retried" && fact.data.by !== CLOCK;
