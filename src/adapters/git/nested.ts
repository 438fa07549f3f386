import { readdir } from "node:fs/promises";
import { join } from "node:path";
import type { Git } from "./git.ts";

/**
 * Stores the files of repositories within the tree, which git would store as a link to a commit that nobody else
 * has. Their `.git` stays out. `nested` are folders that end in a slash.
 */
export async function addNested(git: Git, root: string, nested: readonly string[], maxFiles: number): Promise<void> {
  const files: string[] = [];
  for (const folder of nested) await collect(root, folder, files, maxFiles);
  if (files.length === 0) return;
  // A path given by name is added even below a repository; `--replace` takes the link itself out.
  await git("update-index", ["--add", "--replace", "-z", "--stdin"], {
    input: files.map((file) => `${file}\0`).join(""),
  });
}

async function collect(root: string, folder: string, files: string[], maxFiles: number): Promise<void> {
  for (const entry of await readdir(join(root, folder), { withFileTypes: true })) {
    if (files.length >= maxFiles) return;
    const path = `${folder}${entry.name}`;
    if (entry.name === ".git") continue;
    if (entry.isDirectory()) await collect(root, `${path}/`, files, maxFiles);
    else if (entry.isFile() || entry.isSymbolicLink()) files.push(path);
  }
}
