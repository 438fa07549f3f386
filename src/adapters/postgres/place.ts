import { createHash } from "node:crypto";
import { chmod, chown, lstat, mkdir, realpath, stat, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { DispatchError } from "../../domain/errors.ts";
import { hasCode } from "../git/files.ts";
import type { Place } from "./schema.ts";
import { canReach, readServerUser, type ServerUser } from "./server-user.ts";

export type { Place } from "./schema.ts";

/** For root, when the server's user cannot reach the state folder. */
const FALLBACK = "/var/lib/dispatch/pg";
/** Of `sockaddr_un`, without the final zero; macOS has 104 bytes, Linux 108. */
const LONGEST_SOCKET_PATH = 103;

/** Makes the folders. `home` is DISPATCH_HOME; its `postgres` is the place, or a link to it. */
export async function preparePlace(home: string): Promise<Place> {
  const user = await readServerUser();
  const link = join(home, "postgres");
  await mkdir(home, { recursive: true });
  if (!(await exists(link))) await makeRoot(await realpath(home), link, user);
  const root = await realpath(link);
  await own(root, user);
  if (!(await canReach(user, dirname(root)))) throw unreachable(root, user);
  return {
    root,
    user,
    data: join(root, "data"),
    password: join(root, "password"),
    log: join(root, "server.log"),
    lock: join(root, "start.lock"),
  };
}

async function makeRoot(home: string, link: string, user: ServerUser): Promise<void> {
  if (await canReach(user, home)) {
    await mkdir(link, { recursive: true, mode: 0o700 });
    return;
  }
  const root = join(FALLBACK, shortHash(home));
  await mkdir(root, { recursive: true, mode: 0o700 });
  // Both are ours; passing through is all that others may do.
  for (const above of [dirname(FALLBACK), FALLBACK]) await chmod(above, ((await stat(above)).mode & 0o777) | 0o111);
  await symlink(root, link).catch((error: unknown) => {
    // Another command made it at the same time.
    if (!hasCode(error, "EEXIST")) throw error;
  });
}

/** The folder for the socket: in the place itself, or a short one when that path is too long for a socket. */
export async function prepareSocketFolder({ root, user }: Place): Promise<string> {
  if (isShort(root)) return root;
  const name = `dispatch-pg-${shortHash(root)}`;
  const { XDG_RUNTIME_DIR: runtime } = process.env;
  for (const base of [...(runtime === undefined ? [] : [runtime]), tmpdir(), "/tmp"]) {
    const folder = join(base, name);
    if (!(await exists(base)) || !(await canReach(user, await realpath(base))) || !isShort(folder)) continue;
    await mkdir(folder, { mode: 0o700 }).catch((error: unknown) => {
      if (!hasCode(error, "EEXIST")) throw error;
    });
    await own(folder, user);
    return folder;
  }
  throw new DispatchError({
    code: "socket_path_too_long",
    message: `No folder with a short path was found for the socket of the private PostgreSQL (${root} is too long).`,
    hint: "Set DISPATCH_HOME or TMPDIR to a folder with a shorter path.",
    facts: { root },
  });
}

/** Takes over what we made as root; refuses what somebody else put there. */
async function own(folder: string, user: ServerUser): Promise<void> {
  const me = process.getuid?.();
  const found = await lstat(folder);
  if (!found.isDirectory() || (found.uid !== user.uid && found.uid !== me)) {
    throw new DispatchError({
      code: "postgres_folder_taken",
      message: `${folder} belongs to somebody else, so the private PostgreSQL does not use it.`,
      hint: `Look at it and move it away: ls -ld '${folder}'`,
      facts: { folder, uid: found.uid },
    });
  }
  if (found.uid !== user.uid) await chown(folder, user.uid, user.gid);
  if ((found.mode & 0o777) !== 0o700) await chmod(folder, 0o700);
}

function unreachable(root: string, { uid }: ServerUser): DispatchError {
  return new DispatchError({
    code: "postgres_unreachable",
    message: `The data of the private PostgreSQL in ${root} cannot be reached by user ${uid}, who runs it for root.`,
    hint: `Let others pass through the folders above it: chmod o+x '${dirname(root)}'`,
    facts: { root, uid },
  });
}

function isShort(folder: string): boolean {
  return Buffer.byteLength(join(folder, ".s.PGSQL.5432")) <= LONGEST_SOCKET_PATH;
}

function shortHash(text: string): string {
  return createHash("sha256").update(text).digest("hex").slice(0, 16);
}

async function exists(path: string): Promise<boolean> {
  return lstat(path).then(
    () => true,
    (error: unknown) => {
      if (hasCode(error, "ENOENT")) return false;
      throw error;
    },
  );
}
