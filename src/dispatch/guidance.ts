import { cut } from "../domain/display.ts";
import type { Repository } from "../ports/repository.ts";

const NAME = "AGENTS.md";
const MAX_CHARS = 64 * 1024;

/**
 * What the repository says to agents: AGENTS.md of the top folder and of those above the expected files, the nearest
 * last. As it is at this commit, which is the base: no task gives its own agents orders.
 */
export async function readGuidance(
  repository: Pick<Repository, "readFiles">,
  commit: string,
  files: readonly string[],
): Promise<string> {
  const folders = ["", ...new Set(files.flatMap(foldersAbove).toSorted((a, b) => depth(a) - depth(b)))];
  const paths = folders.map((folder) => `${folder}${NAME}`);
  const texts = await repository.readFiles(commit, paths);
  const links = new Map([...texts].flatMap(([path, text]) => linkOf(path, text)));
  const behind = links.size === 0 ? links : await repository.readFiles(commit, [...links.values()]);
  return folders
    .flatMap((folder) => {
      const path = `${folder}${NAME}`;
      const text = cut((behind.get(links.get(path) ?? "") ?? texts.get(path) ?? "").trim(), MAX_CHARS);
      if (text === "") return [];
      return folder === "" ? text : `Below ${folder}:\n\n${text}`;
    })
    .join("\n\n");
}

const depth = (folder: string): number => folder.split("/").length;

/** With a slash at their ends, the highest first. A pattern names no folder from its first star on. */
function foldersAbove(file: string): readonly string[] {
  const parts = file.split("/").slice(0, -1);
  if (file.startsWith("/") || parts.includes("..")) return [];
  const plain = parts.filter((part) => part !== "" && part !== ".");
  const end = plain.findIndex((part) => /[*?[{]/.test(part));
  const named = end === -1 ? plain : plain.slice(0, end);
  return named.map((_, index) => `${named.slice(0, index + 1).join("/")}/`);
}

/** Git keeps a link as the path that it leads to: many repositories have one from here to the file of another agent. */
function linkOf(path: string, text: string): readonly (readonly [string, string])[] {
  if (!/^(?:\.\/)?(?:[\w.-]+\/)*[\w.-]+\.md$/.test(text.trim()) || text.includes("..")) return [];
  return [[path, `${path.slice(0, -NAME.length)}${text.trim().replace(/^\.\//, "")}`]];
}
