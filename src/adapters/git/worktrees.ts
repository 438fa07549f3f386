import { randomUUID } from "node:crypto";
import { join } from "node:path";
import type { DispatchError } from "../../domain/errors.ts";
import {
  KEPT_FOLDERS,
  type LeaseRequest,
  type Standing,
  type Worktree,
  type Worktrees,
} from "../../ports/worktrees.ts";
import { readCheckedOut } from "./checked-out.ts";
import { claimBranch } from "./claim-branch.ts";
import { healAround } from "./heal.ts";
import { openHealing } from "./healing.ts";
import type { SlotKit } from "./kit.ts";
import { addWorktree, readFreeName } from "./make-slot.ts";
import { headRef, requireObjectId, requireOwnBranch, requireTaskId } from "./names.ts";
import { isIntact, requireIntact } from "./own-tree.ts";
import { flagPath, lowerFlag, raiseFlag } from "./pause-flag.ts";
import { fits, pickSlot, pickSurplus, slotClass } from "./pick-slot.ts";
import { readSelf } from "./process-identity.ts";
import { swapRef } from "./refs.ts";
import { releaseSlot, setAside } from "./release-slot.ts";
import type { GitRepository } from "./repository.ts";
import { lostLease, saveWork } from "./save-work.ts";
import type { Lease, Slot } from "./schema.ts";
import { writeSlotHead } from "./slot-head.ts";
import { isAsLeased, isUntouched, moveTree, readStayed } from "./slot-tree.ts";
import { replaceSlot } from "./slots.ts";
import { retireSlot } from "./trash.ts";

export interface WorktreesOptions {
  readonly repository: GitRepository;
  /** Raise the flag of the main checkout, too. */
  readonly pauseMain: boolean;
  /** Names of ignored folders that stay in a slot between tasks. */
  readonly keep?: readonly string[];
  /** So many worktrees, and idle ones go before another is made. Those in use are bounded by the lanes. */
  readonly max?: number;
  /** For the fan-out rule: what a start really cost. */
  readonly onReady?: (start: "cold" | "warm", seconds: number, request: LeaseRequest) => void;
  /** Hears of work that could not be saved as a commit and stays in its folder (`work_not_saved`). Without it: thrown. */
  readonly onKept?: (error: DispatchError) => void;
}

type MadeSlot = Slot & { readonly adminDir: string };

export function openWorktrees(options: WorktreesOptions): Worktrees {
  const { repository, keep = KEPT_FOLDERS, onKept = raise } = options;
  const kit: SlotKit = { repository, keep, onKept, trusted: new Set() };
  const healing = openHealing(kit);
  return {
    async acquire(request) {
      const start = performance.now();
      requireTaskId(request.task);
      requireOwnBranch(request.branch);
      requireObjectId(request.commit);
      requireObjectId(request.files ?? request.commit);
      await healing.ensure(request.task);
      const { slot, lease, standing } = await reserveSlot(kit, request, options.max);
      const isCold = slot.commit === null;
      await prepare(kit, slot, standing, request);
      options.onReady?.(isCold ? "cold" : "warm", (performance.now() - start) / 1000, request);
      return worktree(kit, slot, lease, options.pauseMain);
    },
    async heal() {
      const { saved, dead } = await healAround(kit);
      healing.take(dead);
      return { of: healing.of, all: async () => [...saved, ...(await healing.all())] };
    },
    async isBusy(branch) {
      const isLeased = (await repository.slots.read()).some(({ lease }) => lease?.branch === branch);
      return isLeased || (await readCheckedOut(repository.doors)).has(branch);
    },
  };
}

function raise(error: DispatchError): never {
  throw error;
}

/** Takes the nearest idle slot, or makes one; our book names the lease before anything is changed. */
async function reserveSlot(
  kit: SlotKit,
  request: LeaseRequest,
  max = Number.POSITIVE_INFINITY,
): Promise<{ readonly slot: MadeSlot; readonly lease: Lease; readonly standing: Standing }> {
  const { repository } = kit;
  const { holder, run, task, role, branch, commit, lane } = request;
  const about = { id: randomUUID(), holder, run, task, role, branch, commit };
  const lease: Lease = { ...about, since: new Date().toISOString(), owner: await readSelf() };
  const wish = { class: slotClass(role), lane, commit, workDir: repository.workDir };
  for (;;) {
    const slot = await repository.registry.exclusive(async () => {
      const idle = await repository.slots.update((slots) => {
        const found = pickSlot(slots, wish) ?? pickSurplus(slots, max);
        if (found === null) return [slots, null];
        const leased: Slot = { ...found, state: "leased", lane, lease };
        return [replaceSlot(slots, found.name, leased), leased];
      });
      return idle ?? addSlot(kit, lease, wish);
    });
    const { adminDir } = slot;
    if (fits(slot, wish) && adminDir !== null && (await isIntact(slot)) && (await isUntouched(kit, slot))) {
      const standing = await readStanding(kit, slot, request);
      if (standing !== "spoilt") return { slot: { ...slot, adminDir }, lease, standing };
    }
    // It has to make room; or somebody removed it or worked in it, or changed what was to stay.
    await dropIdle(kit, slot);
  }
}

async function readStanding(kit: SlotKit, slot: Slot, { preparation }: LeaseRequest): Promise<Standing> {
  if (preparation === undefined) return "ready";
  const standing = await preparation.restore(slot.path, await readStayed(kit, slot));
  // In a new one nothing was spoilt yet.
  return standing === "spoilt" && slot.commit === null ? "stale" : standing;
}

async function dropIdle(kit: SlotKit, slot: Slot): Promise<void> {
  try {
    await saveWork(kit, slot, lostLease(null, slot.commit ?? ""));
  } catch (error) {
    return setAside(kit, { ...slot, lease: null }, error);
  }
  await retireSlot(kit, slot);
}

/** A new slot without files; under the registry lock. */
async function addSlot(kit: SlotKit, lease: Lease, { class: kind, lane }: Pick<Slot, "class" | "lane">): Promise<Slot> {
  const { slots, workDir } = kit.repository;
  const name = await readFreeName(kit, await slots.read());
  const intent: Slot = {
    ...{ name, path: join(workDir, name), adminDir: null, class: kind, state: "leased", commit: null },
    ...{ lane, lease, why: null },
  };
  const book = (slot: Slot | null): Promise<void> => slots.update((all) => [replaceSlot(all, name, slot), undefined]);
  await book(intent);
  try {
    const slot = { ...intent, adminDir: await addWorktree(kit, intent.path, lease.commit) };
    await book(slot);
    return slot;
  } catch (error) {
    await book(null);
    throw error;
  }
}

/** Branch, files, HEAD. Whatever fails, the slot goes back, and a branch that we made goes away. */
async function prepare(kit: SlotKit, slot: MadeSlot, standing: Standing, request: LeaseRequest): Promise<void> {
  const { doors, place } = kit.repository;
  const { branch, commit, files = commit } = request;
  const created = await claimBranch(doors, branch, commit).catch(async (error: unknown) => {
    await giveBack(kit, slot);
    throw error;
  });
  try {
    const now = standing === "stale" ? await prepareAtBase(kit, slot, request) : slot;
    if (now.commit !== files) await moveTree(kit, now, files);
    await writeSlotHead(place, slot.adminDir, { branch });
  } catch (error) {
    await retireSlot(kit, slot);
    if (created) await swapRef(doors, headRef(branch), null, commit);
    throw error;
  }
}

/** Our book says where it stands then: after a crash the base's files are nobody's work. */
async function prepareAtBase(
  kit: SlotKit,
  slot: MadeSlot,
  { preparation, commit, files = commit }: LeaseRequest,
): Promise<MadeSlot> {
  if (preparation === undefined || preparation.base === files) return slot;
  const { base } = preparation;
  if (slot.commit !== base) await moveTree(kit, slot, base);
  await writeSlotHead(kit.repository.place, slot.adminDir, { commit: base });
  const atBase = { ...slot, commit: base };
  await note(kit, atBase);
  await preparation.prepare(slot.path);
  return atBase;
}

/** Nothing was changed in it yet. */
async function giveBack(kit: SlotKit, slot: MadeSlot): Promise<void> {
  if (slot.commit === null) return void (await retireSlot(kit, slot));
  await note(kit, { ...slot, state: "idle", lease: null });
}

async function note({ repository: { registry, slots } }: SlotKit, slot: Slot): Promise<void> {
  await registry.exclusive(() => slots.update((all) => [replaceSlot(all, slot.name, slot), undefined]));
}

function worktree(kit: SlotKit, slot: MadeSlot, lease: Lease, pauseMain: boolean): Worktree {
  const { registry, commonDir } = kit.repository;
  const flags = [flagPath(slot.adminDir), ...(pauseMain ? [flagPath(commonDir)] : [])];
  let pauses = 0;
  let released: Promise<void> | null = null;
  const release = (): Promise<void> => {
    released ??= releaseSlot(kit, slot, lease).then(() => undefined);
    return released;
  };
  return {
    path: slot.path,
    branch: lease.branch,
    isIntact: () => isIntact(slot),
    // What cannot be looked at may be anything.
    isUntouched: () => isAsLeased(kit, slot).catch(() => false),
    async pauseWatcher() {
      await requireIntact(slot);
      pauses += 1;
      const { holder, task, owner } = lease;
      const pause = { id: `${lease.id}.${pauses}`, holder, task, since: new Date().toISOString(), owner };
      await registry.exclusive(async () => {
        for (const flag of flags) await raiseFlag(flag, pause);
      });
      return {
        async [Symbol.asyncDispose]() {
          await registry.exclusive(async () => {
            for (const flag of flags) await lowerFlag(flag, ({ id }) => id === pause.id);
          });
        },
      };
    },
    release,
    async [Symbol.asyncDispose]() {
      // Who released it has heard what went wrong.
      if (released === null) await release();
    },
  };
}
