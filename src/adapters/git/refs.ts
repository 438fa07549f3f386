import { DispatchError } from "../../domain/errors.ts";
import type { Kept, Saved } from "../../ports/repository.ts";
import type { Doors } from "./doors.ts";
import { fields, line } from "./git.ts";
import {
  headRef,
  OWN_REFS,
  requireBranch,
  requireObjectId,
  requireOwnBranch,
  salvagePrefix,
  zeroLike,
} from "./names.ts";

type UsersDoor = Pick<Doors, "users">;
type RefDoors = Pick<Doors, "users" | "moveRefs">;

/** null when there is no such ref. */
export async function readRef({ users }: UsersDoor, ref: string): Promise<string | null> {
  const result = await users("rev-parse", ["--verify", "--quiet", "--end-of-options", ref], { ok: [0, 1] });
  return result.exitCode === 0 ? line(result) : null;
}

export function readBranch(doors: UsersDoor, branch: string): Promise<string | null> {
  return readRef(doors, headRef(requireBranch(branch)));
}

/** Where a symbolic ref points to, without `prefix`; null when it is none or points elsewhere. */
export async function readSymbolic({ users }: UsersDoor, ref: string, prefix: string): Promise<string | null> {
  const result = await users("symbolic-ref", ["--quiet", ref], { ok: [0, 1, 128] });
  const target = line(result);
  return result.exitCode === 0 && target.startsWith(prefix) ? target.slice(prefix.length) : null;
}

/**
 * Compare and swap of any ref; `to` or `expected` null mean "not there". True when the ref is at `to` now, also
 * when it was there already (a redo); false when it is somewhere else than expected.
 */
export async function swapRef(
  doors: RefDoors,
  ref: string,
  to: string | null,
  expected: string | null,
): Promise<boolean> {
  const zero = zeroLike(to ?? expected ?? "");
  const input = `update ${ref}\0${to ?? zero}\0${expected ?? zero}\0`;
  try {
    await doors.moveRefs(input);
    return true;
  } catch (error) {
    const actual = await readRef(doors, ref);
    if (actual === to) return true;
    if (actual !== expected) return false;
    // It is where we expected it, so something else is wrong: a lock, a full disk, a name in the way.
    throw error;
  }
}

export async function moveBranch(doors: RefDoors, branch: string, to: string, expected: string | null): Promise<void> {
  const ref = headRef(requireOwnBranch(branch));
  requireObjectId(to);
  if (expected !== null) requireObjectId(expected);
  if (!(await swapRef(doors, ref, to, expected))) throw await refMoved(doors, branch, expected);
}

export async function deleteBranch(doors: RefDoors, branch: string, expected: string): Promise<void> {
  const ref = headRef(requireOwnBranch(branch));
  if (!(await swapRef(doors, ref, null, requireObjectId(expected)))) throw await refMoved(doors, branch, expected);
}

async function refMoved(doors: RefDoors, branch: string, expected: string | null): Promise<DispatchError> {
  const actual = await readBranch(doors, branch);
  return new DispatchError({
    code: "ref_moved",
    message: `The branch ${branch} is ${actual === null ? "gone" : `at ${actual}`}, not ${expected === null ? "new" : `at ${expected}`}: somebody else moved it, so it was left alone.`,
    hint: `Look at it: git log ${branch}`,
    facts: { branch, expected, actual },
  });
}

export interface RefRow {
  readonly ref: string;
  readonly commit: string;
  readonly tree: string;
}

/** Refs below any of these prefixes, which end in a slash, with the tree of each. */
export async function readRefsBelow({ users }: UsersDoor, ...prefixes: readonly string[]): Promise<readonly RefRow[]> {
  const result = await users("for-each-ref", ["--format=%(refname)%00%(objectname)%00%(tree)%00", ...prefixes]);
  const parts = fields(result).map((part) => part.replace(/^\n/, ""));
  const rows = [];
  for (let i = 0; i + 2 < parts.length; i += 3) {
    rows.push({ ref: parts[i] ?? "", commit: parts[i + 1] ?? "", tree: parts[i + 2] ?? "" });
  }
  return rows;
}

export const SALVAGE = `${OWN_REFS}salvage/`;

/** All of it, each task's oldest first. */
export async function readSalvage({ users }: UsersDoor): Promise<readonly Saved[]> {
  const format = "--format=%(refname)%00%(objectname)%00%(contents:subject)%00";
  const parts = fields(await users("for-each-ref", [format, SALVAGE])).map((part) => part.replace(/^\n/, ""));
  const kept = [];
  for (let i = 0; i + 2 < parts.length; i += 3) {
    const [ref = "", commit = "", subject = ""] = parts.slice(i, i + 3);
    const [task = "", n = ""] = ref.slice(SALVAGE.length).split("/");
    kept.push({ task, ref, commit, subject, n: Number(n) });
  }
  return kept.toSorted((a, b) => a.n - b.n).map(({ task, ref, commit, subject }) => ({ task, ref, commit, subject }));
}

/** Takes the ref away if it still is where it was seen; the objects stay until git itself forgets them. */
export async function dropSalvage(doors: RefDoors, { ref, commit }: Kept): Promise<void> {
  if (!ref.startsWith(SALVAGE)) throw new Error(`${ref} is not below ${SALVAGE}`);
  await swapRef(doors, ref, null, requireObjectId(commit));
}

const SALVAGE_TRIES = 20;

/**
 * `refs/dispatch/salvage/<task>/<n>` with the next free n; an equal tree is not saved twice. `over` is an earlier state
 * of the same work: its ref moves on, unless somebody else moved it.
 */
export async function salvage(
  doors: Doors,
  task: string,
  commit: string,
  options: {
    readonly over?: Kept | null;
    /** Of the commit, and of what is saved, where they are known. */
    readonly tree?: string;
    readonly known?: readonly RefRow[] | undefined;
  } = {},
): Promise<Kept> {
  const prefix = salvagePrefix(task);
  const { over = null, known } = options;
  if (over?.ref.startsWith(prefix) === true && (await swapRef(doors, over.ref, commit, over.commit)))
    return { ref: over.ref, commit };
  const tree = options.tree ?? (await readTree(doors, requireObjectId(commit)));
  for (let tries = 0; tries < SALVAGE_TRIES; tries += 1) {
    const isKnown = known !== undefined && tries === 0;
    const saved = isKnown ? known.filter(({ ref }) => ref.startsWith(prefix)) : await readRefsBelow(doors, prefix);
    const equal = saved.find((one) => one.tree === tree);
    if (equal !== undefined) return { ref: equal.ref, commit: equal.commit };
    const numbers = saved.map(({ ref }) => Number(ref.slice(prefix.length))).filter(Number.isInteger);
    const ref = `${prefix}${Math.max(0, ...numbers) + 1}`;
    if (await swapRef(doors, ref, commit, null)) return { ref, commit };
  }
  throw new DispatchError({
    code: "ref_moved",
    message: `No free place below ${prefix}: others keep taking it.`,
    hint: "Try again.",
    facts: { task, commit },
  });
}

/** A commit never gets another tree, in no repository; of those that were asked for last. */
const trees = new Map<string, string>();
const TREES = 1000;

export async function readTree({ own }: Pick<Doors, "own">, commit: string): Promise<string> {
  const known = trees.get(commit);
  if (known !== undefined) return known;
  const tree = line(await own("rev-parse", ["--verify", "--end-of-options", `${requireObjectId(commit)}^{tree}`]));
  if (trees.size >= TREES) trees.clear();
  trees.set(commit, tree);
  return tree;
}
