import { readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { ensureFile } from "./files.ts";
import { lockReason } from "./make-slot.ts";
import type { GitRepository } from "./repository.ts";

/** What git needs of a worktree's folder; the flag is not ours alone, reftable keeps HEAD in a folder. */
const ADMIN_FILES = new Set([
  "HEAD",
  "commondir",
  "gitdir",
  "index",
  "locked",
  "refs",
  "reftable",
  "skip-auto-rebase-watcher",
]);

/**
 * A slot's entry in the user's registry as we made it: leftovers of the agent's git (rebases, merges, locks, private
 * configuration) end with its lease, and what tells git where it belongs says so again.
 */
export async function mendAdminDir(repository: GitRepository, path: string, adminDir: string): Promise<void> {
  for (const name of await readdir(adminDir)) {
    if (!ADMIN_FILES.has(name)) await rm(join(adminDir, name), { recursive: true, force: true });
  }
  await ensureFile(join(adminDir, "commondir"), "../..\n");
  await ensureFile(join(adminDir, "gitdir"), `${join(path, ".git")}\n`);
  await ensureFile(join(adminDir, "locked"), lockReason(repository));
}
