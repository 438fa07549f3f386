import { DispatchError } from "../../domain/errors.ts";
import type { Doors } from "./doors.ts";
import { fields, line } from "./git.ts";
import { headRef, requireBranch, requireObjectId, requireOwnBranch, salvagePrefix, zeroLike } from "./names.ts";

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

/** Refs below any of these prefixes, which end in a slash, with the tree of each. */
export async function readRefsBelow(
  { users }: UsersDoor,
  ...prefixes: readonly string[]
): Promise<readonly { readonly ref: string; readonly commit: string; readonly tree: string }[]> {
  const result = await users("for-each-ref", ["--format=%(refname)%00%(objectname)%00%(tree)%00", ...prefixes]);
  const parts = fields(result).map((part) => part.replace(/^\n/, ""));
  const rows = [];
  for (let i = 0; i + 2 < parts.length; i += 3) {
    rows.push({ ref: parts[i] ?? "", commit: parts[i + 1] ?? "", tree: parts[i + 2] ?? "" });
  }
  return rows;
}

const SALVAGE_TRIES = 20;

/** `refs/dispatch/salvage/<task>/<n>` with the next free n; an equal tree is not saved twice. */
export async function salvage(doors: Doors, task: string, commit: string): Promise<string> {
  const prefix = salvagePrefix(task);
  const tree = await readTree(doors, requireObjectId(commit));
  for (let tries = 0; tries < SALVAGE_TRIES; tries += 1) {
    const saved = await readRefsBelow(doors, prefix);
    const equal = saved.find((one) => one.tree === tree);
    if (equal !== undefined) return equal.ref;
    const numbers = saved.map(({ ref }) => Number(ref.slice(prefix.length))).filter(Number.isInteger);
    const ref = `${prefix}${Math.max(0, ...numbers) + 1}`;
    if (await swapRef(doors, ref, commit, null)) return ref;
  }
  throw new DispatchError({
    code: "ref_moved",
    message: `No free place below ${prefix}: others keep taking it.`,
    hint: "Try again.",
    facts: { task, commit },
  });
}

export async function readTree({ own }: Pick<Doors, "own">, commit: string): Promise<string> {
  return line(await own("rev-parse", ["--verify", "--end-of-options", `${commit}^{tree}`]));
}
