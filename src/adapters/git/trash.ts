import { randomUUID } from "node:crypto";
import { chmod, mkdir, rename, rm, rmdir } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { hasCode, isMissing } from "./files.ts";
import type { SlotKit } from "./kit.ts";
import { dispatchDir } from "./registry.ts";
import type { Slot } from "./schema.ts";
import { indexPath, replaceSlot } from "./slots.ts";
import { makeWritable } from "./writable.ts";

/**
 * Takes a slot out of the world: its folder and its entry in the user's registry vanish by one rename each, which
 * is also the fast way; deleting comes after. Nothing of anybody else is pruned. Whatever it held is saved by then.
 */
export async function retireSlot({ repository }: SlotKit, slot: Slot): Promise<void> {
  const trashed = await repository.registry.exclusive(async () => {
    const now = (await repository.slots.read()).find(({ name }) => name === slot.name);
    // Somebody leased it since we looked.
    if (now !== undefined && now.lease?.id !== slot.lease?.id) return [];
    const moved = await moveAway(slot.path, join(dirname(slot.path), ".trash"));
    const entry = await retireEntry(repository.commonDir, slot.adminDir);
    await rm(indexPath(repository.stateDir, slot.name), { force: true });
    await repository.slots.update((slots) => [replaceSlot(slots, slot.name, null), undefined]);
    return [moved, entry];
  });
  for (const path of trashed) if (path !== null) await removeTree(path);
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

/** Deletes what was moved to the trash before, folders that an agent made read-only included. */
export async function removeTree(path: string): Promise<void> {
  try {
    await rm(path, { recursive: true, force: true, maxRetries: 3 });
  } catch (error) {
    if (!hasCode(error, "EACCES", "EPERM", "ENOTEMPTY")) throw error;
    await makeWritable(path);
    await rm(path, { recursive: true, force: true, maxRetries: 3 });
  }
}
