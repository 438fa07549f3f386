import { lchown, readdir } from "node:fs/promises";
import { join } from "node:path";
import type { ServerUser } from "./server-user.ts";

/** Gives a folder of ours with all that is in it to the user who runs the server. */
export async function ownTree(folder: string, user: ServerUser): Promise<void> {
  if (!user.isOther) return;
  await lchown(folder, user.uid, user.gid);
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) await ownTree(path, user);
    else await lchown(path, user.uid, user.gid);
  }
}
