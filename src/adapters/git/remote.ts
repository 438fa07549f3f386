import { tmpdir } from "node:os";
import { DispatchError, EXIT } from "../../domain/errors.ts";
import { GitError, simpleGit, type SimpleGit } from "simple-git";
import { userEnv } from "./belt.ts";
import { sayable } from "./git.ts";
import { headRef } from "./names.ts";
import type { RefChange, RefSwap } from "./ref-swap.ts";

export interface RemoteOptions {
  /** Our own git dir: the user's repository configuration is not read. */
  readonly gitDir: string;
  readonly objects: string;
  readonly fetchUrl: string;
  readonly pushUrl: string;
  readonly env: NodeJS.ProcessEnv;
  /** More of it, made for each command: what lets us in may end. */
  readonly login?: (() => Promise<Readonly<Record<string, string>>>) | undefined;
  readonly signal: AbortSignal | undefined;
}

/** Origin, by explicit URL. Rejects with `git_auth` (exit 4), `origin_unreachable`, `push_rejected` or the reason of the signal. */
export interface Remote {
  /** Ids of these branches there, and what its HEAD names; a branch that is not there is left out. */
  fetchHeads(
    branches: readonly string[],
  ): Promise<{ readonly heads: ReadonlyMap<string, string>; readonly headBranch: string | null }>;
  /** Brings the branch into a ref of our own git dir; `tips` are commits that we have already. */
  fetchInto(branch: string, ref: string, tips: readonly string[]): Promise<void>;
  /** All of them or none, each if origin has the branch where it is expected. */
  push(pushes: readonly BranchPush[]): Promise<void>;
}

export interface BranchPush {
  readonly branch: string;
  /** Exactly this commit; null removes the branch. */
  readonly to: string | null;
  /** null: not there. */
  readonly expected: string | null;
  /** A ref that has to move with it: where it does not, neither does the branch. */
  readonly guard?: RefSwap | null;
}

/** Without a word from origin for so long we give up. */
const SILENCE_MS = 120_000;
const PROTOCOLS = "file:http:https:ssh:git";

export function openRemote(options: RemoteOptions): Remote {
  const { fetchUrl } = options;
  return {
    async fetchHeads(branches) {
      // HEAD is always asked for: it is the default branch, and a command that prints nothing costs 50 ms in simple-git.
      const asked = ["ls-remote", "--symref", "--", fetchUrl, "HEAD", ...branches.map(headRef)];
      const out = await runRemote(options, fetchUrl, asked);
      const lines = out.split("\n").map((text) => text.split("\t"));
      const named = new Map(lines.map(([value = "", name = ""]) => [name, value] as const));
      const symbolic = lines.find(([value, name]) => name === "HEAD" && value?.startsWith("ref: refs/heads/"));
      return {
        heads: new Map(branches.flatMap((branch) => pair(branch, named.get(headRef(branch))))),
        headBranch: symbolic?.[0]?.slice("ref: refs/heads/".length) ?? null,
      };
    },
    async fetchInto(branch, ref, tips) {
      await runFetch(options, [`+${headRef(branch)}:${ref}`], tips);
    },
    async push(pushes) {
      const branches = pushes.map(({ branch, to, expected }) => ({ ref: headRef(branch), from: expected, to }));
      await runPush(options, [...branches, ...pushes.flatMap(({ guard }) => guard ?? [])]);
    },
  };
}

/** The version of git on this machine, `[2, 39, 5]`; null when there is none. */
export async function readGitVersion(env: NodeJS.ProcessEnv): Promise<readonly [number, number, number] | null> {
  const { installed, major, minor, patch } = await talk(userEnv(env), undefined, tmpdir()).version();
  return installed ? [major, minor, Number(patch) || 0] : null;
}

/** For messages: a URL may carry a token. */
export function redactUrl(url: string): string {
  return url.replace(/^([a-z][a-z0-9+.-]*:\/\/)[^/@]*@/i, (whole, scheme: string) =>
    /^ssh:/i.test(scheme) ? whole : scheme,
  );
}

function pair(branch: string, id: string | undefined): [string, string][] {
  return id === undefined ? [] : [[branch, id]];
}

/** One instance per command: an aborted one is dead. */
function talk(env: Record<string, string>, signal: AbortSignal | undefined, baseDir: string): SimpleGit {
  return simpleGit({
    baseDir,
    ...(signal === undefined ? {} : { abort: signal }),
    timeout: { block: SILENCE_MS },
    allowEnvironment: Object.keys(env).filter((name) => /^(?:GIT_|SSH_ASKPASS$)/.test(name)),
    // The user's own way to their credentials (`GIT_SSH_COMMAND=…`); no argument or configuration of ours uses these.
    unsafe: {
      ...{ allowUnsafeAskPass: true, allowUnsafeConfigPaths: true, allowUnsafeSshCommand: true },
      // Nobody's but `login`'s: the user's own is not passed on.
      allowUnsafeConfigEnvCount: true,
    },
  }).env(env);
}

export async function runRemote(options: RemoteOptions, url: string, args: readonly string[]): Promise<string> {
  const { gitDir, objects, signal } = options;
  signal?.throwIfAborted();
  const env = {
    ...userEnv(options.env),
    ...(await options.login?.()),
    GIT_DIR: gitDir,
    GIT_OBJECT_DIRECTORY: objects,
    GIT_ALLOW_PROTOCOL: options.env["GIT_ALLOW_PROTOCOL"] ?? PROTOCOLS,
    GIT_NO_REPLACE_OBJECTS: "1",
  };
  try {
    return await talk(env, signal, gitDir).raw([...args]);
  } catch (error) {
    signal?.throwIfAborted();
    if (!(error instanceof GitError)) throw error;
    throw remoteError(String(args[0]), url, error);
  }
}

/** Brings what is named there into our own git dir; `tips` are commits that we have already, with all before them. */
export async function runFetch(
  options: RemoteOptions,
  refs: readonly string[],
  tips: readonly string[],
): Promise<void> {
  const { fetchUrl } = options;
  await runRemote(options, fetchUrl, [
    ...["fetch", "--progress", "--verbose", "--no-tags", "--no-prune", "--no-write-fetch-head"],
    ...["--no-auto-maintenance", "--no-recurse-submodules", "--refmap="],
    ...tips.map((tip) => `--negotiation-tip=${tip}`),
    ...["--", fetchUrl, ...refs],
  ]);
}

/** All of them or none, each with a lease. */
export async function runPush(options: RemoteOptions, changes: readonly RefChange[]): Promise<void> {
  const { pushUrl } = options;
  await runRemote(options, pushUrl, [
    ...["push", "--porcelain", "--progress", "--no-verify", "--no-follow-tags", "--no-recurse-submodules"],
    // Not every server can; a single one needs no promise.
    ...(changes.length > 1 ? ["--atomic"] : []),
    ...changes.map(({ ref, from }) => `--force-with-lease=${ref}:${from ?? ""}`),
    ...["--", pushUrl, ...changes.map(({ ref, to }) => `${to ?? ""}:${ref}`)],
  ]);
}

const REJECTED = /^!\t|\[(?:remote )?rejected\]|stale info|failed to push some refs/m;
const NO_ACCESS =
  /authentication failed|could not read (?:username|password)|permission denied|access denied|invalid credentials|HTTP (?:401|403)|terminal prompts disabled/i;

function remoteError(command: string, url: string, error: GitError): DispatchError {
  const shown = redactUrl(url);
  const said = sayable(error.message.replaceAll(url, shown));
  const facts = { command, url: shown, said };
  if (command === "push" && REJECTED.test(error.message)) {
    return new DispatchError({
      code: "push_rejected",
      message: `${shown} refused the push: ${/\[(?:remote )?rejected\] \(.*\)/.exec(said)?.[0] ?? said.split("\n").at(-1)}`,
      hint: "Somebody moved that branch, or the remote protects it; look at: git ls-remote origin",
      facts,
    });
  }
  if (NO_ACCESS.test(error.message)) {
    return new DispatchError({
      code: "git_auth",
      message: `${shown} did not let us in.`,
      hint: `Make this work without a prompt: git ls-remote ${shown}`,
      exit: EXIT.authentication,
      facts,
    });
  }
  return new DispatchError({
    code: command === "push" ? "push_failed" : "origin_unreachable",
    message: `git ${command} with ${shown} failed: ${cause(said)}`,
    hint: `See what is wrong with: git ls-remote ${shown}`,
    facts,
  });
}

/** Whatever is asked of origin next would fail the same way, after as long a wait; a server without `--atomic` would not. */
export function isOriginDown(error: unknown): boolean {
  if (!(error instanceof DispatchError)) return false;
  const { code, facts } = error;
  return (
    code === "git_auth" ||
    code === "origin_unreachable" ||
    (code === "push_failed" && !/atomic/.test(String(facts["said"])))
  );
}

/** What git adds to every failure, whatever it was. */
const USUAL =
  /^(?:Please make sure you have the correct access rights|and the repository exists\.|fatal: Could not read from remote repository\.|)$/;

function cause(said: string): string {
  const lines = said.split("\n").map((text) => text.trim());
  return lines.findLast((text) => !USUAL.test(text)) ?? lines[0] ?? "";
}
