import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { join, relative, resolve } from "node:path";

/**
 * A repository may keep the state of dispatch to itself: `<git common dir>/dispatch/home` names the folder that
 * takes the place of `DISPATCH_HOME` (and of a shared database) for every command typed there. The file is local
 * to one clone: nothing that is committed or fetched can make it.
 */
const markerFile = (commonDir: string): string => join(commonDir, "dispatch", "home");

/** The folder that this repository keeps its state in, absolute; null when it has none of its own. */
export async function readHomeMarker(commonDir: string): Promise<string | null> {
  try {
    const text = (await readFile(markerFile(commonDir), "utf8")).trimEnd();
    return text === "" ? null : resolve(commonDir, text);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return null;
    throw error;
  }
}

/** Written relative to the git dir, so that both may be moved together. */
export async function writeHomeMarker(commonDir: string, home: string): Promise<void> {
  const file = markerFile(commonDir);
  await mkdir(join(commonDir, "dispatch"), { recursive: true });
  await writeFile(`${file}.new`, `${relative(commonDir, home)}\n`);
  await rename(`${file}.new`, file);
}

/** The environment of a command in a repository with such a home: its own state, its own database. */
export function withHome<E extends Readonly<Record<string, string | undefined>>>(env: E, home: string): E {
  return { ...env, DISPATCH_HOME: home, DISPATCH_DATABASE_URL: undefined };
}
