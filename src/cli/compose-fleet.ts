import { createHash } from "node:crypto";
import { hostname } from "node:os";
import type { FleetOptions } from "../adapters/engine/fleet.ts";
import { ensureCloneId } from "../adapters/git/clone-id.ts";
import { repositoryId } from "../adapters/git/identity.ts";
import { type Database, openDatabase } from "../adapters/postgres/database.ts";
import { readSharedUrl } from "../adapters/postgres/database-url.ts";
import { type Host, joinHosts } from "../adapters/postgres/host.ts";
import { readSharedConfig, writeSharedConfig } from "../adapters/postgres/shared-config.ts";
import { openWorkQueue } from "../adapters/postgres/work-queue.ts";
import type { LoadedConfig } from "../config/load.ts";
import { shareConfig, type SharedConfig } from "../config/share.ts";
import { recordBroken, sentence } from "../dispatch/contain.ts";
import { recordRefusal } from "../dispatch/elsewhere.ts";
import { type Episode, STORY_VERSION } from "../dispatch/episode.ts";
import type { Ports } from "../dispatch/ports.ts";
import { ROLES } from "../domain/assignment.ts";
import { DispatchError, EXIT } from "../domain/errors.ts";
import { findState } from "./compose-place.ts";
import type { CliContext } from "./context.ts";
import type { Closing } from "./desk/closing.ts";
import type { HostRequest } from "./desk/desk.ts";

/** Who this process is among the hosts of a shared database, once it has joined them. */
export interface Membership {
  host: Host | null;
  /** As a sentence, known before it joins. */
  fence: string;
}

export interface JoinRequest {
  readonly database: Database;
  readonly ports: Ports;
  readonly loaded: LoadedConfig;
  readonly run: string;
  readonly wanted: HostRequest;
  readonly stack: Closing;
  readonly warn: (text: string) => void;
}

/** One of several hosts from now on, until the stack is closed. */
export async function joinFleet(membership: Membership, request: JoinRequest): Promise<FleetOptions> {
  const { database, ports, loaded, run, wanted, stack, warn } = request;
  const repo = ports.repository.id;
  const config = wanted.config ?? toShared(loaded);
  if (wanted.config === null) await writeSharedConfig(database, repo, config);
  const { works, roles = ROLES, skills } = wanted;
  const able = { roles, skills, capacity: works ? loaded.config.jobs : 0 };
  const id = `${hostname()}-${process.pid}-${run}`;
  const host = stack.use(await joinHosts(database, { repo, id, name: hostname(), ...able }));
  membership.host = host;
  const queue = openWorkQueue(database, { repo, host: host.id, config: config.hash, version: STORY_VERSION });
  // As on one host: what a run left goes on with the configuration of the next.
  if (wanted.config === null) await queue.adopt();
  return {
    queue,
    inbox: `clone_${await ensureCloneId(ports.repository.commonDir)}`,
    ...{ ...able, works, warn },
    async hold(input) {
      // Its own version of the story offered it.
      const { task } = input as Episode;
      const claimed = await ports.claims.acquire(task.id);
      if (claimed.kind === "elsewhere") await recordRefusal(ports, run, task.id, claimed);
      return claimed;
    },
    async broken(input, error) {
      const { task, run: begunBy } = input as Episode;
      const unbegun = await recordBroken(ports, begunBy, task.id, error);
      if (unbegun !== null) warn(`${task.id} was not begun: ${sentence(unbegun)}`);
    },
  };
}

/** The configuration of the run that this clone's repository has work of. */
export interface RunConfigs extends AsyncDisposable {
  read(): Promise<SharedConfig | null>;
}

export async function openRunConfigs(context: CliContext): Promise<RunConfigs> {
  const { place, env } = await findState(context);
  const url = readSharedUrl(env);
  if (url === null) throw notShared("worker");
  const database = await openDatabase(url);
  const repo = repositoryId(place, "origin");
  return {
    read: () => readSharedConfig(database, repo),
    [Symbol.asyncDispose]: () => database[Symbol.asyncDispose](),
  };
}

function toShared(loaded: LoadedConfig): SharedConfig {
  const content = shareConfig(loaded);
  return { hash: createHash("sha256").update(JSON.stringify(content)).digest("hex"), content };
}

export function notShared(command: string): DispatchError {
  return new DispatchError({
    code: "database_not_shared",
    message: `${command} needs the database that the other hosts use, and DISPATCH_DATABASE_URL is not set.`,
    hint: `DISPATCH_DATABASE_URL=postgres://user:password@host:5432/database dispatch ${command}`,
    exit: EXIT.usage,
  });
}
