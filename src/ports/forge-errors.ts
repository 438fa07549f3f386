import { DispatchError, EXIT } from "../domain/errors.ts";
import type { PullRequest } from "./forge.ts";

/** What the refusals of every forge say of a pull request. */
type Known = Pick<PullRequest, "task" | "head" | "base" | "branch" | "state">;

export function unknownPullRequest(number: number): DispatchError {
  return new DispatchError({
    code: "unknown_pull_request",
    message: `There is no pull request #${number}.`,
    hint: "See which there are: dispatch pr list",
    facts: { number },
  });
}

export function notOpen(number: number, { state, task }: Known): DispatchError {
  return new DispatchError({
    code: "pull_request_ended",
    message: `Pull request #${number} of ${task} is ${state}.`,
    hint: "See which are open: dispatch pr list",
    facts: { number, state },
  });
}

export function headMoved(number: number, { head, task }: Known, seen: string): DispatchError {
  return new DispatchError({
    code: "head_moved",
    message: `Pull request #${number} of ${task} is at ${head.slice(0, 12)} now, not at ${seen.slice(0, 12)}.`,
    hint: `Look at the new change: dispatch diff ${task}`,
    facts: { number, head, seen },
  });
}

export function nothingToMerge(branch: string, base: string, head: string): DispatchError {
  return new DispatchError({
    code: "nothing_to_merge",
    message: `${branch} has nothing that ${base} has not, so it gets no pull request.`,
    hint: `Compare them: git log ${base}..${head.slice(0, 12)}`,
    facts: { branch, base, head },
  });
}

export function conflict(number: number, pr: Known, files: readonly string[]): DispatchError {
  return new DispatchError({
    code: "conflict",
    message: `Pull request #${number} of ${pr.task} is in conflict with ${pr.base} in ${files.join(", ")}; nothing was changed.`,
    hint: `Let its coder begin again from the new base: dispatch retry ${pr.task}`,
    facts: { number, files },
  });
}

export function unknownBase(branch: string, base: string): DispatchError {
  return new DispatchError({
    code: "unknown_base",
    message: `${branch} is to go into ${base}, which does not exist.`,
    hint: `Make it again (git branch ${base}), or name another "base" in dispatch.jsonc.`,
    facts: { branch, base },
  });
}

/** `path` null: in a checkout that we cannot see. */
export function baseCheckedOut(number: number, pr: Known, path: string | null): DispatchError {
  const where = path === null ? "in origin" : `in ${path}`;
  const words = `-m 'Merge pull request #${number} from ${pr.branch}'`;
  const there = path === null ? "" : ` -C '${path.replaceAll("'", `'\\''`)}'`;
  return new DispatchError({
    code: "base_checked_out",
    message: `${pr.base} is checked out ${where}, so it is not moved.`,
    hint: `Merge it there: git${there} merge --no-ff ${words} ${pr.head}   or free it: git${there} switch --detach`,
    facts: { number, base: pr.base, path },
  });
}

export function unreadable(ref: string, commit: string): DispatchError {
  return new DispatchError({
    code: "pull_request_invalid",
    message: `${ref} holds something that this version cannot read as a pull request (commit ${commit.slice(0, 12)}).`,
    hint: "If a newer dispatch wrote it, update this one. Else look at it: git ls-remote origin 'refs/dispatch/pr/*'",
    facts: { ref, commit },
  });
}

export function busy(what: string, tries: number): DispatchError {
  return new DispatchError({
    code: "forge_busy",
    message: `${what} failed ${tries} times, because others were always faster.`,
    hint: "Try it again in a moment.",
    exit: EXIT.later,
    facts: { tries },
  });
}
