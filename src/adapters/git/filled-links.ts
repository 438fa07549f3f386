import { readdir, readFile, realpath } from "node:fs/promises";
import { isMissing } from "./files.ts";
import { fields, type Git } from "./git.ts";

const GITLINK = "160000 ";
/** The same as it stands in an index of any version. */
const MARK = Buffer.from([0, 0, 0xe0, 0]);

/**
 * Folders of submodules (gitlinks of the index) that are not empty; latin1, they end in a slash. git does not look
 * into them: what lies there is in no listing, in no commit, and survives every reset.
 */
export async function readFilledLinks(
  git: Git,
  { root, index }: { readonly root: string; readonly index: string },
): Promise<readonly string[]> {
  // Most repositories have no submodule, which the file says without a process of git's.
  if (!(await readFile(index)).includes(MARK)) return [];
  const staged = fields(await git("ls-files", ["-z", "--stage"], { encoding: "latin1" }));
  const links = staged
    .filter((entry) => entry.startsWith(GITLINK))
    .map((entry) => entry.slice(entry.indexOf("\t") + 1));
  const top = await realpath(root);
  const filled: string[] = [];
  for (const link of links) if (await isFilled(Buffer.from(`${top}/${link}`, "latin1"))) filled.push(`${link}/`);
  return filled;
}

/** What lies behind a symlink is not in the tree. What cannot be read may be anything. */
async function isFilled(folder: Buffer): Promise<boolean> {
  try {
    const isHere = (await realpath(folder, "buffer")).equals(folder);
    return isHere && (await readdir(folder)).length > 0;
  } catch (error) {
    return !isMissing(error);
  }
}
