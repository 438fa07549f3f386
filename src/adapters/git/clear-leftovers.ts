import { readdir, stat, unlink } from "node:fs/promises";
import { dirname, join } from "node:path";
import { isMissing } from "./files.ts";
import { OWN_HEADS, OWN_REFS } from "./names.ts";
import { dispatchDir } from "./registry.ts";
import type { GitRepository } from "./repository.ts";
import { removeTree } from "./trash.ts";

/** A living git holds a ref lock for moments. */
const STALE_MS = 60_000;
/** This one is not ours alone; git itself holds it for as long as packing takes. */
const STALE_SHARED_MS = 10 * 60_000;

/** Locks of our own refs that a killed git left: they would freeze those branches for ever. */
export async function clearRefLocks(
  { commonDir }: GitRepository,
  { someoneDied }: { readonly someoneDied: boolean },
): Promise<void> {
  const age = someoneDied ? 0 : STALE_MS;
  for (const refs of [...OWN_HEADS, OWN_REFS]) {
    for (const root of [join(commonDir, refs), join(commonDir, "logs", refs)]) await clearLocks(root, age);
  }
  if (someoneDied) await unlinkOlder(join(commonDir, "packed-refs.lock"), STALE_SHARED_MS);
}

async function clearLocks(folder: string, age: number): Promise<void> {
  for (const entry of await listed(folder)) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) await clearLocks(path, age);
    else if (entry.name.endsWith(".lock")) await unlinkOlder(path, age);
  }
}

async function unlinkOlder(path: string, age: number): Promise<void> {
  try {
    if (Date.now() - (await stat(path)).mtimeMs >= age) await unlink(path);
  } catch (error) {
    if (!isMissing(error)) throw error;
  }
}

/** What was on its way out, and what somebody was writing: moved or made under names that nobody reads again. */
export async function clearLeftovers(repository: GitRepository): Promise<void> {
  const { commonDir, workDir, slots, doors } = repository;
  const workDirs = new Set([workDir, ...(await slots.read()).map(({ path }) => dirname(path))]);
  const ours = dispatchDir(commonDir);
  for (const trash of [join(ours, "trash"), ...[...workDirs].map((folder) => join(folder, ".trash"))]) {
    await clear(trash, () => true);
  }
  await clear(ours, (name) => name.endsWith(".new"));
  await clear(doors.orchDir, (name) => /^(?:scratch|overlay)-/.test(name));
}

async function clear(folder: string, isLeftover: (name: string) => boolean): Promise<void> {
  for (const { name } of await listed(folder)) {
    const path = join(folder, name);
    if (isLeftover(name) && (await isOld(path))) await removeTree(path);
  }
}

/** Somebody may be at work with it right now. */
async function isOld(path: string): Promise<boolean> {
  try {
    return Date.now() - (await stat(path)).ctimeMs > STALE_MS;
  } catch (error) {
    if (isMissing(error)) return false;
    throw error;
  }
}

async function listed(folder: string) {
  try {
    return await readdir(folder, { withFileTypes: true });
  } catch (error) {
    if (isMissing(error)) return [];
    throw error;
  }
}
