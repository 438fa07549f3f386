import { execFile } from "node:child_process";
import { promisify } from "node:util";

const run = promisify(execFile);

export interface Person {
  readonly login: string;
}

function environment(person: Person): NodeJS.ProcessEnv {
  const email = `${person.login}@users.noreply.example.invalid`;
  return {
    PATH: process.env["PATH"],
    GIT_AUTHOR_NAME: person.login,
    GIT_AUTHOR_EMAIL: email,
    GIT_COMMITTER_NAME: person.login,
    GIT_COMMITTER_EMAIL: email,
    GIT_CONFIG_GLOBAL: "/dev/null",
    GIT_CONFIG_SYSTEM: "/dev/null",
    LC_ALL: "C",
  };
}

interface GitOptions {
  readonly input?: string;
  readonly by?: Person;
}

/** Stdout without its last newline; rejects for a non-zero exit. */
export async function git(dir: string, args: readonly string[], options: GitOptions = {}): Promise<string> {
  const env = environment(options.by ?? { login: "github" });
  const all = ["-c", "gc.auto=0", "-c", "maintenance.auto=false", "-c", "core.quotePath=false", ...args];
  const running = run("git", all, { cwd: dir, env, maxBuffer: 64 * 1024 * 1024 });
  // It may be done before it has looked for more.
  running.child.stdin?.on("error", () => undefined);
  running.child.stdin?.end(options.input);
  return (await running).stdout.replace(/\n$/, "");
}

/** Whether git said yes (0) or no (1). */
export async function asksGit(dir: string, args: readonly string[]): Promise<boolean> {
  return git(dir, args).then(
    () => true,
    (error: { code?: unknown }) => {
      if (error.code === 1) return false;
      throw error;
    },
  );
}

export async function readHeads(dir: string): Promise<Map<string, string>> {
  const out = await git(dir, ["for-each-ref", "--format=%(objectname) %(refname:lstrip=2)", "refs/heads/"]);
  const lines = out.split("\n").filter(Boolean);
  return new Map(lines.map((line) => [line.slice(41), line.slice(0, 40)]));
}

/** The full id of anything that names a commit; null where nothing does. */
export async function commitOf(dir: string, rev: string): Promise<string | null> {
  if (rev.startsWith("-")) return null;
  return git(dir, ["rev-parse", "--verify", "--quiet", `${rev}^{commit}`]).catch(() => null);
}

export async function isAncestor(dir: string, older: string, newer: string): Promise<boolean> {
  return asksGit(dir, ["merge-base", "--is-ancestor", older, newer]);
}

/** The first of those that both have; null for unrelated histories. */
export async function mergeBase(dir: string, a: string, b: string): Promise<string | null> {
  return git(dir, ["merge-base", a, b]).catch(() => null);
}

/** The tree of both together; null when they conflict. */
export async function mergedTree(dir: string, ours: string, theirs: string): Promise<string | null> {
  const out = await git(dir, ["merge-tree", "--write-tree", ours, theirs]).catch((error: { code?: unknown }) => {
    if (error.code === 1) return null;
    throw error;
  });
  return out?.split("\n")[0] ?? null;
}

export async function commitTree(
  dir: string,
  commit: { readonly tree: string; readonly parents: readonly string[]; readonly message: string; readonly by: Person },
): Promise<string> {
  const parents = commit.parents.flatMap((parent) => ["-p", parent]);
  return git(dir, ["commit-tree", commit.tree, ...parents], { input: commit.message, by: commit.by });
}

/** Compare and swap: rejects when the ref is not at `from` (null: not there) any more. */
export async function moveRef(dir: string, ref: string, to: string | null, from: string | null): Promise<void> {
  const old = from ?? "0".repeat(40);
  await git(dir, to === null ? ["update-ref", "-d", ref, old] : ["update-ref", ref, to, old]);
}

export interface NewCommit {
  readonly branch: string;
  /** Where a new branch begins. */
  readonly from: string | null;
  readonly message: string;
  readonly files: Readonly<Record<string, string | null>>;
  readonly by: Person;
  readonly at: number;
}

/** A commit on a branch, without a checkout. */
export async function commitFiles(dir: string, commit: NewCommit): Promise<string> {
  const data = (text: string): string => `data ${Buffer.byteLength(text)}\n${text}\n`;
  const changes = Object.entries(commit.files).map(([path, text]) =>
    text === null ? `D ${path}\n` : `M 100644 inline ${path}\n${data(text)}`,
  );
  const { login } = commit.by;
  const head = [
    `commit refs/heads/${commit.branch}`,
    "mark :1",
    `committer ${login} <${login}@users.noreply.example.invalid> ${Math.floor(commit.at / 1000)} +0000`,
    data(`${commit.message}\n`) + (commit.from === null ? "" : `from ${commit.from}\n`),
  ];
  const input = `${head.join("\n")}${changes.join("")}get-mark :1\ndone\n`;
  return git(dir, ["fast-import", "--quiet", "--done"], { input });
}
