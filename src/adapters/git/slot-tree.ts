import { existsSync } from "node:fs";
import { copyFile, mkdir, rename, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { gitFor } from "./capture.ts";
import { isMissing } from "./files.ts";
import { fields, type Git } from "./git.ts";
import type { SlotKit } from "./kit.ts";
import type { Slot } from "./schema.ts";
import { indexPath } from "./slots.ts";

/**
 * Makes the files of a slot those of `to`. Done through our own git dir: no filter, hook or sparse pattern of the
 * user's repository has a part in it, just as none has in a snapshot. While it works our index has another name,
 * so that after a crash nobody takes a half-changed tree for somebody's work.
 */
export async function moveTree(kit: SlotKit, slot: Slot, to: string): Promise<void> {
  await rebuild(kit, slot, to, async (git, index) => {
    if (slot.commit === null) await rm(index, { force: true });
    else if ((await git("read-tree", ["-m", "-u", slot.commit, to], { ok: [0, 1, 128] })).exitCode === 0) return;
    await git("read-tree", ["--reset", "-u", to]);
  });
}

/**
 * Throws away whatever is in a slot but kept folders; true when it is exactly `to` now. `isPlain` says that it holds
 * nothing but what our index lists, so that nothing can be left over.
 */
export async function resetTree(kit: SlotKit, slot: Slot, to: string, isPlain: boolean): Promise<boolean> {
  return rebuild(kit, slot, to, async (git) => {
    await git("read-tree", ["--reset", "-u", to]);
    if (isPlain || (await isExact(git))) return true;
    // Ignored files go, too, but not the kept folders; then what only looked like one and is not ignored here.
    await git("clean", ["-ffdxq", ...kit.keep.flatMap((name) => ["-e", name])], { ok: [0, 1] });
    await git("clean", ["-ffdq"], { ok: [0, 1] });
    return isClean(git);
  });
}

/** True for a new slot, one that we cleaned ourselves, and one that is still as somebody cleaned it before us. */
export async function isUntouched(kit: SlotKit, slot: Slot): Promise<boolean> {
  if (slot.commit === null || kit.trusted.has(slot.name)) return true;
  const index = indexPath(kit.repository.stateDir, slot.name);
  return existsSync(index) && isClean(gitFor(kit.repository.doors, { root: slot.path, index }));
}

/** True when nothing is in a slot, ignored files included, but the files of `commit`. */
export async function isPlain({ repository }: SlotKit, slot: Slot, commit: string): Promise<boolean> {
  const { doors, stateDir, slots } = repository;
  if (slots.holds.get(slot.name) !== commit) return false;
  return isExact(gitFor(doors, { root: slot.path, index: indexPath(stateDir, slot.name) }));
}

/** Not even ignored files. */
async function isExact(git: Git): Promise<boolean> {
  return fields(await git("ls-files", ["-z", "--others", "--modified", "--deleted", "--directory"])).length === 0;
}

async function isClean(git: Git): Promise<boolean> {
  const left = await git("ls-files", ["-z", "--others", "--modified", "--deleted", "--exclude-standard"]);
  return fields(left).length === 0;
}

async function rebuild<T>(
  kit: SlotKit,
  slot: Slot,
  to: string,
  work: (git: Git, index: string) => Promise<T>,
): Promise<T> {
  const { stateDir, slots } = kit.repository;
  const index = indexPath(stateDir, slot.name);
  slots.holds.delete(slot.name);
  const moving = `${index}.moving`;
  await mkdir(dirname(index), { recursive: true });
  await rm(`${moving}.lock`, { force: true });
  await rename(index, moving).catch((error: unknown) => {
    if (!isMissing(error)) throw error;
  });
  const done = await work(gitFor(kit.repository.doors, { root: slot.path, index: moving }), moving);
  if (slot.adminDir !== null) await giveIndex(moving, slot.adminDir);
  await rename(moving, index);
  slots.holds.set(slot.name, to);
  return done;
}

/** The agent's own git starts from a copy, renamed into place: what lies there now may be a link of the agent's. */
async function giveIndex(index: string, adminDir: string): Promise<void> {
  const beside = join(adminDir, "index.new");
  await rm(beside, { recursive: true, force: true });
  await copyFile(index, beside);
  await rename(beside, join(adminDir, "index"));
}
