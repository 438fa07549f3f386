import type { Worktree } from "../ports/worktrees.ts";
import { hasErrorCode } from "../domain/errors.ts";
import { scopeOf } from "./bookends.ts";
import { inputKey } from "./count-start.ts";
import type { AssignmentInput } from "./episode.ts";
import { isoTime, record, type Ports } from "./ports.ts";

/** Unfinished work stays reachable from a ref of ours; gives that ref, or null where there was nothing to save. */
export async function salvage(ports: Ports, input: AssignmentInput, worktree: Worktree): Promise<string | null> {
  if (input.role !== "coder" || !(await worktree.isIntact())) return null;
  const { episode, round, attempt } = input;
  const { id } = episode.task;
  const snapshot = await ports.repository
    .snapshot({
      worktree: worktree.path,
      parent: input.commit,
      message: `wip: ${id}, round ${round}, attempt ${attempt}, not finished`,
      author: input.agent,
      date: isoTime(ports.clock.now()),
      limits: episode.rules.limits,
    })
    .catch((error: unknown) => {
      // What no commit of ours may hold is saved when the worktree is given back.
      if (["worktree_gone", "policy", "too_many_files"].some((code) => hasErrorCode(error, code))) return null;
      throw error;
    });
  if (snapshot === null || snapshot.changes.length === 0) return null;
  return await keep(ports, input, snapshot.commit);
}

/** Makes a commit that is on no branch reachable, and says where. */
export async function keep(ports: Ports, input: AssignmentInput, commit: string): Promise<string> {
  const { episode } = input;
  const ref = await ports.repository.salvage(episode.task.id, commit);
  await record(ports, scopeOf(episode), `${inputKey(input)}/salvage/${commit}`, {
    name: "work.salvaged",
    data: { ref, commit },
  });
  return ref;
}
