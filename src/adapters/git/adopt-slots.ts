import { readdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { Saved } from "../../ports/worktrees.ts";
import { isMissing, readPlain } from "./files.ts";
import type { SlotKit } from "./kit.ts";
import { readLock } from "./lock-dir.ts";
import { LOCK_REASON } from "./make-slot.ts";
import { isIntact } from "./own-tree.ts";
import { readSelf } from "./process-identity.ts";
import { dispatchDir } from "./registry.ts";
import { setAside } from "./release-slot.ts";
import { lostLease, saveWork } from "./save-work.ts";
import type { Slot } from "./schema.ts";
import { removeTree } from "./remove-tree.ts";
import { retireEntry, retireSlot } from "./trash.ts";

/**
 * Slots that carry our lock in the user's registry but are in no book of ours: the state folder was lost, or they are
 * of another `DISPATCH_HOME`. Their work is saved and they are taken away. Not while another dispatcher lives here.
 */
export async function adoptSlots(kit: SlotKit): Promise<readonly Saved[]> {
  const { repository } = kit;
  const known = new Set((await repository.slots.read()).map(({ adminDir }) => adminDir));
  const entries = (await readEntries(repository.commonDir)).filter(({ adminDir }) => !known.has(adminDir));
  const lost = entries.filter(({ reason }) => reason.startsWith(LOCK_REASON));
  if (lost.length === 0 || (await isOwnedByOther(repository.commonDir))) return [];
  const saved: Saved[] = [];
  for (const entry of lost) saved.push(...(await adopt(kit, entry)));
  return saved;
}

interface Entry {
  readonly adminDir: string;
  /** Why it is locked; empty when it is not. */
  readonly reason: string;
  /** null while it is half-made. */
  readonly path: string | null;
}

async function adopt(kit: SlotKit, { adminDir, path }: Entry): Promise<readonly Saved[]> {
  const { repository } = kit;
  const head = (await readPlain(join(adminDir, "HEAD")))?.trim() ?? "";
  const branch = /^ref: refs\/heads\/(.*)$/.exec(head)?.[1] ?? null;
  const commit = branch === null ? head : await repository.readBranch(branch).catch(() => null);
  const isCommit = commit !== null && /^[0-9a-f]*[1-9a-f][0-9a-f]*$/.test(commit);
  // An agent could have written the path: only a folder that says itself that it belongs here is touched.
  if (path === null || !isCommit || !(await isIntact({ path, adminDir }))) {
    const entry = await repository.registry.exclusive(() => retireEntry(repository.commonDir, adminDir));
    if (entry !== null) await removeTree(entry);
    return [];
  }
  const name = adminDir.slice(dirname(adminDir).length + 1);
  const slot: Slot = {
    name,
    path,
    adminDir,
    class: "code",
    state: "leased",
    commit,
    lane: null,
    lease: null,
    why: null,
  };
  try {
    const saved = await saveWork(kit, slot, lostLease(branch, commit));
    await retireSlot(kit, slot);
    return saved === null ? [] : [saved];
  } catch (error) {
    await setAside(kit, slot, error);
    return [];
  }
}

/** The entry that belongs to a slot whose making was interrupted; null when there is none. */
export async function findEntry(
  commonDir: string,
  { name, path }: Pick<Slot, "name" | "path">,
): Promise<string | null> {
  const entries = await readEntries(commonDir);
  const halfMade = (entry: Entry): boolean => entry.path === null && entry.adminDir.endsWith(`/${name}`);
  return entries.find((entry) => entry.path === path || halfMade(entry))?.adminDir ?? null;
}

async function readEntries(commonDir: string): Promise<readonly Entry[]> {
  const folder = join(commonDir, "worktrees");
  const names = await readdir(folder).catch((error: unknown) => {
    if (isMissing(error)) return [];
    throw error;
  });
  return Promise.all(
    names.map(async (name) => {
      const adminDir = join(folder, name);
      const dotGit = (await readPlain(join(adminDir, "gitdir")))?.trim() ?? "";
      const reason = (await readPlain(join(adminDir, "locked"))) ?? "";
      return { adminDir, reason, path: dotGit.endsWith("/.git") ? dirname(dotGit) : null };
    }),
  );
}

async function isOwnedByOther(commonDir: string): Promise<boolean> {
  const holder = await readLock(join(dispatchDir(commonDir), "owner"));
  const self = await readSelf();
  return holder !== null && (holder.pid !== self.pid || holder.host !== self.host);
}
