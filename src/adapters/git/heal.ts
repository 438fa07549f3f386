import { existsSync } from "node:fs";
import { availableParallelism } from "node:os";
import { adoptSlots, findEntry } from "./adopt-slots.ts";
import { clearLeftovers, clearRefLocks } from "./clear-leftovers.ts";
import type { SlotKit } from "./kit.ts";
import { LOCAL_HEADS, OWN_HEADS } from "./names.ts";
import { isIntact } from "./own-tree.ts";
import { flagPath, lowerDeadFlag } from "./pause-flag.ts";
import { readLife, readSelf } from "./process-identity.ts";
import { readRefsBelow, SALVAGE } from "./refs.ts";
import { dropLocalBranch, releaseSlot } from "./release-slot.ts";
import type { Saved } from "./save-work.ts";
import type { Slot } from "./schema.ts";
import { indexPath, replaceSlot } from "./slots.ts";
import { retireSlot } from "./trash.ts";

/** Slots at a time: each waits for a process of git's most of the time. */
const AT_ONCE = 2 * availableParallelism();

/**
 * Mends what dead owners left, and nothing else: half-made entries, locks, flags, slots with work in them (saved
 * first). Safe to repeat, and safe beside a living dispatcher, whose leases are left alone.
 */
export async function heal(own: SlotKit): Promise<readonly Saved[]> {
  // What cannot be saved keeps its slot, where `clean` shows it: no reason for a command to fail.
  let base: ReturnType<typeof own.repository.readBase> | null = null;
  // Where all of them stand afterwards; asked once, not for each.
  const repository = { ...own.repository, readBase: () => (base ??= own.repository.readBase()) };
  const kit: SlotKit = { ...own, repository, onKept: () => undefined };
  const dead = await repository.registry.exclusive(() => takeOver(kit));
  await clearRefLocks(repository, { someoneDied: dead.length > 0 });
  const saved = [...(await healSlots(kit, dead)), ...(await adoptSlots(kit))];
  for (const slot of await repository.slots.read()) {
    if (slot.state === "idle" && !(await isIntact(slot))) await retireSlot(kit, slot);
  }
  await lowerDeadFlags(kit);
  await dropOrphanBranches(kit);
  await clearLeftovers(repository);
  return saved;
}

/** After the end of 64 agents the first new one waits for this: no process of git's that one for all can do. */
async function healSlots(kit: SlotKit, dead: readonly Slot[]): Promise<readonly Saved[]> {
  if (dead.length === 0) return [];
  const { doors } = kit.repository;
  const [heads, salvage] = [await readRefsBelow(doors, ...OWN_HEADS), await readRefsBelow(doors, SALVAGE)];
  const tips = new Map(heads.map(({ ref, commit }) => [ref.slice("refs/heads/".length), commit]));
  const saved: Saved[] = [];
  const left = [...dead];
  const heal = async (): Promise<void> => {
    for (let slot = left.shift(); slot !== undefined; slot = left.shift())
      saved.push(...(await healSlot({ ...kit, known: { tips, salvage } }, slot)));
  };
  await Promise.all(Array.from({ length: AT_ONCE }, heal));
  return saved;
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

async function healSlot(kit: SlotKit, slot: Slot): Promise<readonly Saved[]> {
  const { lease } = slot;
  if (lease === null) return [];
  const { commonDir, stateDir } = kit.repository;
  const whole = { ...slot, adminDir: slot.adminDir ?? (await findEntry(commonDir, slot)) };
  // Our index has its name only while the tree is whole: half-made and half-cleaned trees are nobody's work.
  if (existsSync(indexPath(stateDir, slot.name))) {
    const saved = await releaseSlot(kit, whole, lease);
    return saved === null ? [] : [saved];
  }
  await retireSlot(kit, whole);
  await dropLocalBranch(kit, lease.branch, lease.commit);
  return [];
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
