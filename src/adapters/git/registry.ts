import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import PQueue from "p-queue";
import { DispatchError } from "../../domain/errors.ts";
import { tryLock } from "./lock-dir.ts";

/**
 * The registry of one repository: its worktrees, our books about them, its pause flags. git's own locks do not
 * make parallel `worktree add` safe (each one reads half-made neighbours), so one at a time, across processes.
 */
export interface Registry {
  exclusive<T>(work: () => Promise<T>): Promise<T>;
}

const PATIENCE_MS = 120_000;

/** In one process callers queue here, so that they do not poll the lock of their own neighbours. */
const queues = new Map<string, PQueue>();

/** Where all that is ours and no ref lies in the user's git dir. */
export function dispatchDir(commonDir: string): string {
  return join(commonDir, "dispatch");
}

export function openRegistry(commonDir: string): Registry {
  const folder = join(dispatchDir(commonDir), "registry.lock");
  const queue = queues.get(commonDir) ?? new PQueue({ concurrency: 1 });
  queues.set(commonDir, queue);
  return {
    exclusive: (work) =>
      queue.add(async () => {
        await using _lock = await waitForLock(folder);
        return await work();
      }),
  };
}

async function waitForLock(folder: string): Promise<AsyncDisposable> {
  const end = Date.now() + PATIENCE_MS;
  for (let wait = 2; ; wait = Math.min(wait * 1.5, 50)) {
    const attempt = await tryLock(folder, "");
    if (attempt.held) return attempt.lock;
    if (Date.now() > end) throw busy(folder, attempt.holder);
    await sleep(wait * (0.5 + Math.random()));
  }
}

function busy(folder: string, { host, pid }: { readonly host: string; readonly pid: number }): DispatchError {
  return new DispatchError({
    code: "registry_busy",
    message: `Process ${pid} on ${host} has been changing the worktrees for ${PATIENCE_MS / 1000} s and does not end.`,
    hint: `Wait for it; if it is gone for good (another machine or container), type: rm -r '${folder}'`,
    facts: { host, pid, folder },
  });
}
