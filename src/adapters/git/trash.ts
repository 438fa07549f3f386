import { randomUUID } from "node:crypto";
import { chmod, mkdir, rename, rm, rmdir } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { DispatchError } from "../../domain/errors.ts";
import { hasCode, isMissing, whyOf } from "./files.ts";
import type { SlotKit } from "./kit.ts";
import { dispatchDir } from "./registry.ts";
import { removeTree } from "./remove-tree.ts";
import type { Slot } from "./schema.ts";
import { indexPath, replaceSlot } from "./slots.ts";

/**
 * Takes a slot out of the world: its folder and its entry in the user's registry vanish by one rename each, which
 * is also the fast way; deleting comes after. Nothing of anybody else is pruned. Whatever it held is saved by then.
 * False when its folder cannot be moved: it stays, nobody gets it again, and `onKept` has heard of it.
 */
export async function retireSlot({ repository, onKept }: SlotKit, slot: Slot): Promise<boolean> {
  const { slots, stateDir, commonDir } = repository;
  const put = (now: Slot | null): Promise<void> => slots.update((all) => [replaceSlot(all, slot.name, now), undefined]);
  const trashed = await repository.registry.exclusive(async () => {
    const now = (await slots.read()).find(({ name }) => name === slot.name);
    // Somebody leased it since we looked.
    if (now !== undefined && now.lease?.id !== slot.lease?.id) return [];
    try {
      const moved = await moveAway(slot.path, join(dirname(slot.path), ".trash"));
      const entry = await retireEntry(commonDir, slot.adminDir);
      await rm(indexPath(stateDir, slot.name), { force: true });
      await put(null);
      return [moved, entry];
    } catch (error) {
      const why = whyOf(error);
      await put({ ...slot, state: "kept", commit: null, lease: null, why });
      return why;
    }
  });
  if (typeof trashed === "string") {
    onKept(notRemoved(slot.path, trashed));
    return false;
  }
  for (const path of trashed) {
    const why = path === null ? null : await removeTree(path);
    if (path !== null && why !== null) onKept(notRemoved(path, why));
  }
  return true;
}

/** An entry below `<common>/worktrees`; under the registry lock. Gives where it lies now. */
export async function retireEntry(commonDir: string, adminDir: string | null): Promise<string | null> {
  if (adminDir === null || dirname(adminDir) !== join(commonDir, "worktrees")) return null;
  const entry = await moveAway(adminDir, join(dispatchDir(commonDir), "trash"));
  // git removes the folder with its last worktree, too.
  await rmdir(join(commonDir, "worktrees")).catch((error: unknown) => {
    if (!isMissing(error) && !hasCode(error, "ENOTEMPTY", "EEXIST")) throw error;
  });
  return entry;
}

/** null when there was nothing. */
export async function moveAway(path: string, trash: string): Promise<string | null> {
  const to = join(trash, `${basename(path)}-${randomUUID().slice(0, 8)}`);
  await mkdir(trash, { recursive: true });
  try {
    await rename(path, to);
    return to;
  } catch (error) {
    if (isMissing(error)) return null;
    // A folder that an agent made read-only cannot get another parent.
    if (!hasCode(error, "EACCES", "EPERM")) throw error;
    await chmod(path, 0o700);
    await rename(path, to);
    return to;
  }
}

/** Away from where it was by one rename, then deleted. Never rejects: gives why something stays, or null. */
export async function discard(path: string, trash: string): Promise<string | null> {
  try {
    const moved = await moveAway(path, trash);
    return moved === null ? null : await removeTree(moved);
  } catch (error) {
    return whyOf(error);
  }
}

function notRemoved(path: string, why: string): DispatchError {
  return new DispatchError({
    code: "not_removed",
    message: `${path} is not needed any more and could not be removed: ${why}.`,
    hint: "Make it removable (lsattr and mount say what holds it), then: dispatch clean",
    facts: { path, why },
  });
}
