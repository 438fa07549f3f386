import { judgeChecks } from "../domain/check-verdict.ts";
import type { AgentOutcome } from "../ports/agent.ts";
import type { Worktree } from "../ports/worktrees.ts";
import { ensureChecked } from "./ensure-checked.ts";
import type { AssignmentInput, AssignmentOutcome } from "./episode.ts";
import { forkOf } from "./evidence.ts";
import { verdictOf } from "./outcomes.ts";
import { isoTime, type Ports } from "./ports.ts";
import { isOwnTester, mayAddTests, proposeTests } from "./propose-tests.ts";

/** A tester's or reviewer's word, and the tests that it left. */
export async function judged(
  ports: Ports,
  input: AssignmentInput,
  worktree: Worktree,
  outcome: AgentOutcome,
): Promise<AssignmentOutcome> {
  const isWriting = mayAddTests(ports, input);
  const isLooking = !isWriting && ports.agents.get(input.agent)?.readsOnly === true;
  const result = verdictOf(input, outcome, {
    intact: await worktree.isIntact(),
    touched: isLooking && !(await worktree.isUntouched()),
    at: isoTime(ports.clock.now()),
  });
  if (!isWriting || result.kind !== "verdict" || !result.valid) return result;
  const tests = await proposeTests(ports, input, worktree, outcome);
  return tests === null ? result : { ...result, tests };
}

/** What the user's own checks refuse needs no tester that thinks. null: they pass, or another one runs them. */
export async function checkFirst(
  ports: Ports,
  input: AssignmentInput,
  signal: AbortSignal,
): Promise<{ readonly outcome: AgentOutcome; readonly result: AssignmentOutcome } | null> {
  if (!isOwnTester(ports, input)) return null;
  const { episode, commit, round } = input;
  const fork = await forkOf(ports, episode, commit);
  const { seconds, ...ran } = await ensureChecked(ports, episode, { kind: "head", commit, fork, round }, signal);
  if (ran.exitCode === 0) return null;
  const spent = { usage: null, costUsd: 0 };
  return {
    outcome: { end: { kind: "ok" }, result: { kind: "none" }, seconds, tail: ran.tail, spent },
    result: { kind: "verdict", verdict: judgeChecks(ran), valid: true },
  };
}
