import type { Saved } from "../../ports/worktrees.ts";
import { adoptSlots } from "./adopt-slots.ts";
import { clearLeftovers, clearRefLocks } from "./clear-leftovers.ts";
import type { SlotKit } from "./kit.ts";
import { LOCAL_HEADS } from "./names.ts";
import { openHealing } from "./healing.ts";
import { isIntact } from "./own-tree.ts";
import { flagPath, lowerDeadFlag } from "./pause-flag.ts";
import { readLife, readSelf } from "./process-identity.ts";
import { readRefsBelow } from "./refs.ts";
import { dropLocalBranch } from "./release-slot.ts";
import type { Slot } from "./schema.ts";
import { replaceSlot } from "./slots.ts";
import { retireSlot } from "./trash.ts";

/**
 * Mends what dead owners left, and nothing else: half-made entries, locks, flags, slots with work in them (saved
 * first). Safe to repeat, and safe beside a living dispatcher, whose leases are left alone.
 */
export async function heal(own: SlotKit): Promise<readonly Saved[]> {
  const { saved, dead } = await healAround(own);
  return [...saved, ...(await openHealing(own).take(dead).all())];
}

export interface Around {
  readonly saved: readonly Saved[];
  /** With leases that are ours now, and files as they were left. */
  readonly dead: readonly Slot[];
}

/** All of it but the slots that somebody worked in. */
export async function healAround(own: SlotKit): Promise<Around> {
  // What cannot be saved keeps its slot, where `clean` shows it: no reason for a command to fail.
  const kit: SlotKit = { ...own, onKept: () => undefined };
  const { repository } = kit;
  const dead = await repository.registry.exclusive(() => takeOver(kit));
  await clearRefLocks(repository, { someoneDied: dead.length > 0 });
  const saved = await adoptSlots(kit);
  for (const slot of await repository.slots.read()) {
    if (slot.state === "idle" && !(await isIntact(slot))) await retireSlot(kit, slot);
  }
  await lowerDeadFlags(kit);
  await dropOrphanBranches(kit);
  await clearLeftovers(repository);
  return { saved, dead };
}

/** The leases of the dead are ours from now on; under the registry lock. */
async function takeOver({ repository }: SlotKit): Promise<readonly Slot[]> {
  const owner = await readSelf();
  const dead: Slot[] = [];
  for (const slot of await repository.slots.read()) {
    const { lease } = slot;
    if (slot.state !== "leased" || lease === null || (await readLife(lease.owner)) !== "dead") continue;
    dead.push({ ...slot, lease: { ...lease, owner } });
  }
  if (dead.length === 0) return dead;
  return repository.slots.update((all) => {
    const mended = dead.reduce<readonly Slot[]>((slots, slot) => replaceSlot(slots, slot.name, slot), all);
    return [mended, dead];
  });
}

async function lowerDeadFlags({ repository }: SlotKit): Promise<void> {
  const { registry, slots, commonDir } = repository;
  await registry.exclusive(async () => {
    const dirs = [commonDir, ...(await slots.read()).flatMap(({ adminDir }) => adminDir ?? [])];
    for (const dir of dirs) await lowerDeadFlag(flagPath(dir));
  });
}

/** Branches of reviewers and testers whose round nobody holds any more. */
async function dropOrphanBranches(kit: SlotKit): Promise<void> {
  const { doors, slots } = kit.repository;
  const held = new Set((await slots.read()).map(({ lease }) => lease?.branch));
  for (const { ref, commit } of await readRefsBelow(doors, ...LOCAL_HEADS)) {
    const branch = ref.slice("refs/heads/".length);
    if (!held.has(branch)) await dropLocalBranch(kit, branch, commit);
  }
}
