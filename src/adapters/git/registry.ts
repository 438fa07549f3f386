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

/** So long our own lanes may pass the lock on among themselves before another process gets its turn. */
const HOLD_MS = 100;

/** In one process callers queue here, so that they do not poll the lock of their own neighbours. */
const turns = new Map<string, Registry>();

/** Where all that is ours and no ref lies in the user's git dir. */
export function dispatchDir(commonDir: string): string {
  return join(commonDir, "dispatch");
}

export function openRegistry(commonDir: string): Registry {
  const registry = turns.get(commonDir) ?? inTurns(join(dispatchDir(commonDir), "registry.lock"));
  turns.set(commonDir, registry);
  return registry;
}

function inTurns(folder: string): Registry {
  const queue = new PQueue({ concurrency: 1 });
  let lock: AsyncDisposable | null = null;
  let since = 0;
  /** Many lanes that come at once take and give back the lock once. */
  const passOn = async (): Promise<void> => {
    if (lock === null || (queue.size > 0 && performance.now() - since < HOLD_MS)) return;
    const held = lock;
    lock = null;
    await held[Symbol.asyncDispose]();
  };
  return {
    exclusive: (work) =>
      queue.add(async () => {
        if (lock === null) {
          lock = await waitForLock(folder);
          since = performance.now();
        }
        try {
          return await work();
        } finally {
          await passOn();
        }
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
