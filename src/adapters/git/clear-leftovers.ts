import { lstat, readdir, unlink } from "node:fs/promises";
import { dirname, join } from "node:path";
import { hasCode, isMissing } from "./files.ts";
import { OWN_HEADS, OWN_REFS } from "./names.ts";
import { dispatchDir } from "./registry.ts";
import type { GitRepository } from "./repository.ts";
import { removeTree } from "./remove-tree.ts";

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
    if (Date.now() - (await lstat(path)).mtimeMs >= age) await unlink(path);
  } catch (error) {
    // git says so where somebody needs that ref; the others go on.
    if (!isMissing(error) && !hasCode(error, "EACCES", "EPERM")) throw error;
  }
}

export interface Stays {
  readonly what: string;
  readonly why: string;
}

/**
 * What was on its way out, and what somebody was writing: moved or made under names that nobody reads again. Gives
 * what could not be removed; the next call tries again.
 */
export async function clearLeftovers(repository: GitRepository): Promise<readonly Stays[]> {
  const { commonDir, workDir, stateDir, slots, doors } = repository;
  const workDirs = new Set([workDir, ...(await slots.read()).map(({ path }) => dirname(path))]);
  const ours = dispatchDir(commonDir);
  const trashes = [ours, stateDir].map((folder) => join(folder, "trash"));
  const stays: Stays[] = [];
  for (const trash of [...trashes, ...[...workDirs].map((folder) => join(folder, ".trash"))]) {
    stays.push(...(await clear(trash, () => true)));
  }
  stays.push(...(await clear(ours, (name) => name.endsWith(".new"))));
  stays.push(...(await clear(doors.orchDir, (name) => /^(?:scratch|overlay)-/.test(name))));
  return stays;
}

async function clear(folder: string, isLeftover: (name: string) => boolean): Promise<readonly Stays[]> {
  const stays: Stays[] = [];
  for (const { name } of await listed(folder)) {
    const what = join(folder, name);
    const why = isLeftover(name) && (await isOld(what)) ? await removeTree(what) : null;
    if (why !== null) stays.push({ what, why: `it could not be removed: ${why}` });
  }
  return stays;
}

/** Somebody may be at work with it right now. */
async function isOld(path: string): Promise<boolean> {
  try {
    return Date.now() - (await lstat(path)).ctimeMs > STALE_MS;
  } catch (error) {
    if (isMissing(error)) return false;
    throw error;
  }
}

async function listed(folder: string) {
  try {
    return await readdir(folder, { withFileTypes: true });
  } catch (error) {
    // Locked or too deep by somebody's hand: what is in there is left alone.
    if (isMissing(error) || hasCode(error, "EACCES", "ENAMETOOLONG")) return [];
    throw error;
  }
}
