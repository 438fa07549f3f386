import { lstat } from "node:fs/promises";
import { join } from "node:path";
import { DispatchError } from "../../domain/errors.ts";
import { isMissing, readPlain } from "./files.ts";
import type { Slot } from "./schema.ts";

/** What git wrote into `.git` of the linked worktree. */
function dotGitText(adminDir: string): string {
  return `gitdir: ${adminDir}\n`;
}

/** True while the root and its entry are real folders, and `.git` is still the small file that git wrote. No discovery, no links. */
export async function isIntact({ path, adminDir }: Pick<Slot, "path" | "adminDir">): Promise<boolean> {
  if (adminDir === null || !(await isFolder(path)) || !(await isFolder(adminDir))) return false;
  const dotGit = join(path, ".git");
  try {
    const stat = await lstat(dotGit);
    const expected = dotGitText(adminDir);
    return stat.isFile() && stat.size === Buffer.byteLength(expected) && (await readPlain(dotGit)) === expected;
  } catch (error) {
    if (isMissing(error)) return false;
    throw error;
  }
}

/** A folder and no link to one. */
export async function isFolder(path: string): Promise<boolean> {
  try {
    return (await lstat(path)).isDirectory();
  } catch (error) {
    if (isMissing(error)) return false;
    throw error;
  }
}

export async function requireIntact(slot: Pick<Slot, "path" | "adminDir">): Promise<void> {
  if (await isIntact(slot)) return;
  throw new DispatchError({
    code: "worktree_gone",
    message: `The worktree ${slot.path} was removed or replaced, so its files are not taken for work.`,
    hint: "What was saved before is in refs/dispatch/salvage; start again with: dispatch retry TASK",
    facts: { path: slot.path },
  });
}
