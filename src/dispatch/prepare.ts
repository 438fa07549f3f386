import type { SetupRequest } from "../ports/checks.ts";
import type { Preparation } from "../ports/worktrees.ts";
import type { Ports } from "./ports.ts";

/**
 * `setup` may have secrets and a network, so the files that it runs are the base's: a place is set up there before it
 * gets the files of a task. If that fails, `setup` is tried again at the task's commit, without secrets, and judged.
 */
export function preparation(
  { checks }: Pick<Ports, "checks">,
  request: Omit<SetupRequest, "cwd">,
  signal: AbortSignal,
): Preparation {
  const { base } = request;
  return {
    base,
    restore: (cwd, left) => checks.restore({ ...request, cwd }, left),
    async prepare(cwd) {
      await checks.prepare({ ...request, cwd, commit: base }, signal);
    },
  };
}
