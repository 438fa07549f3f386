import { existsSync } from "node:fs";
import { availableParallelism } from "node:os";
import PQueue from "p-queue";
import type { Saved } from "../../ports/worktrees.ts";
import { findEntry } from "./adopt-slots.ts";
import type { Known, SlotKit } from "./kit.ts";
import { OWN_HEADS } from "./names.ts";
import { readRefsBelow, SALVAGE } from "./refs.ts";
import { dropLocalBranch, releaseSlot } from "./release-slot.ts";
import type { Slot } from "./schema.ts";
import { indexPath } from "./slots.ts";
import { retireSlot } from "./trash.ts";

/** Slots at a time: each waits for a process of git's most of the time. */
const AT_ONCE = 2 * availableParallelism();

/** Slots of dead owners, mended when somebody asks for their task, in the order of the questions. */
export interface SlotHealing {
  /** From now on these, too. */
  take(dead: readonly Slot[]): SlotHealing;
  of(task: string): Promise<readonly Saved[]>;
  all(): Promise<readonly Saved[]>;
  /** Before somebody works for the task again: its branches are free. What was saved is told to who asks later. */
  ensure(task: string): Promise<void>;
}

export function openHealing(own: SlotKit): SlotHealing {
  const turns = new PQueue({ concurrency: AT_ONCE });
  const left = new Map<Slot, Promise<readonly Saved[]> | null>();
  let untold: readonly Saved[] = [];
  let common: Promise<SlotKit> | null = null;
  const mend = async (slot: Slot): Promise<readonly Saved[]> => {
    try {
      const kit = await (common ??= readCommon(own));
      const saved = await turns.add(async () => await healSlot(kit, slot));
      left.delete(slot);
      return saved;
    } catch (error) {
      // Whoever asks next tries again.
      left.set(slot, null);
      common = null;
      throw error;
    }
  };
  const mended = async (isWanted: (slot: Slot) => boolean): Promise<readonly Saved[]> => {
    const wanted = [...left.keys()].filter(isWanted);
    const saving = wanted.map((slot) => {
      const saved = left.get(slot) ?? mend(slot);
      left.set(slot, saved);
      return saved;
    });
    return (await Promise.all(saving)).flat();
  };
  const told = async (
    isMeant: (saved: Saved) => boolean,
    isWanted: (slot: Slot) => boolean,
  ): Promise<readonly Saved[]> => {
    const fresh = await mended(isWanted);
    const all = [...untold, ...fresh];
    untold = all.filter((saved) => !isMeant(saved));
    return all.filter(isMeant);
  };
  const healing: SlotHealing = {
    take(dead) {
      for (const slot of dead) left.set(slot, null);
      common = null;
      return healing;
    },
    of: async (task) => await told(isOf(task), ({ lease }) => isOf(task)(lease)),
    all: async () =>
      await told(
        () => true,
        () => true,
      ),
    async ensure(task) {
      const saved = await mended(({ lease }) => isOf(task)(lease));
      // Read after the wait: others may have added theirs.
      untold = [...untold, ...saved];
    },
  };
  return healing;
}

const isOf =
  (task: string) =>
  (one: { readonly task: string } | null): boolean =>
    one?.task.toLowerCase() === task.toLowerCase();

/** What is the same for all of them, read once: after the end of 64 agents every process of git's counts. */
async function readCommon(own: SlotKit): Promise<SlotKit> {
  const { doors } = own.repository;
  const [heads, salvage] = [await readRefsBelow(doors, ...OWN_HEADS), await readRefsBelow(doors, SALVAGE)];
  const tips = new Map(heads.map(({ ref, commit }) => [ref.slice("refs/heads/".length), commit]));
  const known: Known = { tips, salvage };
  let base: ReturnType<typeof own.repository.readBase> | null = null;
  const repository = { ...own.repository, readBase: () => (base ??= own.repository.readBase()) };
  // What cannot be saved keeps its slot, where `clean` shows it: no reason for a command to fail.
  return { ...own, repository, known, onKept: () => undefined };
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
