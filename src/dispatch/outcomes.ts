import { reasonOf } from "../domain/retry.ts";
import type { Verdict } from "../domain/verdict.ts";
import type { AgentOutcome } from "../ports/agent.ts";
import { failure, type AssignmentInput, type AssignmentOutcome } from "./episode.ts";

export const missingAgent = (input: AssignmentInput): AssignmentOutcome =>
  failure("crashed", `agent ${input.agent} is no longer configured`);

/** A tester's or reviewer's word. Whatever is not a valid verdict counts as `request_changes`, never as approval. */
export function verdictOf(input: AssignmentInput, outcome: AgentOutcome, intact: boolean): AssignmentOutcome {
  if (outcome.end.kind !== "ok") {
    const { code, sentence } = reasonOf(outcome.end);
    const failed = failure(code, `the ${input.role} did not finish: ${sentence}`);
    return outcome.end.kind === "rate_limited" ? { ...failed, wakeAt: outcome.end.until } : failed;
  }
  if (!intact) return failure("worktree_gone", `the ${input.role}'s worktree was deleted or replaced`);
  if (outcome.result.kind === "valid" && outcome.result.verdict !== null)
    return { kind: "verdict", verdict: outcome.result.verdict, valid: true };
  return { kind: "verdict", verdict: refusal(whyUnreadable(outcome)), valid: false };
}

function whyUnreadable(outcome: AgentOutcome): string {
  if (outcome.result.kind === "invalid") return outcome.result.why;
  return outcome.result.kind === "none" ? "no result file was written" : "the result has no verdict";
}

function refusal(summary: string): Verdict {
  return { decision: "request_changes", findings: [], summary };
}
