import { mkdir, readdir, rm } from "node:fs/promises";
import { dirname, join, relative, sep } from "node:path";
import { DispatchError } from "../../domain/errors.ts";
import { isMissing, readIfThere, readPlain, replaceFile } from "./files.ts";
import type { SlotKit } from "./kit.ts";
import { nextSlotName } from "./pick-slot.ts";
import type { GitRepository } from "./repository.ts";
import { retryBusy } from "./retry-busy.ts";
import type { Slot } from "./schema.ts";
import { removeTraps } from "./settle.ts";
import { moveAway, retireEntry } from "./trash.ts";

/** First words of the lock that every slot has in the user's registry: nobody prunes it, and we find it again. */
export const LOCK_REASON = "dispatch slot";

export function lockReason({ id }: Pick<GitRepository, "id">): string {
  return `${LOCK_REASON} of repository ${id}`;
}

/** A free name; under the registry lock. */
export async function readFreeName({ repository }: SlotKit, slots: readonly Slot[]): Promise<string> {
  const folders = [repository.workDir, join(repository.commonDir, "worktrees")];
  const lists = await Promise.all(folders.map(readNames));
  return nextSlotName(new Set([...lists.flat(), ...slots.map(({ name }) => name)]));
}

/** A registered, detached and locked worktree without files yet; gives its entry. Under the registry lock. */
export async function addWorktree({ repository }: SlotKit, path: string, commit: string): Promise<string> {
  await hideWorkDir(repository);
  // git reads the entries of all the others.
  for (const { adminDir } of await repository.slots.read()) if (adminDir !== null) await removeTraps(adminDir);
  await mkdir(dirname(path), { recursive: true });
  const options = ["--detach", "--no-checkout", "--lock", "--reason", lockReason(repository)];
  await retryBusy(async () => {
    try {
      await repository.doors.users("worktree", ["add", ...options, path, commit]);
    } catch (error) {
      await clearFailedAdd(repository, path);
      throw error;
    }
  });
  const adminDir = /^gitdir: (.*)\n$/.exec((await readPlain(join(path, ".git"))) ?? "")?.[1];
  if (adminDir === undefined || dirname(adminDir) !== join(repository.commonDir, "worktrees"))
    throw strangeWorktree(path);
  // git copies the sparse patterns of the user's checkout; a slot always has every file.
  await rm(join(adminDir, "config.worktree"), { force: true });
  await rm(join(adminDir, "info"), { recursive: true, force: true });
  return adminDir;
}

/** What a failed attempt left would fail the next one. The name was free, so whatever has it now is of this attempt. */
async function clearFailedAdd({ commonDir, workDir }: GitRepository, path: string): Promise<void> {
  await moveAway(path, join(workDir, ".trash"));
  await retireEntry(commonDir, join(commonDir, "worktrees", path.slice(dirname(path).length + 1)));
}

/** One line in `.git/info/exclude`, written once: a `.gitignore` would be a change in the user's checkout. */
async function hideWorkDir({ place, workDir }: GitRepository): Promise<void> {
  const inside = [place.mainRoot, place.root].find((root) => workDir.startsWith(root + sep));
  if (inside === undefined || workDir.startsWith(place.commonDir + sep)) return;
  const pattern = `/${relative(inside, workDir).replace(/[\\*?[\]!# ]/g, "\\$&")}/`;
  const file = join(place.commonDir, "info", "exclude");
  const text = (await readIfThere(file)) ?? "";
  if (text.split("\n").includes(pattern)) return;
  await mkdir(dirname(file), { recursive: true });
  await replaceFile(file, `${text}${text === "" || text.endsWith("\n") ? "" : "\n"}${pattern}\n`);
}

async function readNames(folder: string): Promise<readonly string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    if (isMissing(error)) return [];
    throw error;
  }
}

function strangeWorktree(path: string): DispatchError {
  return new DispatchError({
    code: "worktree_strange",
    message: `git made the worktree ${path}, but its .git file does not name a folder in this repository.`,
    hint: "Report it together with the output of: git worktree list",
    facts: { path },
  });
}
