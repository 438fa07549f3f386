import type { ChildProcess } from "node:child_process";
import { open, readFile, rename, rm, stat } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { join } from "node:path";
import { DispatchError } from "../../domain/errors.ts";
import { ensureCluster } from "./cluster.ts";
import type { Environment } from "./find-postgres.ts";
import { type Place, prepareSocketFolder } from "./place.ts";
import { isRecordMisleading, readPostmaster, recordPath } from "./postmaster.ts";
import { choosePrograms } from "./programs.ts";
import { runAs } from "./run-as.ts";

const START_MS = 60_000;
const LOG_BYTES = 1024 * 1024;
/** A server that was killed leaves helpers behind that take a moment to notice. */
const TRY_AGAIN = /lock file .* already exists|shared memory block .* is still in use/;

/** Only PostgreSQL's own defaults that are wrong for a small private server. Commits stay safe: fsync is on. */
const SETTINGS = {
  listen_addresses: "",
  unix_socket_permissions: "0700",
  fsync: "on",
  synchronous_commit: "on",
  max_connections: "200",
  shared_buffers: "32MB",
  max_wal_size: "128MB",
  wal_level: "minimal",
  max_wal_senders: "0",
  max_parallel_workers_per_gather: "0",
  // Beside the data, where the next start tidies up: a server that was killed leaves its part of /dev/shm for ever.
  dynamic_shared_memory_type: "mmap",
  jit: "off",
  // A session that forgot its transaction must not hold its locks for ever.
  idle_in_transaction_session_timeout: "60s",
  log_min_messages: "warning",
  log_min_error_statement: "panic",
  logging_collector: "off",
};

/** Starts the server and waits until it is ready. The caller holds the start lock; one that runs already is left alone. */
export async function startServer(place: Place, env: Environment, signal: AbortSignal): Promise<void> {
  const end = Date.now() + START_MS;
  for (;;) {
    signal.throwIfAborted();
    const running = await readPostmaster(place);
    if (running?.status === "ready") return;
    if (Date.now() > end) throw notReady(place, running?.pid ?? null, await readTail(place));
    // Another command's server is on its way up or down.
    if (running !== null) await sleep(10);
    else if (await launch(place, env, end)) return;
    else await sleep(100);
  }
}

/** False when it should be tried again. */
async function launch(place: Place, env: Environment, end: number): Promise<boolean> {
  const folder = await choosePrograms(place, env);
  await ensureCluster(place, folder);
  const socketFolder = await prepareSocketFolder(place);
  if (await isRecordMisleading(place)) await rm(recordPath(place));
  await rotateLog(place);
  await using log = await open(place.log, "a", 0o600);
  const from = (await log.stat()).size;
  const settings = Object.entries(SETTINGS).flatMap(([name, value]) => ["-c", `${name}=${value}`]);
  const args = ["-D", place.data, "-k", socketFolder, "-p", "5432", ...settings];
  const { child } = runAs(place.user, join(folder, "postgres"), args, log.fd);
  while (isRunning(child) && Date.now() < end) {
    if ((await readPostmaster(place))?.status === "ready") {
      // It outlives this command if others still need it.
      child.unref();
      return true;
    }
    await sleep(5);
  }
  const said = (await readFile(place.log, "utf8")).slice(from);
  if (!isRunning(child) && TRY_AGAIN.test(said)) return false;
  child.unref();
  throw notReady(place, child.pid ?? null, said.slice(-2000));
}

function isRunning(child: ChildProcess): boolean {
  return child.pid !== undefined && child.exitCode === null && child.signalCode === null;
}

async function rotateLog(place: Place): Promise<void> {
  const size = await stat(place.log).then(
    (found) => found.size,
    () => 0,
  );
  if (size > LOG_BYTES) await rename(place.log, `${place.log}.old`);
}

async function readTail(place: Place): Promise<string> {
  return (await readFile(place.log, "utf8").catch(() => "")).slice(-2000);
}

function notReady(place: Place, pid: number | null, tail: string): DispatchError {
  const full = /No space left on device/.test(tail);
  return new DispatchError({
    code: "postgres_start_failed",
    message: `The private PostgreSQL did not start. It said: ${tail.trim() || "nothing"}`,
    hint: full ? "Free some disk space, then try again." : `Read the rest of it: tail -50 '${place.log}'`,
    facts: { log: place.log, pid },
  });
}
