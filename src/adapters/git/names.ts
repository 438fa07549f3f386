import { DispatchError } from "../../domain/errors.ts";

/** Every ref that we may write begins with one of these (docs/contract.md §6). */
export const TASK_PREFIX = "dispatch/";
const LOCAL_PREFIXES = ["dispatch-review/", "dispatch-test/", "dispatch-plan/"];
export const LOCAL_HEADS = LOCAL_PREFIXES.map((prefix) => `refs/heads/${prefix}`);
export const OWN_HEADS = [`refs/heads/${TASK_PREFIX}`, ...LOCAL_HEADS];
export const OWN_REFS = "refs/dispatch/";

const OBJECT_ID = /^(?:[0-9a-f]{40}|[0-9a-f]{64})$/;
const TASK_ID = /^[A-Za-z0-9](?!.*(?:--|\.\.))[A-Za-z0-9._-]{0,63}$/;
/** A path component of a ref that is also harmless as an argument and as a file name. */
const COMPONENT = /^(?!.*(?:\.\.|@\{))[^\s\p{Cc}~^:?*[\\/.-][^\s\p{Cc}~^:?*[\\/]*$/u;
const LONGEST_REF = 200;

export function requireObjectId(id: string): string {
  if (OBJECT_ID.test(id)) return id;
  throw invalid("invalid_object_id", "commit id", id, "A commit id has 40 or 64 hexadecimal digits.");
}

/** A branch name that git takes and that cannot be read as an option. */
export function requireBranch(name: string): string {
  const components = name.split("/");
  const fits = components.every((part) => COMPONENT.test(part) && !part.endsWith(".") && !part.endsWith(".lock"));
  if (fits && name.length <= LONGEST_REF && name !== "@" && name !== "HEAD") return name;
  throw invalid("invalid_branch", "branch name", name, "Use letters, digits and . _ - / as in: dispatch/login--form");
}

/** A branch that is ours to create, move and delete. */
export function requireOwnBranch(name: string): string {
  requireBranch(name);
  if (OWN_HEADS.some((prefix) => headRef(name).startsWith(prefix))) return name;
  throw new DispatchError({
    code: "foreign_branch",
    message: `The branch ${name} is not one of ours, so it is never moved.`,
    hint: "Branches of dispatch begin with dispatch/ or, local ones, dispatch-review/ and the like.",
    facts: { branch: name },
  });
}

export function requireTaskId(id: string): string {
  if (TASK_ID.test(id) && !id.endsWith(".") && !id.endsWith(".lock")) return id;
  throw invalid("invalid_task_id", "task id", id, "Use letters, digits and . _ - in the backlog's id: annotation.");
}

/** Branches of those who only look (reviewers, testers, planners): local, gone when the round ends. */
export function isLocalBranch(name: string): boolean {
  return LOCAL_PREFIXES.some((prefix) => name.startsWith(prefix));
}

export function headRef(branch: string): string {
  return `refs/heads/${branch}`;
}

export function salvagePrefix(task: string): string {
  return `${OWN_REFS}salvage/${requireTaskId(task)}/`;
}

/** What compare-and-swap calls "must not exist". */
export function zeroLike(id: string): string {
  return "0".repeat(id.length);
}

function invalid(code: string, what: string, given: string, hint: string): DispatchError {
  return new DispatchError({ code, message: `${JSON.stringify(given)} is not a ${what}.`, hint, facts: { given } });
}
