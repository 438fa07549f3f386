import { openResident } from "../process/resident.ts";
import { type DoorOptions, gitFailed } from "./git.ts";

/**
 * One transaction of `git update-ref --stdin -z`, without `start` and `commit`: all of its commands or none. Rejects
 * as `Git` does. The process stays for a while: it answers in a tenth of what starting it takes.
 */
export type RefWriter = (commands: string) => Promise<void>;

/** Waiting for locks that others hold is bounded by the belt; this is for a disk that hangs. */
const TIMEOUT_MS = 10 * 60_000;
const IDLE_MS = 5000;

export function openRefWriter({ cwd, env, belt = [] }: DoorOptions): RefWriter {
  const args = [...belt, "update-ref", "--no-deref", "-z", "--stdin"];
  const git = openResident({ file: "git", args, cwd, env, timeoutMs: TIMEOUT_MS, idleMs: IDLE_MS });
  return async (commands) => {
    const answer = await git.ask(`start\0${commands}prepare\0commit\0`, "commit: ok\n");
    if (answer.kind === "ended") throw gitFailed("update-ref", answer);
  };
}
