import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);

/** Path → content. */
export type Files = Readonly<Record<string, string>>;

export interface GitRepoOptions {
  /** What `origin` is: a bare repository beside it (default), one with a checkout, or none. */
  readonly origin?: "bare" | "work" | null;
  /** Name of the first branch, default `main`. */
  readonly base?: string;
}

/** Everything of a user's checkout that dispatch promises to leave bit-identical (I5). */
export interface CheckoutPrint {
  readonly status: string;
  readonly index: string;
  readonly headFile: string;
  readonly stash: string;
  readonly config: string;
  /** Every branch, tag and remote-tracking ref that is not ours. */
  readonly foreignRefs: string;
}

export interface GitRepo extends AsyncDisposable {
  /** The user's checkout, a real path. */
  readonly dir: string;
  /** The private folder around it; for state dirs, clones, homes. Gone when disposed. */
  readonly temp: string;
  /** Path of origin. */
  readonly origin: string | null;
  readonly base: string;
  /** Runs git in the checkout; stdout without the last newline. Rejects for a non-zero exit. */
  git(...args: string[]): Promise<string>;
  /** The same in any folder. */
  gitIn(dir: string, ...args: string[]): Promise<string>;
  /** Writes files into the checkout, uncommitted. */
  write(files: Files): Promise<void>;
  read(path: string): Promise<string>;
  /** Writes the files, commits everything in the checkout; gives the commit id. */
  commit(message: string, files?: Files): Promise<string>;
  commitId(rev: string): Promise<string>;
  /** All refs, `name → object id`. */
  refs(dir?: string): Promise<Record<string, string>>;
  /** Somebody else commits onto a branch (default: the base) of origin; gives the commit id. */
  commitOnOrigin(files: Files, options?: { readonly branch?: string; readonly message?: string }): Promise<string>;
  print(dir?: string): Promise<CheckoutPrint>;
}

/** Object ids must not depend on the clock or on who runs the tests. */
const ENV: NodeJS.ProcessEnv = {
  ...process.env,
  GIT_AUTHOR_NAME: "A User",
  GIT_AUTHOR_EMAIL: "user@example.invalid",
  GIT_AUTHOR_DATE: "2026-01-02T03:04:05Z",
  GIT_COMMITTER_NAME: "A User",
  GIT_COMMITTER_EMAIL: "user@example.invalid",
  GIT_COMMITTER_DATE: "2026-01-02T03:04:05Z",
  GIT_CONFIG_GLOBAL: "/dev/null",
  GIT_CONFIG_SYSTEM: "/dev/null",
  GIT_TERMINAL_PROMPT: "0",
  LC_ALL: "C",
};

/** Plain git as a user would run it; never used by the product. */
export async function gitIn(dir: string, ...args: string[]): Promise<string> {
  return (await runGit(dir, args)).replace(/\n$/, "");
}

async function runGit(dir: string, args: readonly string[], input?: string): Promise<string> {
  const options = { cwd: dir, env: ENV, maxBuffer: 64 * 1024 * 1024 };
  const running = run("git", ["-c", "gc.auto=0", "-c", "maintenance.auto=false", ...args], options);
  if (input !== undefined) running.child.stdin?.end(input);
  return (await running).stdout;
}

/**
 * A commit with these files on a branch of any repository, without its checkout and in one process; a new branch
 * begins at `base`. Gives the commit id.
 */
export async function commitInto(
  dir: string,
  { branch, base, message, files }: Record<"branch" | "base" | "message", string> & { readonly files: Files },
): Promise<string> {
  const from = (await hasBranch(dir, branch)) ? branch : base;
  const data = (text: string): string => `data ${Buffer.byteLength(text)}\n${text}\n`;
  const changes = Object.entries(files).map(([path, text]) => `M 100644 inline ${path}\n${data(text)}`);
  const head = [
    `commit refs/heads/${branch}`,
    "mark :1",
    `committer A User <user@example.invalid> ${Date.parse(ENV["GIT_COMMITTER_DATE"] ?? "") / 1000} +0000`,
    `${data(`${message}\n`)}from refs/heads/${from}^0`,
  ];
  const input = `${head.join("\n")}\n${changes.join("")}get-mark :1\ndone\n`;
  return (await runGit(dir, ["fast-import", "--quiet", "--done"], input)).trim();
}

/** Without a process of git's. */
async function hasBranch(dir: string, branch: string): Promise<boolean> {
  const gitDir = existsSync(join(dir, ".git")) ? join(dir, ".git") : dir;
  const ref = `refs/heads/${branch}`;
  if (existsSync(join(gitDir, ref))) return true;
  const packed = await readFile(join(gitDir, "packed-refs"), "utf8").catch(() => "");
  return packed.includes(` ${ref}\n`);
}

export async function writeFiles(dir: string, files: Files): Promise<void> {
  for (const [path, content] of Object.entries(files)) {
    const file = join(dir, path);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, content);
  }
}

export async function readRefs(dir: string): Promise<Record<string, string>> {
  const out = await gitIn(dir, "for-each-ref", "--format=%(refname) %(objectname)");
  return Object.fromEntries(
    out
      .split("\n")
      .filter(Boolean)
      .map((line) => {
        const space = line.indexOf(" ");
        return [line.slice(0, space), line.slice(space + 1)];
      }),
  );
}

async function hashFile(file: string): Promise<string> {
  const content = await readFile(file).catch(() => null);
  return content === null ? "absent" : createHash("sha256").update(content).digest("hex");
}

/** What must be the same before and after: compare with `toEqual`. Reads without refreshing the index. */
export async function printCheckout(dir: string): Promise<CheckoutPrint> {
  const dirs = await gitIn(dir, "rev-parse", "--path-format=absolute", "--git-dir", "--git-common-dir");
  const [gitDir = "", commonDir = ""] = dirs.split("\n");
  const status = ["--no-optional-locks", "status", "--porcelain=v2", "--branch", "--untracked-files=all"];
  return {
    // Its first line names the commit of HEAD.
    status: await gitIn(dir, ...status),
    index: await hashFile(join(gitDir, "index")),
    headFile: await readFile(join(gitDir, "HEAD"), "utf8"),
    stash: await hashFile(join(commonDir, "logs/refs/stash")),
    config: await hashFile(join(commonDir, "config")),
    foreignRefs: Object.entries(await readRefs(dir))
      .filter(([name]) => !/^refs\/(dispatch\/|heads\/dispatch(-review|-test|-plan)?\/)/.test(name))
      .map(([name, id]) => `${name} ${id}`)
      .join("\n"),
  };
}

/**
 * A real repository with one commit, in a temporary folder of its own:
 * `await using repo = await gitRepo({ "a.txt": "1" })`.
 */
export async function gitRepo(files: Files = { "README.md": "# a\n" }, options: GitRepoOptions = {}): Promise<GitRepo> {
  const base = options.base ?? "main";
  const kind = options.origin === undefined ? "bare" : options.origin;
  const temp = await copyTemplate(JSON.stringify([base, kind, files]), (at) => makeRepository(at, files, base, kind));
  const dir = join(temp, "checkout");
  const origin = kind === null ? null : join(temp, kind === "bare" ? "origin.git" : "origin");
  if (origin !== null) await addOrigin(dir, origin, base);

  return {
    dir,
    temp,
    origin,
    base,
    git: (...args) => gitIn(dir, ...args),
    gitIn,
    write: (more) => writeFiles(dir, more),
    read: (path) => readFile(join(dir, path), "utf8"),
    async commit(message, more = {}) {
      await writeFiles(dir, more);
      await gitIn(dir, "add", "-A");
      await gitIn(dir, "commit", "-q", "--allow-empty", "-m", message);
      return gitIn(dir, "rev-parse", "HEAD");
    },
    commitId: (rev) => gitIn(dir, "rev-parse", "--verify", `${rev}^{commit}`),
    refs: (of = dir) => readRefs(of),
    async commitOnOrigin(more, { branch = base, message = "elsewhere" } = {}) {
      if (origin === null) throw new Error("this repository has no origin");
      return commitInto(origin, { branch, base, message, files: more });
    },
    print: (of = dir) => printCheckout(of),
    async [Symbol.asyncDispose]() {
      await rm(temp, { recursive: true, force: true, maxRetries: 3 });
    },
  };
}

interface Entry {
  readonly path: string;
  /** null for a folder. */
  readonly content: Buffer | null;
  readonly mode: number;
}

/** One for each content: writing files costs a tenth of the processes of git that made them. */
const templates = new Map<string, Promise<readonly Entry[]>>();

async function copyTemplate(key: string, make: (dir: string) => Promise<void>): Promise<string> {
  const template = templates.get(key) ?? readTemplate(make);
  templates.set(key, template);
  const entries = await template;
  const copy = newFolder();
  for (const { path, content, mode } of entries) {
    if (content === null) mkdirSync(join(copy, path));
    else writeFileSync(join(copy, path), content, { mode });
  }
  return copy;
}

async function readTemplate(make: (dir: string) => Promise<void>): Promise<readonly Entry[]> {
  const dir = newFolder();
  await make(dir);
  const paths = readdirSync(dir, { recursive: true, encoding: "utf8" }).sort();
  const entries = paths.map((path): Entry => {
    const stat = statSync(join(dir, path));
    return { path, content: stat.isDirectory() ? null : readFileSync(join(dir, path)), mode: stat.mode };
  });
  await rm(dir, { recursive: true, force: true });
  return entries;
}

function newFolder(): string {
  return realpathSync(mkdtempSync(join(tmpdir(), "dispatch-repo-")));
}

/** `checkout`, and as a copy of it `origin` or `origin.git`; neither knows of the other. */
async function makeRepository(at: string, files: Files, base: string, origin: "bare" | "work" | null): Promise<void> {
  const dir = join(at, "checkout");
  await gitIn(at, "init", "-q", "--template=", "-b", base, dir);
  await writeFiles(dir, files);
  await gitIn(dir, "add", "-A", "-f");
  await gitIn(dir, "commit", "-q", "--allow-empty", "-m", "start");
  await mkdir(join(dir, ".git/hooks"));
  if (origin === "work") cpSync(dir, join(at, "origin"), { recursive: true });
  if (origin !== "bare") return;
  const bare = join(at, "origin.git");
  cpSync(join(dir, ".git"), bare, { recursive: true });
  for (const name of ["index", "logs", "COMMIT_EDITMSG"]) await rm(join(bare, name), { recursive: true, force: true });
  const config = await readFile(join(bare, "config"), "utf8");
  await writeFile(
    join(bare, "config"),
    config.replace("bare = false", "bare = true").replace(/^.*logallrefupdates.*\n/m, ""),
  );
}

/** What `git clone` writes into a checkout. */
async function addOrigin(dir: string, origin: string, base: string): Promise<void> {
  const remote = `[remote "origin"]\n\turl = ${origin}\n\tfetch = +refs/heads/*:refs/remotes/origin/*\n`;
  const branch = `[branch "${base}"]\n\tremote = origin\n\tmerge = refs/heads/${base}\n`;
  await writeFile(join(dir, ".git/config"), remote + branch, { flag: "a" });
  await writeFiles(join(dir, ".git/refs/remotes/origin"), {
    HEAD: `ref: refs/remotes/origin/${base}\n`,
    [base]: await readFile(join(dir, ".git/refs/heads", base), "utf8"),
  });
}
