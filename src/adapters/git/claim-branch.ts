import { existsSync } from "node:fs";
import { join } from "node:path";
import { DispatchError } from "../../domain/errors.ts";
import type { Doors } from "./doors.ts";
import { fields } from "./git.ts";
import { headRef, isLocalBranch } from "./names.ts";
import { swapRef } from "./refs.ts";

/**
 * The branch stands at `commit` and nobody else has it checked out. True when it was created: creating it is the
 * claim, of any number who try one wins. Codes `branch_exists` (elsewhere), `branch_checked_out`, `branch_blocked`.
 */
export async function claimBranch(doors: Doors, branch: string, commit: string): Promise<boolean> {
  // Most branches are new, and then making it is all there is to do.
  const found = seemsThere(doors, branch) ? await readHead(doors, branch) : null;
  if (found === null && (await createBranch(doors, branch, commit))) return true;
  const { at, path } = found ?? (await readHead(doors, branch)) ?? { at: null, path: "" };
  if (path !== "") throw checkedOut(branch, path);
  if (at === commit) return false;
  // A reviewer's or tester's branch of a round that was interrupted is of no use to anybody.
  if (isLocalBranch(branch) && (await swapRef(doors, headRef(branch), commit, at))) return false;
  throw new DispatchError({
    code: "branch_exists",
    message: `The branch ${branch} exists already, at ${at ?? "no commit"}, not at ${commit}.`,
    hint: `Look at it (git log ${branch}); if nobody needs it: git branch -D ${branch}`,
    facts: { branch, commit, actual: at },
  });
}

/** A guess that saves a question; packed branches and reftable are not seen by it. */
function seemsThere({ commonDir }: Doors, branch: string): boolean {
  return existsSync(join(commonDir, headRef(branch)));
}

/** Where a branch is, and in which worktree it is checked out (empty: in none), in one question. */
async function readHead(
  { users }: Doors,
  branch: string,
): Promise<{ readonly at: string; readonly path: string } | null> {
  const ref = headRef(branch);
  const format = "--format=%(refname)%00%(objectname)%00%(worktreepath)%00";
  const [name, at = "", path = ""] = fields(await users("for-each-ref", [format, ref]));
  return name === ref ? { at, path } : null;
}

/** False when somebody else was faster. */
async function createBranch(doors: Doors, branch: string, commit: string): Promise<boolean> {
  try {
    const input = `create ${headRef(branch)}\0${commit}\0`;
    await doors.moveRefs(input);
    return true;
  } catch (error) {
    if ((await readHead(doors, branch)) !== null) return false;
    throw blockedBy(error, branch) ?? error;
  }
}

function checkedOut(branch: string, path: string): DispatchError {
  return new DispatchError({
    code: "branch_checked_out",
    message: `The branch ${branch} is checked out in ${path}, so no agent can work on it.`,
    hint: `Switch that checkout to another branch: git -C '${path}' switch --detach`,
    facts: { branch, path },
  });
}

/** `refs/heads/dispatch` as a branch leaves no room for `refs/heads/dispatch/…`. */
function blockedBy(error: unknown, branch: string): DispatchError | null {
  if (!(error instanceof DispatchError)) return null;
  const other = /'refs\/heads\/([^']*)' exists; cannot create/.exec(String(error.facts["stderr"]))?.[1];
  if (other === undefined) return null;
  return new DispatchError({
    code: "branch_blocked",
    message: `The branch ${branch} cannot be made while there is a branch named ${other}.`,
    hint: `Rename that one: git branch -m ${other} ${other}-old`,
    facts: { branch, other },
    cause: error,
  });
}
