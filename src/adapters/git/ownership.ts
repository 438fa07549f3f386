import { join } from "node:path";
import { DispatchError, EXIT } from "../../domain/errors.ts";
import type { Ownership } from "../../ports/ownership.ts";
import { readLock, tryLock } from "./lock-dir.ts";
import { dispatchDir } from "./registry.ts";

/** `<common>/dispatch/owner`, whatever home or linked worktree the dispatcher runs from. */
export function openOwnership(commonDir: string): Ownership {
  const folder = join(dispatchDir(commonDir), "owner");
  return {
    async acquire(run) {
      const attempt = await tryLock(folder, run);
      if (attempt.held) return attempt.lock;
      const { host, pid, detail } = attempt.holder;
      throw new DispatchError({
        code: "repository_owned",
        message: `Another dispatcher owns this repository: process ${pid} on ${host}${detail === "" ? "" : `, run ${detail}`}.`,
        hint: `Wait for it or stop it: kill ${pid}   (if that machine is gone for good: rm -r '${folder}')`,
        exit: EXIT.owned,
        facts: { host, pid, run: detail },
      });
    },
    async readOwner() {
      const holder = await readLock(folder);
      return holder === null ? null : { host: holder.host, pid: holder.pid, run: holder.detail };
    },
  };
}
