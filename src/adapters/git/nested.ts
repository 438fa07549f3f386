import { readdir } from "node:fs/promises";
import type { Git } from "./git.ts";

/**
 * The files in repositories within the tree, which git would store as a link to a commit that nobody else has; their
 * `.git` stays out. `folders` end in a slash. Names are latin1, one character per byte.
 */
export async function readNested(root: string, folders: readonly string[]): Promise<readonly string[]> {
  const files: string[] = [];
  for (const folder of folders) await collect(root, folder, files);
  return files;
}

/** A path given by name is added even below a repository; `--replace` takes the link itself out. */
export async function addNested(git: Git, files: readonly string[]): Promise<void> {
  if (files.length === 0) return;
  const input = Buffer.from(files.map((file) => `${file}\0`).join(""), "latin1");
  await git("update-index", ["--add", "--replace", "-z", "--stdin"], { input });
}

async function collect(root: string, folder: string, files: string[]): Promise<void> {
  const options = { withFileTypes: true, encoding: "latin1" } as const;
  for (const entry of await readdir(inTree(root, folder), options)) {
    const path = `${folder}${entry.name}`;
    if (entry.name === ".git") continue;
    if (entry.isDirectory()) await collect(root, `${path}/`, files);
    else if (entry.isFile() || entry.isSymbolicLink()) files.push(path);
  }
}

/** Where a name of one character per byte is on the disk. */
export function inTree(root: string, path: string): Buffer {
  return Buffer.concat([Buffer.from(`${root}/`), Buffer.from(path, "latin1")]);
}
