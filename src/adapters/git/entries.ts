import { DispatchError } from "../../domain/errors.ts";
import { SYMLINK, type RawChange } from "./changes.ts";
import type { Git } from "./git.ts";

const GITLINK = "160000";

/**
 * Refuses (code `policy`) what would reach out of the tree once it is checked out: new or changed links to other
 * repositories, and symlinks that do not stay inside. What the parent has already is the user's own affair.
 */
export async function refuseEntries(git: Git, changes: readonly RawChange[]): Promise<void> {
  const gitlinks = changes.filter(({ modeAfter }) => modeAfter === GITLINK).map(({ path }) => path);
  if (gitlinks.length > 0) throw policy("links to another repository (a submodule)", gitlinks);
  const symlinks = changes.filter(({ modeAfter }) => modeAfter === SYMLINK);
  if (symlinks.length === 0) return;
  const targets = await readBlobs(
    git,
    symlinks.map(({ blobAfter }) => blobAfter),
  );
  const outside = symlinks
    .filter(({ path }, index) => !staysInside(path, targets[index] ?? ""))
    .map(({ path }) => path);
  if (outside.length > 0) throw policy("symlinks that lead out of the repository", outside);
}

/**
 * True when a symlink at `path` cannot lead out of the tree: relative, `..` only at its start and not above the
 * top. A `..` further on would count from wherever another link leads.
 */
export function staysInside(path: string, target: string): boolean {
  if (target === "" || target.startsWith("/")) return false;
  const parts = target.split("/").filter((part) => part !== "" && part !== ".");
  const firstName = parts.findIndex((part) => part !== "..");
  const ups = firstName === -1 ? parts.length : firstName;
  const rest = parts.slice(ups);
  return ups <= path.split("/").length - 1 && !rest.includes("..") && !rest.some((part) => /^\.git$/i.test(part));
}

async function readBlobs(git: Git, ids: readonly string[]): Promise<readonly string[]> {
  const { stdout } = await git("cat-file", ["--batch"], { input: `${ids.join("\n")}\n`, encoding: "latin1" });
  const blobs: string[] = [];
  for (let at = 0; at < stdout.length;) {
    const header = stdout.indexOf("\n", at);
    const size = Number(stdout.slice(at, header).split(" ")[2]);
    blobs.push(stdout.slice(header + 1, header + 1 + size));
    at = header + 1 + size + 1;
  }
  return blobs;
}

function policy(what: string, paths: readonly string[]): DispatchError {
  return new DispatchError({
    code: "policy",
    message: `The work was not taken as a commit, it adds ${what}: ${paths.slice(0, 5).join(", ")}${paths.length > 5 ? ", …" : ""}.`,
    hint: "The files are kept under refs/dispatch/salvage; start again with: dispatch retry TASK",
    facts: { paths },
  });
}
