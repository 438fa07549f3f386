import type { AgentInput } from "../domain/assignment.ts";
import type { AssignmentInput, Episode } from "./episode.ts";
import { readGuidance } from "./guidance.ts";
import type { Ports } from "./ports.ts";
import { mayAddTests } from "./propose-tests.ts";

/** A reviewer reads our diff, not the agent's. More than this is looked at in the worktree. */
const DIFF_BYTES = 400_000;

/** Unfinished work is for the coder who begins; a fix goes on from what was judged. */
function savedFor({ episode, role, round }: AssignmentInput): NonNullable<Episode["saved"]> | null {
  return role === "coder" && round === 1 ? (episode.saved ?? null) : null;
}

/** With whose files its worktree begins, where these are not the commit's. */
export async function filesFor(ports: Ports, input: AssignmentInput): Promise<string | null> {
  const { tests, commit } = input;
  if (tests === undefined) return savedFor(input)?.commit ?? null;
  return await ports.repository.overlay(commit, tests.commit, tests.files);
}

export async function agentInput(ports: Ports, input: AssignmentInput): Promise<AgentInput> {
  const { episode, role, round, attempt, commit, findings } = input;
  const { id, title, body, context, files, kind, skills } = episode.task;
  const saved = savedFor(input) ?? input.tests ?? null;
  const head = commit === episode.base.commit ? null : commit;
  const fork = head === null ? null : await ports.repository.mergeBase(episode.base.commit, head);
  const diff =
    role === "coder" || head === null || fork === null ? "" : await ports.repository.readDiff(fork, head, DIFF_BYTES);
  const guidance = await readGuidance(ports.repository, episode.base.commit, files);
  return {
    v: 1,
    run: episode.run,
    role,
    round: (episode.roundsBefore ?? 0) + round,
    attempt,
    task: { id, title, body, context, files, kind, skills },
    branch: episode.branch,
    base: episode.base.commit,
    head,
    ...(saved === null ? {} : { saved: saved.ref }),
    findings,
    diff,
    ...(guidance === "" ? {} : { guidance }),
    ...(mayAddTests(ports, input) ? { testPaths: episode.rules.testPaths } : {}),
  };
}
