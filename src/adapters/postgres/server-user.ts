import { readFile, stat } from "node:fs/promises";
import { dirname } from "node:path";
import { DispatchError } from "../../domain/errors.ts";

/** Who runs the server. */
export interface ServerUser {
  readonly uid: number;
  readonly gid: number;
  /** True when it is not who we are: PostgreSQL refuses to run as root. */
  readonly isOther: boolean;
}

/** Best first: `nobody` is shared with other services. */
const UNPRIVILEGED = ["postgres", "nobody"];

export async function readServerUser(): Promise<ServerUser> {
  const uid = process.getuid?.() ?? -1;
  const gid = process.getgid?.() ?? -1;
  if (uid !== 0) return { uid, gid, isOther: false };
  const users = (await readFile("/etc/passwd", "utf8")).split("\n").map((line) => line.split(":"));
  for (const name of UNPRIVILEGED) {
    const [, , other, group] = users.find(([known]) => known === name) ?? [];
    if (other !== undefined && group !== undefined) return { uid: Number(other), gid: Number(group), isOther: true };
  }
  throw new DispatchError({
    code: "postgres_no_user",
    message: `PostgreSQL refuses to run as root, and there is neither of the users ${UNPRIVILEGED.join(", ")}.`,
    hint: "Make one: useradd --system postgres",
  });
}

/** True when this user may pass through the folder and all above it. Access lists are not looked at. */
export async function canReach(user: ServerUser, folder: string): Promise<boolean> {
  if (!user.isOther) return true;
  for (let at = folder; ; at = dirname(at)) {
    const { mode, uid, gid } = await stat(at);
    const shift = uid === user.uid ? 6 : gid === user.gid ? 3 : 0;
    if (((mode >> shift) & 1) === 0) return false;
    if (at === dirname(at)) return true;
  }
}
