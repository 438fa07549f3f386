import { execFile } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
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
async function asksGit(dir: string, args: readonly string[]): Promise<boolean> {
  return git(dir, args).then(
    () => true,
    (error: { code?: unknown }) => {
      if (error.code === 1) return false;
      throw error;
    },
  );
}

/** Without a process: this is asked before every answer. */
export function readHeads(dir: string): Map<string, string> {
  const heads = new Map<string, string>();
  const packed = join(dir, "packed-refs");
  const lines = existsSync(packed) ? readFileSync(packed, "utf8").split("\n") : [];
  for (const line of lines) {
    const [, id, name] = /^([0-9a-f]{40}) refs\/heads\/(.+)$/.exec(line) ?? [];
    if (id !== undefined && name !== undefined) heads.set(name, id);
  }
  const loose = join(dir, "refs/heads");
  for (const entry of readdirSync(loose, { recursive: true, withFileTypes: true })) {
    const file = join(entry.parentPath, entry.name);
    if (entry.isFile() && !entry.name.endsWith(".lock"))
      heads.set(relative(loose, file), readFileSync(file, "utf8").trim());
  }
  return heads;
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

/** What depends on ids alone is asked of git once. */
export function once<T>(ask: (dir: string, a: string, b: string) => Promise<T>): typeof ask {
  const answers = new Map<string, Promise<T>>();
  return async (dir, a, b) => {
    const key = `${dir} ${a} ${b}`;
    const answer = answers.get(key) ?? ask(dir, a, b);
    answers.set(key, answer);
    return answer;
  };
}

/** The tree of both together; null when they conflict. */
export const mergedTree = once(async (dir, ours, theirs): Promise<string | null> => {
  const out = await git(dir, ["merge-tree", "--write-tree", ours, theirs]).catch((error: { code?: unknown }) => {
    if (error.code === 1) return null;
    throw error;
  });
  return out?.split("\n")[0] ?? null;
});

/** Ids, oldest first. */
export const listCommits = once(async (dir, head, without): Promise<readonly string[]> => {
  const out = await git(dir, ["rev-list", "--reverse", head, "--not", without]);
  return out.split("\n").filter(Boolean);
});

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
