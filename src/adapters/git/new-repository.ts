import { DispatchError } from "../../domain/errors.ts";
import { runCommand } from "../process/run-command.ts";
import { plumbingEnv } from "./belt.ts";
import { sayable } from "./git.ts";

const TIMEOUT_MS = 60_000;

/**
 * Plain git in a repository that we are making ourselves: nobody's configuration is in it yet, and none from
 * outside is read. Author and date are fixed: the same files are the same commit. Rejects with `git_failed`.
 */
export function newRepositoryGit(path: string): (cwd: string, ...args: readonly string[]) => Promise<void> {
  const env = {
    ...plumbingEnv(path),
    GIT_ALLOW_PROTOCOL: "file",
    GIT_AUTHOR_DATE: "2026-01-01T00:00:00Z",
    GIT_COMMITTER_DATE: "2026-01-01T00:00:00Z",
  };
  return async (cwd, ...args) => {
    const { exitCode, stderr } = await runCommand({ file: "git", args, cwd, env, timeoutMs: TIMEOUT_MS });
    if (exitCode === 0) return;
    throw new DispatchError({
      code: "git_failed",
      message: `git ${args[0] ?? ""} failed in ${cwd} (exit ${exitCode}): ${sayable(stderr).split("\n").at(-1) ?? ""}`,
      hint: `Mend what git names, remove ${cwd}, and type the same again.`,
      facts: { cwd, exitCode },
    });
  };
}
