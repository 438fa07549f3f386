import { DispatchError, EXIT } from "../../domain/errors.ts";
import type { Base } from "../../ports/repository.ts";
import type { Doors } from "./doors.ts";
import { line } from "./git.ts";
import { OWN_REFS, requireBranch, requireObjectId } from "./names.ts";
import { readBranch, readRef, readRefsBelow, readSymbolic, swapRef } from "./refs.ts";
import type { Remote } from "./remote.ts";
import { retryBusy } from "./retry-busy.ts";

export interface BaseKeeper {
  fetchBase(): Promise<Base>;
  /** What is known without asking origin; null when nothing is. */
  readBase(): Promise<Base | null>;
}

export interface BaseOptions {
  readonly doors: Doors;
  readonly remote: Remote | null;
  /** From the configuration. */
  readonly configured: string | null;
}

/**
 * Where the base is. Configured, else what origin's HEAD names, else the current branch. Only we fetch, one at a
 * time: whoever asks while a fetch is under way gets its answer (parallel fetches fail on each other's refs).
 */
export function keepBase({ doors, remote, configured }: BaseOptions): BaseKeeper {
  let name: string | null = configured === null ? null : requireBranch(configured);
  let flight: Promise<Base> | null = null;
  let fetched: Base | null = null;

  const readName = async (): Promise<string | null> => {
    if (name !== null) return name;
    if (remote !== null) return readSymbolic(doors, ORIGIN_HEAD, "refs/remotes/origin/");
    return (await readCurrent(doors)) ?? (await readRemembered(doors));
  };
  const fetchName = async (): Promise<string> => {
    name = (await readName()) ?? (await remote?.fetchHeads([]))?.headBranch ?? (await readCurrent(doors));
    if (name === null) throw noBase();
    return requireBranch(name);
  };
  const fetchNow = async (): Promise<Base> => {
    const branch = await fetchName();
    const commit = remote === null ? await readBranch(doors, branch) : await fetchFromOrigin(doors, remote, branch);
    if (commit === null) throw unknownBase(branch, remote !== null);
    if (remote === null) await remember(doors, branch, commit);
    return (fetched = { branch, commit });
  };

  return {
    fetchBase() {
      flight ??= fetchNow().finally(() => {
        flight = null;
      });
      return flight;
    },
    async readBase() {
      // A local branch moves without us; what origin last said stays the last that we know.
      if (remote !== null && fetched !== null) return fetched;
      const branch = await readName();
      if (branch === null) return null;
      const commit =
        remote === null
          ? await readBranch(doors, branch)
          : ((await readRef(doors, knownRef(branch))) ?? (await readRef(doors, `refs/remotes/origin/${branch}`)));
      return commit === null ? null : { branch, commit };
    },
  };
}

const ORIGIN_HEAD = "refs/remotes/origin/HEAD";

/** A merge asks the user to free the base (`git switch --detach`): it stays the base. */
async function readRemembered(doors: Doors): Promise<string | null> {
  const prefix = `${OWN_REFS}base/`;
  const [only, ...others] = await readRefsBelow(doors, prefix);
  return only === undefined || others.length > 0 ? null : decodeURIComponent(only.ref.slice(prefix.length));
}

async function remember(doors: Doors, branch: string, commit: string): Promise<void> {
  const known = await readRef(doors, knownRef(branch));
  // Who was faster remembers the same branch.
  if (known !== commit) await swapRef(doors, knownRef(branch), commit, known);
}

/** Our own memory of the base, which also keeps its objects from the user's `git gc`. */
function knownRef(branch: string): string {
  return `${OWN_REFS}base/${encodeURIComponent(branch)}`;
}

function readCurrent(doors: Doors): Promise<string | null> {
  return readSymbolic(doors, "HEAD", "refs/heads/");
}

async function fetchFromOrigin(doors: Doors, remote: Remote, branch: string): Promise<string | null> {
  const there = (await remote.fetchHeads([branch])).heads.get(branch);
  if (there === undefined) return null;
  const ref = knownRef(branch);
  const known = await readRef(doors, ref);
  if (known === requireObjectId(there)) return known;
  const commit = await fetchCommit(doors, remote, branch, there);
  if (!(await swapRef(doors, ref, commit, known))) return (await readRef(doors, ref)) ?? commit;
  return commit;
}

/**
 * Brings a branch of origin into the user's object store; gives where it is now. Refs of our own git dir name
 * what the user has already: without them git would check the connectivity of the whole history.
 */
export async function fetchCommit(doors: Doors, remote: Remote, branch: string, there: string): Promise<string> {
  const tips = await readTips(doors, branch);
  if (await isComplete(doors, there, tips)) return there;
  const have = tips.map((tip, index) => `update refs/dispatch/have/${index}\0${tip}\0\0`).join("");
  await doors.own("update-ref", ["-z", "--stdin"], { input: have });
  const ref = `refs/dispatch/fetched/${encodeURIComponent(branch)}`;
  await retryBusy(() => remote.fetchInto(branch, ref, tips));
  return line(await doors.own("rev-parse", ["--verify", "--end-of-options", ref]));
}

/** True when what the user has leads to it: then all its objects are there. */
async function isComplete({ own }: Doors, commit: string, tips: readonly string[]): Promise<boolean> {
  const args = ["--max-count=1", requireObjectId(commit), ...tips.map((tip) => `^${tip}`)];
  const missing = await own("rev-list", args, { ok: [0, 128] });
  return missing.exitCode === 0 && missing.stdout === "";
}

async function readTips(doors: Doors, branch: string): Promise<readonly string[]> {
  const refs = [`refs/remotes/origin/${branch}`, knownRef(branch), `refs/heads/${branch}`, "HEAD"];
  const ids = await Promise.all(refs.map((ref) => readRef(doors, ref)));
  return [...new Set(ids.filter((id) => id !== null))];
}

function noBase(): DispatchError {
  return new DispatchError({
    code: "no_base",
    message: "There is no base branch: origin names none, and no branch is checked out here.",
    hint: 'Name it in dispatch.jsonc: "base": "main"',
    exit: EXIT.usage,
  });
}

function unknownBase(branch: string, hasOrigin: boolean): DispatchError {
  return new DispatchError({
    code: "unknown_base",
    message: `The base branch ${branch} does not exist ${hasOrigin ? "on origin" : "here"}.`,
    hint: hasOrigin
      ? `Push it (git push origin ${branch}), or name another "base" in dispatch.jsonc.`
      : `Make it (git branch ${branch}), or name another "base" in dispatch.jsonc.`,
    exit: EXIT.usage,
    facts: { branch },
  });
}
