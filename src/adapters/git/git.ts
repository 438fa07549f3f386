import { DispatchError, EXIT } from "../../domain/errors.ts";
import { type CommandResult, runCommand } from "../process/run-command.ts";

/** Every git command that dispatch ever runs without a network; the others are in `remote.ts`. */
export type GitCommand =
  | "bundle"
  | "cat-file"
  | "clean"
  | "commit-tree"
  | "config"
  | "diff-tree"
  | "for-each-ref"
  | "log"
  | "ls-files"
  | "ls-remote"
  | "merge-base"
  | "merge-tree"
  | "read-tree"
  | "rev-list"
  | "rev-parse"
  | "symbolic-ref"
  | "add"
  | "update-index"
  | "update-ref"
  | "worktree"
  | "write-tree";

export interface GitOptions {
  readonly input?: string | Uint8Array;
  /** Exit codes that are an answer; default 0 alone. */
  readonly ok?: readonly number[];
  /** On top of the door's own. */
  readonly env?: Readonly<Record<string, string>>;
  readonly maxBytes?: number;
  readonly overflow?: "reject" | "cut";
  /** `latin1` keeps every byte, for file names that are given back to git. */
  readonly encoding?: "utf8" | "latin1";
  readonly signal?: AbortSignal;
}

/** Runs one git command of the closed set; rejects with `git_failed`, `disk_full` or `git_timeout`. */
export type Git = (command: GitCommand, args: readonly string[], options?: GitOptions) => Promise<CommandResult>;

export interface DoorOptions {
  readonly cwd: string;
  /** The whole environment: it names the git dir, nothing is discovered. */
  readonly env: Readonly<Record<string, string>>;
  /** Options before the command, such as `-c name=value`. */
  readonly belt?: readonly string[];
}

/** Nothing here waits for a person or a network; whoever takes longer hangs. */
const TIMEOUT_MS = 3 * 60_000;

export function gitDoor({ cwd, env, belt = [] }: DoorOptions): Git {
  return async (command, args, options = {}) => {
    const { input, ok = [0], maxBytes, overflow, encoding, signal } = options;
    const result = await runCommand({
      file: "git",
      args: [...belt, command, ...args],
      cwd,
      env: { ...env, ...options.env },
      signal,
      timeoutMs: TIMEOUT_MS,
      ...(input === undefined ? {} : { input }),
      ...(maxBytes === undefined ? {} : { maxBytes }),
      ...(overflow === undefined ? {} : { overflow }),
      ...(encoding === undefined ? {} : { encoding }),
    });
    if (!result.timedOut && ok.includes(result.exitCode)) return result;
    throw gitFailed(command, result);
  };
}

/** The one line of an answer. */
export function line(result: Pick<CommandResult, "stdout">): string {
  return result.stdout.trimEnd();
}

/** The parts of a `-z` answer. */
export function fields(result: Pick<CommandResult, "stdout">): string[] {
  return result.stdout.split("\0").slice(0, -1);
}

export function gitFailed(
  command: string,
  { exitCode, stderr, timedOut }: Pick<CommandResult, "exitCode" | "stderr" | "timedOut">,
): DispatchError {
  const said = sayable(stderr);
  const facts = { command, exitCode, stderr: said };
  if (timedOut) {
    return new DispatchError({
      code: "git_timeout",
      message: `git ${command} did not end within ${TIMEOUT_MS / 60_000} minutes and was stopped.`,
      hint: "Look for a disk or a file system that hangs, then try again.",
      facts,
    });
  }
  // The last are git's own words for an index that could be written in part.
  if (/no space left on device|disk quota exceeded|out of diskspace/i.test(stderr)) {
    return new DispatchError({
      code: "disk_full",
      message: `git ${command} failed because the disk is full: ${said.split("\n").at(-1) ?? ""}`,
      hint: "Free some space, then: dispatch run",
      exit: EXIT.later,
      facts,
    });
  }
  return new DispatchError({
    code: "git_failed",
    message: `git ${command} failed (exit ${exitCode}): ${said.split("\n").at(-1) ?? ""}`,
    hint: "Try it again; if it stays so, look at the repository with: git fsck",
    facts,
  });
}

const SAID_MAX = 2000;

/** Git's words with file names of strangers in them, made harmless for a screen. */
export function sayable(text: string): string {
  return text
    .slice(0, SAID_MAX)
    .replace(/[^\P{C}\n]/gu, "")
    .trim();
}
