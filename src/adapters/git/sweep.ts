import { rmdir } from "node:fs/promises";
import { join } from "node:path";
import { parseBranchName } from "../../domain/branch-name.ts";
import type { DispatchError } from "../../domain/errors.ts";
import { readCheckedOut } from "./checked-out.ts";
import { clearLeftovers, type Stays } from "./clear-leftovers.ts";
import { hasCode, isMissing } from "./files.ts";
import { heal } from "./heal.ts";
import { isAncestor } from "./history.ts";
import type { SlotKit } from "./kit.ts";
import { headRef, OWN_REFS, TASK_PREFIX } from "./names.ts";
import { readRef, readRefsBelow, salvage, swapRef } from "./refs.ts";
import type { GitRepository } from "./repository.ts";
import { lostLease, saveWork } from "./save-work.ts";
import type { Slot } from "./schema.ts";
import { retireSlot } from "./trash.ts";

export interface Swept {
  readonly removed: readonly string[];
  readonly kept: readonly Stays[];
}

export interface Sweeper {
  /**
   * Removes what nobody needs: idle slots and merged task branches. Unforced, what is unsaved, unpushed or unmerged
   * stays; forced, its commits stay reachable under `refs/dispatch/keep` and salvage refs. Never what is in use.
   */
  sweep(force: boolean): Promise<Swept>;
}

type Verdict = { readonly what: string; readonly why: string | null };

export function openSweeper(repository: GitRepository): Sweeper {
  return {
    async sweep(force) {
      const stays: Stays[] = [];
      const onKept = ({ facts, message }: DispatchError): number =>
        stays.push({ what: String(facts["path"]), why: message });
      const kit: SlotKit = { repository, keep: [], trusted: new Set(), onKept };
      await heal(kit);
      // Heal tried it, too, and kept silent.
      stays.push(...(await clearLeftovers(repository)));
      const verdicts = [...(await sweepSlots(kit, force)), ...(await sweepBranches(repository, force))];
      for (const folder of [join(repository.workDir, ".trash"), repository.workDir]) await removeIfEmpty(folder);
      return {
        removed: verdicts.flatMap(({ what, why }) => (why === null ? [what] : [])),
        kept: [...verdicts.flatMap(({ what, why }) => (why === null ? [] : [{ what, why }])), ...stays],
      };
    },
  };
}

async function removeIfEmpty(folder: string): Promise<void> {
  await rmdir(folder).catch((error: unknown) => {
    if (!isMissing(error) && !hasCode(error, "ENOTEMPTY", "EEXIST")) throw error;
  });
}

async function sweepSlots(kit: SlotKit, force: boolean): Promise<readonly Verdict[]> {
  const verdicts: Verdict[] = [];
  for (const slot of await kit.repository.slots.read()) {
    const why = await slotObstacle(kit, slot, force);
    if (why === null && !(await retireSlot(kit, slot))) continue;
    verdicts.push({ what: slot.path, why });
  }
  return verdicts;
}

/** Why a slot stays; null when it may go. */
async function slotObstacle(kit: SlotKit, slot: Slot, force: boolean): Promise<string | null> {
  if (slot.state === "leased") return `${slot.lease?.holder ?? "somebody"} works in it`;
  if (slot.state === "kept") return force ? null : `it holds work that could not be saved: ${slot.why ?? ""}`;
  try {
    // A person may have used an idle one: what they left is saved first.
    await saveWork(kit, slot, lostLease(null, slot.commit ?? ""));
    return null;
  } catch (error) {
    if (force) return null;
    return `somebody changed files in it that cannot be saved: ${error instanceof Error ? error.message : String(error)}`;
  }
}

async function sweepBranches(repository: GitRepository, force: boolean): Promise<readonly Verdict[]> {
  const { doors } = repository;
  const base = await repository.fetchBase();
  const checkedOut = await readCheckedOut(doors);
  const verdicts: Verdict[] = [];
  for (const { ref, commit } of await readRefsBelow(doors, headRef(TASK_PREFIX))) {
    const branch = ref.slice("refs/heads/".length);
    const path = checkedOut.get(branch);
    const isMerged = await isAncestor(doors, commit, base.commit);
    const why = path !== undefined ? `it is checked out in ${path}` : isMerged || force ? null : "it is not merged";
    if (why === null) {
      if (!isMerged) await keepCommit(repository, branch, commit);
      await swapRef(doors, ref, null, commit);
    }
    verdicts.push({ what: branch, why });
  }
  return verdicts;
}

/** `refs/dispatch/keep/<task>`; what it named before stays reachable as salvage. */
async function keepCommit({ doors }: GitRepository, branch: string, commit: string): Promise<void> {
  const task = parseBranchName(branch)?.id ?? "lost";
  const ref = `${OWN_REFS}keep/${task}`;
  const before = await readRef(doors, ref);
  if (before !== null && !(await isAncestor(doors, before, commit))) await salvage(doors, task, before);
  await swapRef(doors, ref, commit, before);
}
