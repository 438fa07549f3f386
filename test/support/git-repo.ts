import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdir, mkdtemp, readFile, realpath, rm, writeFile } from "node:fs/promises";
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
  readonly head: string;
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
  const { stdout } = await run("git", ["-c", "gc.auto=0", "-c", "maintenance.auto=false", ...args], {
    cwd: dir,
    env: ENV,
    maxBuffer: 64 * 1024 * 1024,
  });
  return stdout.replace(/\n$/, "");
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
  const gitDir = await gitIn(dir, "rev-parse", "--absolute-git-dir");
  const commonDir = await gitIn(dir, "rev-parse", "--path-format=absolute", "--git-common-dir");
  return {
    status: await gitIn(dir, "--no-optional-locks", "status", "--porcelain=v2", "--branch", "--untracked-files=all"),
    index: await hashFile(join(gitDir, "index")),
    head: await gitIn(dir, "rev-parse", "HEAD").catch(() => "unborn"),
    headFile: await readFile(join(gitDir, "HEAD"), "utf8"),
    stash: await gitIn(dir, "stash", "list", "--format=%H %gs"),
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
  const temp = await realpath(await mkdtemp(join(tmpdir(), "dispatch-repo-")));
  const dir = join(temp, "checkout");
  await gitIn(temp, "init", "-q", "-b", base, dir);
  await writeFiles(dir, files);
  await gitIn(dir, "add", "-A", "-f");
  await gitIn(dir, "commit", "-q", "--allow-empty", "-m", "start");
  const origin = kind === null ? null : join(temp, kind === "bare" ? "origin.git" : "origin");
  if (origin !== null) await makeOrigin(dir, origin, kind === "bare");

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
      const stranger = await mkdtemp(join(temp, "stranger-"));
      await gitIn(stranger, "clone", "-q", origin, ".");
      const known = await gitIn(stranger, "branch", "-r", "--list", `origin/${branch}`);
      await gitIn(stranger, "switch", "-q", "-C", branch, known === "" ? "HEAD" : `origin/${branch}`);
      await writeFiles(stranger, more);
      await gitIn(stranger, "add", "-A");
      await gitIn(stranger, "commit", "-q", "--allow-empty", "-m", message);
      // An origin with a checkout refuses pushes to the branch that is checked out there; a stranger's commit is a fact all the same.
      await gitIn(origin, "fetch", "-q", "--update-head-ok", stranger, `+${branch}:${branch}`);
      const commit = await gitIn(stranger, "rev-parse", "HEAD");
      await rm(stranger, { recursive: true, force: true });
      return commit;
    },
    print: (of = dir) => printCheckout(of),
    async [Symbol.asyncDispose]() {
      await rm(temp, { recursive: true, force: true, maxRetries: 3 });
    },
  };
}

async function makeOrigin(dir: string, origin: string, bare: boolean): Promise<void> {
  await gitIn(dir, "clone", "-q", ...(bare ? ["--bare"] : []), dir, origin);
  await gitIn(origin, "remote", "remove", "origin");
  await gitIn(dir, "remote", "add", "origin", origin);
  await gitIn(dir, "fetch", "-q", "origin");
  await gitIn(dir, "remote", "set-head", "origin", "-a");
  await gitIn(dir, "branch", "-q", "--set-upstream-to", `origin/${await gitIn(dir, "branch", "--show-current")}`);
}
