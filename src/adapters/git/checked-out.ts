import type { Doors } from "./doors.ts";
import { fields } from "./git.ts";

/** Which branch is checked out where: branch name → path. The user's checkout is one of them. */
export async function readCheckedOut({ users }: Pick<Doors, "users">): Promise<ReadonlyMap<string, string>> {
  const found = new Map<string, string>();
  let path = "";
  for (const field of fields(await users("worktree", ["list", "--porcelain", "-z"]))) {
    if (field.startsWith("worktree ")) path = field.slice("worktree ".length);
    if (field.startsWith("branch refs/heads/")) found.set(field.slice("branch refs/heads/".length), path);
  }
  return found;
}
