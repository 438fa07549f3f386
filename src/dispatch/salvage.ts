import { UNFINISHED } from "../domain/commit-text.ts";
import { hasErrorCode } from "../domain/errors.ts";
import type { Kept } from "../ports/repository.ts";
import type { Worktree } from "../ports/worktrees.ts";
import { scopeOf } from "./bookends.ts";
import { inputKey } from "./count-start.ts";
import type { AssignmentInput } from "./episode.ts";
import { isoTime, record, type Ports } from "./ports.ts";

/**
 * Unfinished work stays reachable from a ref of ours, that of `saved` if there is one; gives it, or null where there was
 * nothing to save.
 */
export async function salvage(
  ports: Ports,
  input: AssignmentInput,
  worktree: Worktree,
  saved: Kept | null,
): Promise<Kept | null> {
  if (input.role !== "coder" || !(await worktree.isIntact())) return saved;
  const { episode, round, attempt } = input;
  const { id } = episode.task;
  const snapshot = await ports.repository
    .snapshot({
      worktree: worktree.path,
      parent: input.commit,
      message: `${UNFINISHED}${id}, round ${round}, attempt ${attempt}, not finished`,
      author: input.agent,
      date: isoTime(ports.clock.now()),
      limits: episode.rules.limits,
    })
    .catch((error: unknown) => {
      // What no commit of ours may hold is saved when the worktree is given back.
      if (["worktree_gone", "policy", "too_many_files"].some((code) => hasErrorCode(error, code))) return null;
      throw error;
    });
  if (snapshot === null || snapshot.changes.length === 0) return saved;
  return await keep(ports, input, snapshot.commit, saved);
}

/** Makes a commit that is on no branch reachable, and says where. */
export async function keep(ports: Ports, input: AssignmentInput, commit: string, saved: Kept | null): Promise<Kept> {
  const { episode } = input;
  const ref = await ports.repository.salvage(episode.task.id, commit, saved);
  await record(ports, scopeOf(episode), `${inputKey(input)}/salvage/${commit}`, {
    name: "work.salvaged",
    data: { ref, commit },
  });
  return { ref, commit };
}
