import { lstatSync, type Stats } from "node:fs";
import { readdir, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { KEPT_FOLDERS } from "../../ports/worktrees.ts";

/** Path in the worktree → what nobody can set back, the time of the last change of an inode above all. */
export type Inventory = ReadonlyMap<string, string>;

/** Everything in the kept folders of a worktree, wherever they lie, and the folders above them. */
export async function readInventory(cwd: string): Promise<Inventory> {
  const seen = new Map<string, string>();
  const add = (path: string, stats: Stats): boolean => {
    seen.set(path, printOf(stats));
    return true;
  };
  for (const path of await findKept(cwd, "")) {
    for (let above = dirname(path); above !== "."; above = dirname(above)) add(above, lstatSync(join(cwd, above)));
    await visit(cwd, path, add);
  }
  return seen;
}

/**
 * Whether what is `left` in a worktree is what was there when the inventory was taken. New entries are taken away:
 * tools write their caches there. What changed, or is gone, makes all of it doubtful.
 */
export async function isAsLeft(cwd: string, left: readonly string[], inventory: Inventory): Promise<boolean> {
  const [seen, added] = [new Set<string>(), new Array<string>()];
  let isSame = true;
  const compare = (path: string, stats: Stats): boolean => {
    const before = inventory.get(path);
    if (before === undefined) added.push(path);
    else if (before === printOf(stats)) seen.add(path);
    else isSame = false;
    return isSame && before !== undefined;
  };
  for (const path of left) await visit(cwd, path.replace(/\/$/, ""), compare);
  // What nobody named may be a commit's own file, hidden, or gone.
  const isOther = ([path, before]: readonly [string, string]): boolean => {
    const stats = seen.has(path) ? null : lstatSync(join(cwd, path), { throwIfNoEntry: false });
    return stats !== null && (stats === undefined || printOf(stats) !== before);
  };
  if (!isSame || [...inventory].some(isOther)) return false;
  for (const path of added) await rm(join(cwd, path), { recursive: true });
  return true;
}

/** A folder's times change with every cache in it, and its mode when we read it: its entries are looked at instead. */
function printOf(stats: Stats): string {
  const { ino, mode, size, ctimeMs } = stats;
  return stats.isDirectory() ? `folder ${ino}` : `${ino} ${mode} ${size} ${ctimeMs}`;
}

/** Folders are read one after another, so that nobody waits for all of them; a file costs no turn of its own. */
async function visit(
  cwd: string,
  path: string,
  see: (path: string, stats: Stats) => boolean,
  stats = lstatSync(join(cwd, path)),
): Promise<void> {
  if (!see(path, stats) || !stats.isDirectory()) return;
  const inside = (await readdir(join(cwd, path))).map((name) => join(path, name));
  const folders = inside.flatMap((one) => {
    const found = lstatSync(join(cwd, one));
    if (found.isDirectory()) return [{ one, found }];
    see(one, found);
    return [];
  });
  for (const { one, found } of folders) await visit(cwd, one, see, found);
}

async function findKept(cwd: string, folder: string): Promise<readonly string[]> {
  const found: string[] = [];
  for (const entry of await readdir(join(cwd, folder), { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if ((KEPT_FOLDERS as readonly string[]).includes(entry.name)) found.push(path);
    else if (entry.isDirectory() && entry.name !== ".git") found.push(...(await findKept(cwd, path)));
  }
  return found;
}
