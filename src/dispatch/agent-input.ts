import type { AgentInput } from "../domain/assignment.ts";
import type { AssignmentInput } from "./episode.ts";
import type { Ports } from "./ports.ts";

/** A reviewer reads our diff, not the agent's. More than this is looked at in the worktree. */
const DIFF_BYTES = 400_000;

export async function agentInput(ports: Ports, input: AssignmentInput): Promise<AgentInput> {
  const { episode, role, round, attempt, commit, findings } = input;
  const { id, title, body, context, files, kind, skills } = episode.task;
  const head = commit === episode.base.commit ? null : commit;
  const fork = head === null ? null : await ports.repository.mergeBase(episode.base.commit, head);
  const diff =
    role === "coder" || head === null || fork === null ? "" : await ports.repository.readDiff(fork, head, DIFF_BYTES);
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
    findings,
    diff,
  };
}
