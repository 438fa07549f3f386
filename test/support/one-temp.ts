import { spawnSync } from "node:child_process";
import { chmodSync, existsSync, mkdtempSync, realpathSync, rmSync, statfsSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";

/** Short: the path of a socket has room for a hundred characters. */
const PREFIX = "t-";
/** A fifth of what the tests cost is the system's work for files on a disk. */
const MEMORY = "/dev/shm";
const ROOM_BYTES = 6 * 1024 ** 3;

/**
 * Vitest's global setup: what a run makes below the system's folder for temporary files is below one folder there, and
 * goes with it. Tests kill programs that would have tidied up.
 */
export function setup(): (() => void) | undefined {
  const named = process.env["TMPDIR"];
  // The project before this one has made it.
  if (named !== undefined && basename(named).startsWith(PREFIX)) return undefined;
  const folder = mkdtempSync(join(named === undefined && isOfUse(MEMORY) ? MEMORY : realpathSync(tmpdir()), PREFIX));
  // As what it stands in for: PostgreSQL and the agents of some tests run as other users.
  chmodSync(folder, 0o1777);
  process.env["TMPDIR"] = folder;
  return () => {
    if (named === undefined) delete process.env["TMPDIR"];
    else process.env["TMPDIR"] = named;
    rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
  };
}

/** With room, and one whose programs may be started. */
function isOfUse(disk: string): boolean {
  if (!existsSync(disk)) return false;
  const { bavail, bsize } = statfsSync(disk);
  if (bavail * bsize < ROOM_BYTES) return false;
  const folder = mkdtempSync(join(disk, PREFIX));
  const program = join(folder, "program");
  writeFileSync(program, "#!/bin/sh\n", { mode: 0o755 });
  const { status } = spawnSync(program);
  rmSync(folder, { recursive: true });
  return status === 0;
}
