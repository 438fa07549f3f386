import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { ensureFile } from "./files.ts";
import { lockReason } from "./make-slot.ts";
import { removeTree } from "./remove-tree.ts";
import type { GitRepository } from "./repository.ts";

/** What git needs of a worktree's folder; the flag is not ours alone. */
const ADMIN_FILES = new Set(["HEAD", "commondir", "gitdir", "index", "locked", "skip-auto-rebase-watcher"]);
/** Where HEAD is kept in a reftable. */
const ADMIN_FOLDERS = new Set(["refs", "reftable"]);

/**
 * A slot's entry in the user's registry as we made it: leftovers of the agent's git (rebases, merges, locks, private
 * configuration) end with its lease, and what tells git where it belongs says so again.
 */
export async function mendAdminDir(repository: GitRepository, path: string, adminDir: string): Promise<void> {
  for (const entry of await readdir(adminDir, { withFileTypes: true })) {
    const isOurs = entry.isDirectory() ? ADMIN_FOLDERS : ADMIN_FILES;
    // A pipe or a link in the place of a file is never opened.
    if (isOurs.has(entry.name) && (entry.isFile() || entry.isDirectory())) continue;
    const why = await removeTree(join(adminDir, entry.name));
    if (why !== null) throw new Error(`${join(adminDir, entry.name)} cannot be removed: ${why}`);
  }
  await ensureFile(join(adminDir, "commondir"), "../..\n");
  await ensureFile(join(adminDir, "gitdir"), `${join(path, ".git")}\n`);
  await ensureFile(join(adminDir, "locked"), lockReason(repository));
}
