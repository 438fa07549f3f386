import { DispatchError } from "../../domain/errors.ts";
import type { Saved } from "../../ports/worktrees.ts";
import type { SlotKit } from "./kit.ts";
import { mendAdminDir } from "./mend-admin-dir.ts";
import { headRef, isLocalBranch } from "./names.ts";
import { isFolder, isIntact } from "./own-tree.ts";
import { flagPath, lowerFlag } from "./pause-flag.ts";
import { readBranch, swapRef } from "./refs.ts";
import { saveWork } from "./save-work.ts";
import type { Lease, Slot } from "./schema.ts";
import { removeTraps } from "./settle.ts";
import { writeSlotHead } from "./slot-head.ts";
import { type Left, readLeft, resetTree } from "./slot-tree.ts";
import { replaceSlot } from "./slots.ts";
import { retireSlot } from "./trash.ts";

/**
 * Gives a leased slot back: what is unsaved goes to a salvage ref (a reviewer's or tester's tree is thrown away),
 * then it is made clean and idle. What cannot be saved keeps its slot for itself; what was damaged is retired.
 * Code `lease_lost` when the slot is not ours any more: then it is left alone.
 */
export async function releaseSlot(kit: SlotKit, slot: Slot, lease: Lease): Promise<Saved | null> {
  await endLease(kit, slot, lease);
  let saved: Saved | null = null;
  const left = await readUnsaved(kit, slot, lease);
  if (slot.class === "code" && left === "more") {
    try {
      saved = await saveWork(kit, slot, lease);
    } catch (error) {
      // Cut off by our own stop: the next run finds the lease of a dead owner, and saves it then.
      if (kit.repository.doors.late.aborted) return null;
      await setAside(kit, { ...slot, lease }, error);
      kit.onKept(notSaved(slot, lease, error));
      return null;
    }
  }
  // All is saved by now: whatever an agent made impossible here costs the slot, never the task.
  if (!(await makeIdle(kit, slot, lease, left).catch(() => false))) await retireSlot(kit, slot);
  await dropLocalBranch(kit, lease.branch, lease.commit);
  return saved;
}

/** After most tasks the slot holds the last snapshot, which the branch has, and `nothing` else or kept folders. */
async function readUnsaved(kit: SlotKit, slot: Slot, { branch }: Lease): Promise<Left> {
  const { doors, slots } = kit.repository;
  const last = slots.holds.get(slot.name);
  if (last === undefined || !(await isIntact(slot))) return "more";
  // What cannot be looked at may be anything.
  const [tip, left] = await Promise.all([readBranch(doors, branch), readLeft(kit, slot).catch(() => "more" as const)]);
  return tip === last ? left : "more";
}

/** No pause of this lease stays, and nobody else has the slot. */
async function endLease({ repository }: SlotKit, slot: Slot, lease: Lease): Promise<void> {
  const { registry, slots, commonDir } = repository;
  const isOurs = ({ id }: { readonly id: string }): boolean => id.startsWith(lease.id);
  await registry.exclusive(async () => {
    for (const dir of [slot.adminDir, commonDir]) if (dir !== null) await lowerFlag(flagPath(dir), isOurs);
    if ((await slots.read()).some(({ name, lease: now }) => name === slot.name && now?.id === lease.id)) return;
    throw new DispatchError({
      code: "lease_lost",
      message: `The worktree ${slot.path} is not ${lease.holder}'s any more: another dispatcher took it for abandoned.`,
      hint: "See who owns this repository with: dispatch status",
      facts: { path: slot.path, task: lease.task },
    });
  });
}

/** False when the slot is not what it was: then nothing in it is trusted. */
async function makeIdle(kit: SlotKit, slot: Slot, lease: Lease, left: Left): Promise<boolean> {
  const { adminDir } = slot;
  if (adminDir === null || !(await isIntact(slot))) return false;
  const { repository } = kit;
  // Where the next task most likely begins.
  const commit = (await repository.readBase())?.commit ?? lease.commit;
  await mendAdminDir(repository, slot.path, adminDir);
  await writeSlotHead(repository.place, adminDir, { commit });
  if (!(await resetTree(kit, slot, commit, left))) return false;
  await changeSlot(kit, { ...slot, state: "idle", commit, lease: null });
  kit.trusted.add(slot.name);
  return true;
}

/** Its files stay where they are, and nobody gets it again; its branch is free. */
export async function setAside(kit: SlotKit, slot: Slot, error: unknown): Promise<void> {
  const commit = slot.lease?.commit ?? slot.commit;
  if (slot.adminDir !== null && commit !== null && (await isFolder(slot.adminDir))) {
    await removeTraps(slot.adminDir);
    await writeSlotHead(kit.repository.place, slot.adminDir, { commit });
  }
  await changeSlot(kit, { ...slot, state: "kept", commit: null, why: reason(error) });
}

function reason(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

async function changeSlot({ repository }: SlotKit, slot: Slot): Promise<void> {
  await repository.registry.exclusive(() =>
    repository.slots.update((slots) => [replaceSlot(slots, slot.name, slot), undefined]),
  );
}

/** Local branches of reviewers and testers end with their round. */
export async function dropLocalBranch({ repository }: SlotKit, branch: string, expected: string): Promise<void> {
  if (!isLocalBranch(branch) || (await swapRef(repository.doors, headRef(branch), null, expected))) return;
  const at = await readBranch(repository.doors, branch);
  if (at !== null) await swapRef(repository.doors, headRef(branch), null, at);
}

function notSaved(slot: Slot, lease: Lease, cause: unknown): DispatchError {
  return new DispatchError({
    code: "work_not_saved",
    message: `What ${lease.holder} left for ${lease.task} could not be saved as a commit: ${reason(cause)} It stays in ${slot.path}.`,
    hint: `Take what you need from ${slot.path}, then: dispatch clean --force`,
    facts: { path: slot.path, task: lease.task },
    cause,
  });
}
