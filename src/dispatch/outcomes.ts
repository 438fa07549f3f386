import type { AgentEnd } from "../domain/assignment.ts";
import { restUntil } from "../domain/circuit.ts";
import { reasonOf } from "../domain/retry.ts";
import type { Verdict } from "../domain/verdict.ts";
import type { AgentOutcome } from "../ports/agent.ts";
import type { Kept } from "../ports/repository.ts";
import { failure, type AssignmentInput, type AssignmentOutcome, type Failure } from "./episode.ts";

export const missingAgent = (input: AssignmentInput): AssignmentOutcome =>
  failure("crashed", `agent ${input.agent} is no longer configured`);

/** A planner's word, to be judged by `domain/proposal.ts`. */
export function proposalOf(input: AssignmentInput, outcome: AgentOutcome): AssignmentOutcome {
  if (outcome.end.kind !== "ok") return unfinished(input, outcome.end);
  const tasks = outcome.result.kind === "valid" ? outcome.result.tasks : undefined;
  const unreadable = tasks === undefined ? whyUnreadable(outcome, "tasks") : null;
  return { kind: "proposal", tasks: tasks ?? [], unreadable };
}

function unfinished(input: AssignmentInput, end: AgentEnd): Failure {
  const { code, sentence } = reasonOf(end);
  return failure(code, `the ${input.role} did not finish: ${sentence}`);
}

/** A tester's or reviewer's word. Whatever is not a valid verdict counts as `request_changes`, never as approval. */
export function verdictOf(
  input: AssignmentInput,
  outcome: AgentOutcome,
  { intact, touched, at }: { readonly intact: boolean; readonly touched: boolean; readonly at: string },
): AssignmentOutcome {
  if (outcome.end.kind !== "ok") return resting(unfinished(input, outcome.end), outcome.end, at);
  if (!intact) return failure("worktree_gone", `the ${input.role}'s worktree was deleted or replaced`);
  if (touched) {
    const why = `the ${input.role} changed files that it was to judge`;
    return { kind: "verdict", verdict: refusal(why), valid: false };
  }
  if (outcome.result.kind === "valid" && outcome.result.verdict !== null)
    return { kind: "verdict", verdict: outcome.result.verdict, valid: true };
  return { kind: "verdict", verdict: refusal(whyUnreadable(outcome, "verdict")), valid: false };
}

/** No failure of the task's where nobody can work for the moment: it goes on by itself, with what it has. */
export function resting(failed: Failure, end: AgentEnd, at: string, saved: Kept | null = null): Failure {
  const wakeAt = restUntil(end, at);
  const kept = saved === null ? {} : { saved: saved.ref };
  if (wakeAt !== null) return { ...failed, wakeAt, ...kept };
  return failed.code === "budget" ? { ...failed, ...kept } : failed;
}

function whyUnreadable(outcome: AgentOutcome, wanted: string): string {
  if (outcome.result.kind === "invalid") return outcome.result.why;
  return outcome.result.kind === "none" ? "no result file was written" : `the result has no ${wanted}`;
}

function refusal(summary: string): Verdict {
  return { decision: "request_changes", findings: [], summary };
}
