import { chmodSync, mkdtempSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";

/** Short: the path of a socket has room for a hundred characters. */
const PREFIX = "t-";

/**
 * Vitest's global setup: what a run makes below the system's folder for temporary files is below one folder there, and
 * goes with it. Tests kill programs that would have tidied up.
 */
export function setup(): (() => void) | undefined {
  const above = realpathSync(tmpdir());
  // The project before this one has made it.
  if (basename(above).startsWith(PREFIX)) return undefined;
  const folder = mkdtempSync(join(above, PREFIX));
  // As what it stands in for: PostgreSQL and the agents of some tests run as other users.
  chmodSync(folder, 0o1777);
  process.env["TMPDIR"] = folder;
  return () => {
    process.env["TMPDIR"] = above;
    rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
  };
}
