import { join } from "node:path";
import type { Doors } from "./doors.ts";
import { requireObjectId } from "./names.ts";

/** A checkout of its own of this commit, for reading: what somebody checked out before us may be anybody's. */
export async function makeCheckout({ users }: Pick<Doors, "users">, commit: string, folder: string): Promise<string> {
  const path = join(folder, "base");
  await users("worktree", ["add", "--quiet", "--detach", "--", path, requireObjectId(commit)]);
  return path;
}
