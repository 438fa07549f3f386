import { DispatchError, hasErrorCode } from "../../domain/errors.ts";
import type { Handover } from "../../ports/handover.ts";
import type { Base } from "../../ports/repository.ts";
import type { Doors } from "./doors.ts";
import { OWN_REFS, requireObjectId, requireTaskId } from "./names.ts";
import type { RemoteRefs } from "./remote-refs.ts";

export interface HandoverOptions {
  readonly doors: Doors;
  readonly remote: RemoteRefs;
  readonly fetchBase: () => Promise<Base>;
}

/** One ref for each commit, named by it: nobody's push can be in another's way, and a redo finds its own. */
export function openHandover({ doors, remote, fetchBase }: HandoverOptions): Handover {
  const prefixOf = (task: string): string => `${OWN_REFS}handover/${requireTaskId(task)}/`;
  const isHere = async (commit: string): Promise<boolean> =>
    (await doors.own("cat-file", ["-e", `${commit}^{commit}`], { ok: [0, 1, 128] })).exitCode === 0;

  return {
    async give(task, commit) {
      const change = { ref: `${prefixOf(task)}${requireObjectId(commit)}`, to: commit, from: null };
      try {
        await remote.push([change]);
      } catch (error) {
        const isThere = hasErrorCode(error, "push_rejected") && (await remote.fetchRefs([change.ref])).size > 0;
        if (!isThere) throw error;
      }
    },
    async bring(task, commit) {
      if (await isHere(requireObjectId(commit))) return;
      // Its work, what it stands on, or what was pushed already: one question for all of them.
      const { branch } = await fetchBase();
      if (await isHere(commit)) return;
      const branches = `refs/heads/dispatch/${task.toLowerCase()}--`;
      const given = `${prefixOf(task)}${commit}`;
      const there = [...(await remote.fetchRefs([given, "refs/heads/dispatch/"])).keys()];
      const refs = there.filter((ref) => ref === given || ref.startsWith(branches));
      if (refs.length > 0) await remote.fetchObjects(refs, []);
      if (!(await isHere(commit))) throw missing(task, commit, branch);
    },
    async drop(task) {
      const given = await remote.fetchRefs([prefixOf(task)]);
      if (given.size === 0) return;
      await remote.push([...given].map(([ref, from]) => ({ ref, to: null, from }))).catch((error: unknown) => {
        // Another host drops them, too: whoever is last finds nothing.
        if (!hasErrorCode(error, "push_rejected")) throw error;
      });
    },
  };
}

export const NO_HANDOVER: Handover = {
  give: async () => undefined,
  bring: async () => undefined,
  drop: async () => undefined,
};

function missing(task: string, commit: string, base: string): DispatchError {
  return new DispatchError({
    code: "commit_missing",
    message: `${commit.slice(0, 7)} of ${task} is neither here nor on origin: not on ${base}, not on its branch, not handed over.`,
    hint: `begin it anew: dispatch retry ${task}`,
    facts: { task, commit },
  });
}
