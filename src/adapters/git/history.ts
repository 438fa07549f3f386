import { COMMITTER } from "./commit.ts";
import { DispatchError } from "../../domain/errors.ts";
import type { Doors } from "./doors.ts";
import { fields, line } from "./git.ts";
import { requireObjectId } from "./names.ts";

type OwnDoor = Pick<Doors, "own">;

export async function isAncestor({ own }: OwnDoor, ancestor: string, descendant: string): Promise<boolean> {
  const args = ["--is-ancestor", requireObjectId(ancestor), requireObjectId(descendant)];
  return (await own("merge-base", args, { ok: [0, 1] })).exitCode === 0;
}

/** Commits are listed that lead from `ancestor` to a head: a head that is among them has it. */
export async function readDescendants(
  { own }: OwnDoor,
  ancestor: string,
  heads: readonly string[],
): Promise<ReadonlySet<string>> {
  const others = heads.filter((head) => head !== requireObjectId(ancestor));
  if (others.length === 0) return new Set(heads);
  const input = `${others.map(requireObjectId).join("\n")}\n^${ancestor}\n`;
  const listed = await own("rev-list", ["--ancestry-path", "--stdin"], { input });
  const between = new Set(listed.stdout.split("\n"));
  return new Set(heads.filter((head) => head === ancestor || between.has(head)));
}

export async function mergeBase({ own }: OwnDoor, a: string, b: string): Promise<string | null> {
  const result = await own("merge-base", [requireObjectId(a), requireObjectId(b)], { ok: [0, 1] });
  return result.exitCode === 0 ? line(result) : null;
}

/** Reads whole histories once: what came before the last commit that was asked for is remembered. */
export function trailerReader(doors: OwnDoor): (commit: string) => Promise<ReadonlySet<string>> {
  let last: { readonly commit: string; readonly tasks: ReadonlySet<string> } | null = null;
  return async (commit) => {
    requireObjectId(commit);
    if (last?.commit === commit) return last.tasks;
    const known = last !== null && (await isAncestor(doors, last.commit, commit)) ? last : null;
    const tasks = new Set([...(known?.tasks ?? []), ...(await readTrailers(doors, commit, known?.commit ?? null))]);
    last = { commit, tasks };
    return tasks;
  };
}

/** Of commits reachable from `commit` and not from `after`. */
async function readTrailers({ own }: OwnDoor, commit: string, after: string | null): Promise<readonly string[]> {
  const format = "--format=%(trailers:key=Dispatch-Task,valueonly,separator=%x00)%x00";
  const args = ["--grep=^Dispatch-Task:", "--regexp-ignore-case", format, commit];
  const result = await own("log", after === null ? args : [...args, `^${after}`]);
  return fields(result)
    .map((value) => value.trim())
    .filter((value) => value !== "");
}

export async function readOwnTask({ own }: OwnDoor, commit: string): Promise<string | null> {
  const format = "--format=%cn <%ce>%x00%(trailers:key=Dispatch-Task,valueonly)";
  const said = await own("log", ["--max-count=1", format, requireObjectId(commit)]);
  const [committer = "", task = ""] = said.stdout.split("\0").map((part) => part.trim());
  return committer === COMMITTER && task !== "" ? task : null;
}

/** Content of a file at a commit; null when it is not there or is no file. */
export async function readFileAt({ own }: OwnDoor, commit: string, path: string): Promise<string | null> {
  const result = await own("cat-file", ["blob", `${requireObjectId(commit)}:${requireTreePath(path)}`], {
    ok: [0, 128],
  });
  if (result.exitCode === 0) return result.stdout;
  if (/does not exist in|exists on disk, but not in|bad file/.test(result.stderr)) return null;
  throw new DispatchError({
    code: "git_failed",
    message: `${path} cannot be read at ${commit}.`,
    hint: "Look at the repository with: git fsck",
    facts: { commit, path, stderr: result.stderr },
  });
}

/** More than this is not read at once: whoever asks for sources does not mean it. */
const FILES_BYTES = 32 * 1024 * 1024;

/** Content of many files at a commit, in one process; those that are not there, or beyond the bound, are left out. */
export async function readFilesAt(
  { own }: OwnDoor,
  commit: string,
  paths: readonly string[],
): Promise<ReadonlyMap<string, string>> {
  // A line is a question, so a name with a line break cannot be asked for.
  const asked = paths.filter((path) => !path.includes("\n"));
  if (asked.length === 0) return new Map();
  const input = asked.map((path) => `${requireObjectId(commit)}:${requireTreePath(path)}\n`).join("");
  const options = { input, encoding: "latin1", maxBytes: FILES_BYTES, overflow: "cut" } as const;
  const { stdout } = await own("cat-file", ["--batch"], options);
  const found = new Map<string, string>();
  let at = 0;
  for (const path of asked) {
    const end = stdout.indexOf("\n", at);
    if (end === -1) break;
    const [, type, size] = /^[0-9a-f]+ (\w+) (\d+)$/.exec(stdout.slice(at, end)) ?? [];
    at = end + 1;
    if (size === undefined) continue;
    const content = stdout.slice(at, at + Number(size));
    if (type === "blob" && content.length === Number(size))
      found.set(path, Buffer.from(content, "latin1").toString("utf8"));
    at += Number(size) + 1;
  }
  return found;
}

/** As git names files in a tree: relative, without `.` and `..`. */
function requireTreePath(path: string): string {
  const parts = path.split("/");
  if (parts.every((part) => part !== "" && part !== "." && part !== ".." && !part.includes("\0"))) return path;
  throw new DispatchError({
    code: "invalid_path",
    message: `${JSON.stringify(path)} is not a path in a repository.`,
    hint: "Give it relative to the top of the repository, as in: src/main.ts",
    facts: { path },
  });
}
