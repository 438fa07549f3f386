import { constants } from "node:fs";
import { open } from "node:fs/promises";
import { dirname, join } from "node:path";

const NAME = "AGENTS.md";
const MAX_BYTES = 64 * 1024;

/** AGENTS.md of the top folder and of those above the expected files, the nearest last. */
export async function readGuidance(cwd: string, files: readonly string[]): Promise<string> {
  const folders = new Set([".", ...files.flatMap(foldersAbove)]);
  const texts: string[] = [];
  for (const folder of [...folders].toSorted((a, b) => depth(a) - depth(b))) {
    const text = await readPlain(join(cwd, folder, NAME));
    if (text !== "") texts.push(folder === "." ? text : `Below ${folder}/:\n\n${text}`);
  }
  return texts.join("\n\n");
}

const depth = (folder: string): number => (folder === "." ? 0 : folder.split("/").length);

function foldersAbove(file: string): readonly string[] {
  const folder = dirname(file);
  // A pattern names no folder from its first star on, and nothing outside is looked at.
  if (folder === "." || /[*?[{]/.test(folder) || file.startsWith("/") || file.split("/").includes("..")) return [];
  return [...foldersAbove(folder), folder];
}

/** It lies in a tree that an agent wrote: a link could lead anywhere. */
async function readPlain(path: string): Promise<string> {
  try {
    await using file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    const info = await file.stat();
    if (!info.isFile()) return "";
    const { bytesRead, buffer } = await file.read(Buffer.alloc(Math.min(info.size, MAX_BYTES)), 0, undefined, 0);
    return buffer.toString("utf8", 0, bytesRead).trim();
  } catch {
    return "";
  }
}
