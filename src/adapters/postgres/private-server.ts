import { setTimeout as sleep } from "node:timers/promises";
import { DispatchError } from "../../domain/errors.ts";
import { tryLock } from "../git/lock-dir.ts";
import { readSharedUrl } from "./database-url.ts";
import { join as joinServer, type PostgresLease } from "./lease.ts";
import { type Place, preparePlace } from "./place.ts";
import { startServer } from "./start-server.ts";

export type { PostgresLease } from "./lease.ts";

export interface PostgresOptions {
  /** DISPATCH_HOME. */
  readonly home: string;
  /** Of the command, for the name of its connection. */
  readonly name: string;
  readonly signal?: AbortSignal;
  /** For DISPATCH_DATABASE_URL, DISPATCH_POSTGRES and PATH; default: that of this process. */
  readonly env?: Readonly<Record<string, string | undefined>>;
}

const PATIENCE_MS = 90_000;

/**
 * The database of this command: the one that DISPATCH_DATABASE_URL names, else a private server, started if need be.
 * Disposing of the last lease on a private server stops it and waits until it is gone.
 */
export async function ensurePostgres(options: PostgresOptions): Promise<PostgresLease> {
  const { env = process.env } = options;
  const shared = readSharedUrl(env);
  if (shared !== null) return holdShared(shared);
  const signal = options.signal ?? new AbortController().signal;
  const place = await preparePlace(options.home);
  const end = Date.now() + PATIENCE_MS;
  while (Date.now() < end) {
    const lease = await joinServer(place, options.name);
    if (lease !== null && !signal.aborted) return lease;
    // A server that was just started goes with the command that started it.
    await lease?.[Symbol.asyncDispose]();
    signal.throwIfAborted();
    await using _lock = await lockStart(place, end, signal);
    await startServer(place, env, signal);
  }
  throw noServer(place);
}

function holdShared(url: string): PostgresLease {
  return { url, kind: "shared", lost: new AbortController().signal, [Symbol.asyncDispose]: async () => undefined };
}

/** One at a time makes the data and starts the server. */
async function lockStart(place: Place, end: number, signal: AbortSignal): Promise<AsyncDisposable> {
  for (;;) {
    const attempt = await tryLock(place.lock, "starts the private PostgreSQL");
    if (attempt.held) return attempt.lock;
    if (Date.now() > end) {
      const { host, pid } = attempt.holder;
      throw new DispatchError({
        code: "postgres_start_busy",
        message: `Process ${pid} on ${host} has been starting the private PostgreSQL for ${PATIENCE_MS / 1000} s.`,
        hint: `Wait for it; if it is gone for good (another machine or container), type: rm -r '${place.lock}'`,
        facts: { host, pid, lock: place.lock },
      });
    }
    signal.throwIfAborted();
    await sleep(10 + Math.random() * 20);
  }
}

function noServer(place: Place): DispatchError {
  return new DispatchError({
    code: "postgres_unstable",
    message: `The private PostgreSQL was started again and again, but could not be used within ${PATIENCE_MS / 1000} s.`,
    hint: `Read what it says: tail -50 '${place.log}'`,
    facts: { log: place.log },
  });
}
