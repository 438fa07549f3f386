import { randomUUID } from "node:crypto";
import { readFile, realpath, rename, rm, stat, writeFile } from "node:fs/promises";
import { resolve } from "node:path";
import type { Proposal } from "../../domain/proposal.ts";
import type { Added } from "../../ports/backlog.ts";
import { growMarkdown } from "./grow-markdown.ts";

/** Markdown files by their names, with the text that was read last. */
export type Pages = Map<string, string>;

/** Into the one of these files that has the item, as long as its text is still the one that was read. */
export async function addSubTasks(
  root: string,
  pages: Pages,
  item: string,
  tasks: readonly Proposal[],
): Promise<Added> {
  for (const [file, text] of pages) {
    const grown = growMarkdown(text, item, tasks);
    if (grown === null) continue;
    const refused = await swap(resolve(root, file), text, grown).catch(whyOf);
    if (refused !== null) return { refused: `${file} ${refused}` };
    pages.set(file, grown);
    return { file };
  }
  return { refused: WHERE };
}

const whyOf = (error: unknown): string =>
  `cannot be written: ${error instanceof Error ? error.message : String(error)}`;

const WHERE =
  "it was not read from a Markdown file in which sub-tasks could be written as they were proposed: take them from --json";

const MARK = "\ufeff";

/** Written beside and renamed, with the rights of the old one; a link stays one. A sentence where somebody was quicker. */
async function swap(path: string, before: string, after: string): Promise<string | null> {
  const real = await realpath(path);
  const now = await readFile(real, "utf8");
  const mark = now.startsWith(MARK) ? MARK : "";
  if (now.slice(mark.length) !== before)
    return "was changed while the planner worked, so nothing was written to it: dispatch plan --propose once more";
  const beside = `${real}.${randomUUID().slice(0, 8)}.new`;
  try {
    await writeFile(beside, mark + after, { flag: "wx", mode: (await stat(real)).mode });
    await rename(beside, real);
  } catch (error) {
    await rm(beside, { force: true });
    throw error;
  }
  return null;
}
