import type { AgentEnd } from "./assignment.ts";
import { displayLine } from "./display.ts";
import { formatSeconds } from "./duration.ts";
import type { Reason } from "./fact.ts";

/** docs/contract.md §7. */
export const REASON_CODES = [
  "no_change",
  "exit_code",
  "timed_out",
  "idle",
  "output_limit",
  "worktree_gone",
  "invalid_verdict",
  "conflict",
  "policy",
  "secret",
  "budget",
  "rate_limited",
  "auth",
  "quota",
  "crashed",
  "cancelled",
  "rounds",
  "no_progress",
  "open_limit",
  "quiet_hours",
  "disk",
  "base_moved",
  "checks_failed",
  "context",
  "refused",
  "truncated",
  "max_turns",
  "tool_denied",
  "paused",
] as const;
export type ReasonCode = (typeof REASON_CODES)[number];

/** Our own stops, crashes and lost hosts use up no attempt, but so many in a row without a finished step are enough. */
export const MAX_INTERRUPTIONS = 5;

/** Ends that another start may turn out otherwise. The rest is the same again, or a human's to decide. */
const WORTH_ANOTHER: ReadonlySet<ReasonCode> = new Set([
  "exit_code",
  "timed_out",
  "idle",
  "output_limit",
  "worktree_gone",
  "invalid_verdict",
  "crashed",
  "truncated",
  "max_turns",
]);

/** `attempt` is the one that just ended, 1 for the first. */
export function nextAttempt(code: ReasonCode, attempt: number, attempts: number): "again" | "fail" {
  return WORTH_ANOTHER.has(code) && attempt < attempts ? "again" : "fail";
}

export interface ReasonParts {
  readonly code: ReasonCode;
  readonly sentence: string;
}

/** How an agent's end reads. */
export function reasonOf(end: AgentEnd): ReasonParts {
  switch (end.kind) {
    case "ok":
      return { code: "exit_code", sentence: "the agent exited with 0" };
    case "exit_code":
      return { code: "exit_code", sentence: `the agent exited with ${end.exitCode}` };
    case "crashed":
      return { code: "crashed", sentence: `the agent was ended by ${end.signal}` };
    case "timed_out":
      return { code: "timed_out", sentence: `the agent was stopped after ${formatSeconds(end.limitSeconds)} of work` };
    case "idle":
      return {
        code: "idle",
        sentence: `the agent was stopped after ${formatSeconds(end.limitSeconds)} without output`,
      };
    case "output_limit":
      return { code: "output_limit", sentence: `the agent was stopped after ${end.limitMb} MB of output` };
    case "worktree_gone":
      return { code: "worktree_gone", sentence: "the worktree was deleted or replaced while the agent ran" };
    case "rate_limited":
      return { code: "rate_limited", sentence: limitText(end) };
    case "gave_up":
      return { code: end.why, sentence: `the agent gave up: ${end.message}` };
    case "cancelled":
      return { code: "cancelled", sentence: "the agent was stopped on request" };
  }
}

function limitText({ until, message }: Extract<AgentEnd, { readonly kind: "rate_limited" }>): string {
  const why = message === undefined ? "" : ` (${message})`;
  return `the agent reached a limit that holds until ${until}${why}`;
}

/** `"<code>: <sentence>"`, one line, fit for a terminal. */
export function formatReason(code: ReasonCode, sentence: string): Reason {
  return `${code}: ${displayLine(sentence, 500)}`;
}

export function parseReason(reason: Reason): ReasonParts | null {
  const colon = reason.indexOf(": ");
  const code = REASON_CODES.find((known) => known === reason.slice(0, Math.max(0, colon)));
  return code === undefined ? null : { code, sentence: reason.slice(colon + 2) };
}

/** Another try makes no difference: a human lets it cost more, or it stays. */
export const isForMoney = (reason: Reason): boolean => parseReason(reason)?.code === "budget";
