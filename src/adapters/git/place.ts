import { realpath, stat } from "node:fs/promises";
import { basename, dirname, resolve } from "node:path";
import { DispatchError, EXIT } from "../../domain/errors.ts";
import { userEnv } from "./belt.ts";
import { isMissing } from "./files.ts";
import { fields, type Git, gitDoor, line, sayable } from "./git.ts";
import { readGitVersion } from "./remote.ts";

/** Where we are: found once, in the user's own checkout, with the user's own git configuration. */
export interface Place {
  /** Top of the checkout that the command runs in; a bare repository's folder. */
  readonly root: string;
  /** Top of the main checkout: where a relative `workDir` is. */
  readonly mainRoot: string;
  readonly commonDir: string;
  readonly bare: boolean;
  readonly objectFormat: "sha1" | "sha256";
  readonly refFormat: "files" | "reftable";
  /** How files behave here (`core.fileMode`, …), taken over for our own git dir. */
  readonly fileConfig: Readonly<Record<string, string>>;
  /** After the user's `insteadOf`; a local path is absolute. May hold a token: never for a screen. */
  readonly origin: { readonly fetchUrl: string; readonly pushUrl: string } | null;
}

const OLDEST_GIT = [2, 38] as const;
const FILE_KEYS = ["core.filemode", "core.ignorecase", "core.symlinks", "core.precomposeunicode"];

/** The repository around this folder, or a refusal with its mend: each has a code of its own, exit 2. */
export async function requireRepository(dir: string, env: NodeJS.ProcessEnv = process.env): Promise<Place> {
  await requireGit(env);
  if (!(await isFolder(dir))) throw refusal("no_such_folder", NO_FOLDER(dir));
  const git = gitDoor({ cwd: dir, env: userEnv(env) });
  const [where, config] = await Promise.all([readWhere(git, dir), readConfig(git)]);
  if (where.shallow) throw refusal("shallow_repository", SHALLOW(where.root));
  if ([...config.keys()].some((key) => key === "extensions.partialclone" || key.endsWith(".promisor")))
    throw refusal("partial_clone", PARTIAL(where.root));
  await requireCommits(git, where.root);
  return {
    root: where.root,
    mainRoot: where.mainRoot,
    commonDir: where.commonDir,
    bare: where.bare,
    objectFormat: where.objectFormat,
    refFormat: config.get("extensions.refstorage") === "reftable" ? "reftable" : "files",
    fileConfig: Object.fromEntries([...config].filter(([key]) => FILE_KEYS.includes(key))),
    origin: await readOrigin(git, where.root, config),
  };
}

/** Also where a link leads. */
async function isFolder(dir: string): Promise<boolean> {
  const found = await stat(dir).catch((error: unknown) => {
    if (isMissing(error)) return null;
    throw error;
  });
  return found?.isDirectory() === true;
}

async function requireGit(env: NodeJS.ProcessEnv): Promise<void> {
  const version = await readGitVersion(env);
  if (version === null) {
    throw refusal("git_missing", { message: "git is not on the PATH.", hint: "Install git 2.38 or newer." });
  }
  const [major, minor] = version;
  if (major > OLDEST_GIT[0] || (major === OLDEST_GIT[0] && minor >= OLDEST_GIT[1])) return;
  throw refusal("git_too_old", {
    message: `git ${version.join(".")} is too old: merges without a checkout need 2.38.`,
    hint: "Install git 2.38 or newer.",
  });
}

interface Where {
  readonly root: string;
  readonly mainRoot: string;
  readonly commonDir: string;
  readonly bare: boolean;
  readonly shallow: boolean;
  readonly objectFormat: "sha1" | "sha256";
}

async function readWhere(git: Git, dir: string): Promise<Where> {
  // `--show-toplevel` is last: without a checkout it fails after the others have answered.
  const asked = ["--git-common-dir", "--git-dir", "--is-bare-repository", "--is-shallow-repository"];
  const args = ["--path-format=absolute", ...asked, "--show-object-format", "--show-toplevel"];
  const result = await git("rev-parse", args, { ok: [0, 128] });
  const [commonDir, gitDir, bare, shallow, format, top] = result.stdout.trimEnd().split("\n");
  if (commonDir === undefined || gitDir === undefined || format === undefined) throw notOurs(dir, result.stderr);
  const common = await realpath(commonDir);
  const isBare = bare === "true";
  if (top === undefined && !isBare) {
    throw refusal("not_a_checkout", {
      message: `${dir} is inside a git directory, not in a checkout.`,
      hint: `Run it in the checkout: dispatch -C ${dirname(common)}`,
    });
  }
  const root = top === undefined ? common : await realpath(top);
  const isMain = (await realpath(gitDir)) === common;
  return {
    root,
    mainRoot: !isMain && basename(common) === ".git" ? dirname(common) : isMain || top === undefined ? root : common,
    commonDir: common,
    bare: isBare,
    shallow: shallow === "true",
    objectFormat: format === "sha256" ? "sha256" : "sha1",
  };
}

async function readConfig(git: Git): Promise<ReadonlyMap<string, string>> {
  const pattern =
    "^(remote\\.origin\\.(url|pushurl)|remote\\..*\\.promisor|extensions\\.|core\\.(filemode|ignorecase|symlinks|precompose))";
  const result = await git("config", ["-z", "--get-regexp", pattern], { ok: [0, 1, 128] });
  return new Map(
    fields(result).map((entry) => {
      const newline = entry.indexOf("\n");
      return [entry.slice(0, newline).toLowerCase(), entry.slice(newline + 1)] as const;
    }),
  );
}

async function readOrigin(git: Git, root: string, config: ReadonlyMap<string, string>): Promise<Place["origin"]> {
  if (!config.has("remote.origin.url")) return null;
  const fetchUrl = absoluteUrl(root, line(await git("ls-remote", ["--get-url", "origin"])));
  const pushUrl = config.get("remote.origin.pushurl");
  return { fetchUrl, pushUrl: pushUrl === undefined ? fetchUrl : absoluteUrl(root, pushUrl) };
}

/** A local path is relative to the checkout, and we push from elsewhere. */
function absoluteUrl(root: string, url: string): string {
  const isLocal = !url.includes("://") && !/^[^/]*:/.test(url);
  return isLocal ? resolve(root, url) : url;
}

async function requireCommits(git: Git, root: string): Promise<void> {
  const head = await git("rev-parse", ["--verify", "--quiet", "HEAD^{commit}"], { ok: [0, 1, 128] });
  if (head.exitCode === 0) return;
  if (line(await git("for-each-ref", ["--count=1"])) !== "") return;
  throw refusal("empty_repository", {
    message: `${root} has no commit yet, so there is nothing to branch from.`,
    hint: 'Make the first commit: git commit --allow-empty -m "start"',
  });
}

function notOurs(dir: string, stderr: string): DispatchError {
  const owned = /dubious ownership in repository at '(.*)'/.exec(stderr)?.[1];
  if (owned !== undefined) {
    return refusal("safe_directory", {
      message: `git does not trust ${owned}: it belongs to another user.`,
      hint: `If you trust it, type: git config --global --add safe.directory '${owned}'`,
    });
  }
  return refusal("not_a_repository", {
    message: `${dir} is not in a git repository${/not a git repository/.test(stderr) ? "" : ` (${sayable(stderr)})`}.`,
    hint: "Go to your repository, name it with -C DIR, or make one: git init",
  });
}

interface Words {
  readonly message: string;
  readonly hint: string;
}

/** Merged tasks are known by their trailers in the history of the base: a cut history would have them done again. */
const SHALLOW = (root: string): Words => ({
  message: `${root} is a shallow clone: its history is cut, and with it the record of what was merged.`,
  hint: "Type: git fetch --unshallow   (in GitHub Actions: fetch-depth: 0)",
});

const NO_FOLDER = (dir: string): Words => ({
  message: `There is no folder ${dir}.`,
  hint: "Name the folder of your repository: dispatch -C DIR",
});

const PARTIAL = (root: string): Words => ({
  message: `${root} is a partial clone: files would have to be fetched in the middle of the work.`,
  hint: "Use a full clone: git clone without --filter",
});

function refusal(code: string, words: Words): DispatchError {
  return new DispatchError({ code, ...words, exit: EXIT.usage });
}
