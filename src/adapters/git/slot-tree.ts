import { constants, existsSync } from "node:fs";
import { copyFile, mkdir, rename, rm } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { gitFor, type Tree } from "./capture.ts";
import type { Doors } from "./doors.ts";
import { isMissing } from "./files.ts";
import { readFilledLinks } from "./filled-links.ts";
import { fields, type Git } from "./git.ts";
import type { SlotKit } from "./kit.ts";
import type { Slot } from "./schema.ts";
import { settleTree } from "./settle.ts";
import { indexPath } from "./slots.ts";

/**
 * Makes the files of a slot those of `to`. Done through our own git dir: no filter, hook or sparse pattern of the
 * user's repository has a part in it, just as none has in a snapshot. While it works our index has another name,
 * so that after a crash nobody takes a half-changed tree for somebody's work.
 */
export async function moveTree(kit: SlotKit, slot: Slot, to: string): Promise<void> {
  await rebuild(kit, slot, to, async (git, tree) => {
    if (slot.commit === null) await rm(tree.index, { force: true });
    else if (await switchTree(git, slot.commit, to)) return;
    await git("read-tree", ["--reset", "-u", to]);
  });
}

/** False, and nothing was changed, when something is in the way. */
async function switchTree(git: Git, from: string, to: string): Promise<boolean> {
  return (await git("read-tree", ["-m", "-u", from, to], { ok: [0, 1, 128] })).exitCode === 0;
}

/** What is in a slot beside the files that our index lists: nothing, ignored folders that stay, or more. */
export type Left = "nothing" | "kept" | "more";

/** Throws away whatever is in a slot but kept folders; true when it is exactly `to` now. */
export async function resetTree(kit: SlotKit, slot: Slot, to: string, left: Left): Promise<boolean> {
  const from = kit.repository.slots.holds.get(slot.name);
  const { doors } = kit.repository;
  if (left === "more") await settle(kit, slot, "remove");
  return rebuild(kit, slot, to, async (git, tree) => {
    // Touches what differs, where the other looks at every file.
    const isSwitch = left === "nothing" && from !== undefined;
    if (isSwitch && (from === to || (await switchTree(git, from, to)))) return true;
    await git("read-tree", ["--reset", "-u", to]);
    if (left === "nothing") return true;
    // What was ignored before need not be ignored here.
    if (left === "kept" ? await isClean(doors, tree) : (await listAll(doors, tree)).length === 0) return true;
    // Ignored files go, too, but not the kept folders; then what only looked like one and is not ignored here.
    await git("clean", ["-ffdxq", ...kit.keep.flatMap((name) => ["-e", name])]);
    await git("clean", ["-ffdq"], { ok: [0, 1] });
    return isClean(doors, tree);
  });
}

/** True for a new slot, one that we cleaned ourselves, and one that is still as somebody cleaned it before us. */
export async function isUntouched(kit: SlotKit, slot: Slot): Promise<boolean> {
  if (slot.commit === null || kit.trusted.has(slot.name)) return true;
  const tree = treeOf(kit, slot);
  if (!existsSync(tree.index)) return false;
  const isStrange = await settle(kit, slot, "leave").catch(() => true);
  return !isStrange && isClean(kit.repository.doors, tree);
}

/** True while the files of a leased slot are those that were put there, but for what is ignored. */
export async function isAsLeased(kit: SlotKit, slot: Slot): Promise<boolean> {
  return !(await settle(kit, slot, "leave")) && (await isClean(kit.repository.doors, treeOf(kit, slot)));
}

export async function readLeft(kit: SlotKit, slot: Slot): Promise<Left> {
  const { doors } = kit.repository;
  const tree = treeOf(kit, slot);
  if (await settle(kit, slot, "leave")) return "more";
  const left = await listAll(doors, tree);
  if (left.length === 0) return "nothing";
  const isKept = (path: string): boolean => path.endsWith("/") && kit.keep.includes(basename(path));
  return left.every(isKept) && (await isClean(doors, tree)) ? "kept" : "more";
}

/** What lies in an idle slot beside the files of its commit: what was kept, as roots and as entries between files. */
export async function readStayed(kit: SlotKit, slot: Slot): Promise<readonly string[]> {
  if (slot.commit === null || kit.keep.length === 0) return [];
  return fields(await gitFor(kit.repository.doors, treeOf(kit, slot))("ls-files", ["-z", "--others", "--directory"]));
}

function settle({ repository, keep }: SlotKit, { path }: Slot, strange: "leave" | "remove"): Promise<boolean> {
  const { commonDir, late: signal } = repository.doors;
  return settleTree(path, { commonDir, signal, strange, keep });
}

function treeOf({ repository }: SlotKit, { name, path }: Slot): Tree {
  return { root: path, index: indexPath(repository.stateDir, name) };
}

/** Not as the index lists it: nothing, but for ignored files. */
async function isClean(doors: Doors, tree: Tree): Promise<boolean> {
  return (await list(doors, tree, "--exclude-standard")).length === 0;
}

/** What is not as the index lists it, ignored files included; a folder of such files is one entry. */
function listAll(doors: Doors, tree: Tree): Promise<readonly string[]> {
  return list(doors, tree, "--directory");
}

async function list(doors: Doors, tree: Tree, option: string): Promise<readonly string[]> {
  const git = gitFor(doors, tree);
  const left = fields(await git("ls-files", ["-z", "--others", "--modified", "--deleted", option]));
  return [...left, ...(await readFilledLinks(git, tree))];
}

async function rebuild<T>(
  kit: SlotKit,
  slot: Slot,
  to: string,
  work: (git: Git, tree: Tree) => Promise<T>,
): Promise<T> {
  const { doors, slots } = kit.repository;
  const { root, index } = treeOf(kit, slot);
  slots.holds.delete(slot.name);
  const moving = `${index}.moving`;
  await mkdir(dirname(index), { recursive: true });
  await rm(`${moving}.lock`, { force: true });
  await rename(index, moving).catch((error: unknown) => {
    if (!isMissing(error)) throw error;
  });
  const tree = { root, index: moving };
  const done = await work(gitFor(doors, tree), tree);
  if (slot.adminDir !== null) await giveIndex(moving, slot.adminDir);
  await rename(moving, index);
  slots.holds.set(slot.name, to);
  return done;
}

/** The agent's own git starts from a copy, renamed into place: what lies there now may be a link of the agent's. */
async function giveIndex(index: string, adminDir: string): Promise<void> {
  const beside = join(adminDir, "index.new");
  await rm(beside, { recursive: true, force: true });
  await copyFile(index, beside, constants.COPYFILE_EXCL);
  await rename(beside, join(adminDir, "index"));
}
