import { copyFile, mkdir, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { readIfThere } from "../git/files.ts";
import { headRef } from "../git/names.ts";
import { isIntact } from "../git/own-tree.ts";
import type { GitRepository } from "../git/repository.ts";
import { indexPath } from "../git/slots.ts";

/** A git dir of the agent's own: it begins where the task does, and nobody reads what becomes of it. */
export interface ScratchGit {
  readonly dir: string;
  /** The text of the worktree's `.git` file, as it is inside. */
  readonly dotGit: string;
  /** Folders of the user's objects, to be read. */
  readonly stores: readonly string[];
}

/**
 * Made without git, from our own book and our own index: neither the worktree nor its folder in the user's git dir is
 * asked. Made once for a scratch folder. null for a folder that is no worktree of ours, or none any more.
 */
export async function ensureScratchGit(
  repository: GitRepository,
  cwd: string,
  scratch: string,
): Promise<ScratchGit | null> {
  const slot = (await repository.slots.read()).find(({ path }) => path === cwd);
  if (slot === undefined || slot.lease === null || !(await isIntact(slot))) return null;
  const { doors, place, stateDir } = repository;
  const [dir, dotGit] = [join(scratch, "git"), join(scratch, "dotgit")];
  const made = { dir, dotGit, stores: await readStores(doors.objects) };
  if ((await mkdir(dir, { recursive: true })) === undefined) return made;
  for (const folder of ["objects/info", "objects/pack", "refs/heads", "refs/tags", "info"])
    await mkdir(join(dir, folder), { recursive: true });
  const format = "--format=%(objectname) %(refname)";
  const refs = await doors.users("for-each-ref", [format, "refs/heads", "refs/remotes", "refs/tags"]);
  const write = (file: string, text: string): Promise<void> => writeFile(join(dir, file), text, { flag: "wx" });
  await write("packed-refs", refs.stdout);
  await write("HEAD", `ref: ${headRef(slot.lease.branch)}\n`);
  await write("config", configText(place));
  await write("objects/info/alternates", `${doors.objects}\n`);
  await write("info/exclude", (await readIfThere(join(place.commonDir, "info", "exclude"))) ?? "");
  await copyFile(indexPath(stateDir, slot.name), join(dir, "index"));
  await writeFile(dotGit, `gitdir: ${dir}\n`, { flag: "wx" });
  return made;
}

function configText({ objectFormat, fileConfig }: GitRepository["place"]): string {
  const files = Object.entries(fileConfig).map(([key, value]) => `\t${key.slice("core.".length)} = ${value}\n`);
  const extensions = objectFormat === "sha1" ? "" : `[extensions]\n\tobjectFormat = ${objectFormat}\n`;
  const core = `[core]\n\trepositoryformatversion = ${objectFormat === "sha1" ? 0 : 1}\n\tbare = false\n${files.join("")}`;
  return `${core}${extensions}[user]\n\tname = agent\n\temail = agent@localhost\n`;
}

/** The folder of objects, and those that the user's repository borrows from. */
async function readStores(objects: string): Promise<readonly string[]> {
  const borrowed = (await readIfThere(join(objects, "info", "alternates")))?.split("\n") ?? [];
  const others = borrowed.filter((line) => line !== "" && !line.startsWith("#")).map((line) => resolve(objects, line));
  const stores = await Promise.all(others.map((folder) => readStores(folder)));
  return [objects, ...stores.flat()];
}
