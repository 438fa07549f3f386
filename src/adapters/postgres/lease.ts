import { Client } from "pg";
import { DispatchError } from "../../domain/errors.ts";
import { isAway } from "../process/away.ts";
import { readPassword, ROLE } from "./cluster.ts";
import { leaveAtExit } from "./leave-at-exit.ts";
import type { Place } from "./place.ts";
import { type Postmaster, readPostmaster, stopPostmaster } from "./postmaster.ts";

/** A database to work with, while it is held. */
export interface PostgresLease extends AsyncDisposable {
  readonly url: string;
  readonly kind: "private" | "shared";
  /** Aborted when a private server went away under us; its reason is the error to show. */
  readonly lost: AbortSignal;
}

/**
 * Who works with the server holds this advisory lock shared; who leaves asks for it alone, and stops the server when
 * it gets it. PostgreSQL gives a lock back when its holder dies, so nothing is left to clean up after `kill -9`.
 */
const IN_USE = "7305, 1";
const DATABASE = "postgres";
const CONNECT_MS = 10_000;
/** Only a command that was frozen while it stopped the server keeps us waiting. */
const JOIN_MS = 60_000;

/** null when there is no server to join, or it stops right now. */
export async function join(place: Place, name: string): Promise<PostgresLease | null> {
  const server = await readPostmaster(place);
  if (server === null || server.status !== "ready") return null;
  const password = await readPassword(place);
  const client = new Client({
    host: server.socketFolder,
    port: server.port,
    user: ROLE,
    password,
    database: DATABASE,
    application_name: `dispatch:${process.pid}:${name}`,
    connectionTimeoutMillis: CONNECT_MS,
    lock_timeout: JOIN_MS,
  });
  const lost = new AbortController();
  let leaving: Promise<void> | null = null;
  client.on("error", (cause) => {
    // Our own stop cuts the connection too.
    if (leaving === null) lost.abort(wentAway(cause));
  });
  try {
    await client.connect();
    await client.query(`select pg_advisory_lock_shared(${IN_USE})`);
  } catch (error) {
    await client.end().catch(() => undefined);
    if (isAway(error) || lost.signal.aborted) return null;
    throw unusable(server, error);
  }
  const atExit = leaveAtExit(place);
  const leaveOnce = async (): Promise<void> => {
    using _atExit = atExit;
    await leave(place, client, lost.signal);
  };
  return {
    url: serverUrl(server, password),
    kind: "private",
    lost: lost.signal,
    [Symbol.asyncDispose]: () => (leaving ??= leaveOnce()),
  };
}

async function leave(place: Place, client: Client, lost: AbortSignal): Promise<void> {
  if (lost.aborted) return;
  if (!(await isLast(client))) return client.end();
  // We hold the lock alone: whoever comes now waits for it, is sent away by the stop, and starts a new server.
  const server = await readPostmaster(place);
  if (server !== null) await stopPostmaster(server);
  // The stop ended the connection; this only lets go of its remains.
  await client.end().catch(() => undefined);
}

async function isLast(client: Client): Promise<boolean> {
  try {
    await client.query(`select pg_advisory_unlock_shared(${IN_USE})`);
    const { rows } = await client.query<{ last: boolean }>(`select pg_try_advisory_lock(${IN_USE}) as last`);
    return rows[0]?.last === true;
  } catch (error) {
    // Someone else stopped the server at this moment: nothing is left to do.
    if (isAway(error)) return false;
    throw error;
  }
}

/** A form that libpq, pg and DBOS all read. */
function serverUrl({ socketFolder, port }: Postmaster, password: string): string {
  return `postgresql://${ROLE}:${password}@localhost:${port}/${DATABASE}?host=${encodeURIComponent(socketFolder)}`;
}

function wentAway(cause: Error): DispatchError {
  return new DispatchError({
    code: "postgres_lost",
    message: `The private PostgreSQL went away: ${cause.message}`,
    hint: "What was recorded is safe. Go on with: dispatch run",
    cause,
  });
}

function unusable({ pid, socketFolder }: Postmaster, cause: unknown): DispatchError {
  return new DispatchError({
    code: "postgres_unusable",
    message: `The private PostgreSQL (process ${pid}) refuses us: ${cause instanceof Error ? cause.message : String(cause)}`,
    hint: `End it and try again: kill -INT ${pid}`,
    facts: { pid, socketFolder },
    cause,
  });
}
