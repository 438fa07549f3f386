import { setTimeout as sleep } from "node:timers/promises";
import { type RawBuilder, sql } from "kysely";
import { DispatchError } from "../../domain/errors.ts";
import type { Able } from "../../ports/work-queue.ts";
import type { Database } from "./database.ts";
import { SCHEMA } from "./migrations.ts";

export interface HostOptions extends Able {
  readonly repo: string;
  /** Of this process alone, never used again. */
  readonly id: string;
  readonly name: string;
}

/** This process among those that share the database. Disposing of it leaves, and gives back what it had. */
export interface Host extends AsyncDisposable {
  readonly id: string;
  /** Aborted when it could not say in time that it lives: the others take over what it had. */
  readonly lost: AbortSignal;
  /** True for a host of this database that is there no more; never for anybody else, who may be of another one. */
  isGone(id: string): Promise<boolean>;
}

/** Silent for so long, and a host writes nothing any more. By the database's clock, since machines differ. */
export const LEASE_SECONDS = 15;
/** The others wait a little longer: a statement that was just let in has to be seen before they look. */
const MARGIN_SECONDS = 1;
const BEAT_MS = 3000;
/** Who left stays known for so long: claims that they could not give back have run out by then. */
const FORGET_AFTER = "1 day";
/** The beat of one that said that it leaves: nobody has to wait for its silence. */
const LEFT = "1 hour";
const PREFIX = "host:";

/** SQL condition: this host may still write. */
export const mayWrite = (repo: string, id: string): RawBuilder<boolean> =>
  sql<boolean>`exists (select from ${sql.table(`${SCHEMA}.host`)} h where h.repo = ${repo} and h.id = ${id}
    and h.beat > clock_timestamp() - make_interval(secs => ${LEASE_SECONDS}))`;

/** SQL: the ids of those that may be believed to be there. */
export const living = (repo: string): RawBuilder<unknown> =>
  sql`(select h.id from ${sql.table(`${SCHEMA}.host`)} h where h.repo = ${repo}
    and h.beat > clock_timestamp() - make_interval(secs => ${LEASE_SECONDS + MARGIN_SECONDS}))`;

export async function joinHosts({ tables }: Database, options: HostOptions): Promise<Host> {
  const { repo, name, roles, skills, capacity } = options;
  const id = `${PREFIX}${options.id}`;
  const old = sql<boolean>`beat < clock_timestamp() - ${FORGET_AFTER}::interval`;
  await tables.deleteFrom("host").where("repo", "=", repo).where(old).execute();
  await tables.insertInto("host").values({ repo, id, name, roles, skills, capacity }).execute();
  const lost = new AbortController();
  const left = new AbortController();
  let beatAt = performance.now();
  let beating: Promise<void> | null = null;

  const beat = async (): Promise<void> => {
    const asked = performance.now();
    const { numUpdatedRows } = await tables
      .updateTable("host")
      .set({ beat: sql<Date>`clock_timestamp()` })
      .where("repo", "=", repo)
      .where("id", "=", id)
      .where(mayWrite(repo, id))
      .executeTakeFirst();
    if (numUpdatedRows === 0n) lost.abort(hostLost(name));
    beatAt = asked;
  };
  const live = async (): Promise<void> => {
    while (!lost.signal.aborted) {
      await sleep(BEAT_MS, undefined, { signal: left.signal, ref: false });
      // Asked before the next beat: a process that was frozen must not believe itself.
      if (performance.now() - beatAt > LEASE_SECONDS * 1000) lost.abort(hostLost(name));
      // A database that cannot be reached answers late or never; only its silence counts.
      beating ??= beat()
        .catch(() => undefined)
        .finally(() => (beating = null));
    }
  };
  const heart = live().catch(() => undefined);

  return {
    id,
    lost: lost.signal,
    async isGone(other) {
      const gone = sql<boolean>`id not in ${living(repo)}`;
      const known = tables.selectFrom("host").select("id").where("repo", "=", repo).where("id", "=", other);
      return (await known.where(gone).executeTakeFirst()) !== undefined;
    },
    async [Symbol.asyncDispose]() {
      left.abort();
      await heart;
      if (lost.signal.aborted) return;
      const longAgo = sql<Date>`clock_timestamp() - ${LEFT}::interval`;
      await tables.updateTable("host").set({ beat: longAgo }).where("repo", "=", repo).where("id", "=", id).execute();
    },
  };
}

export function hostLost(name: string): DispatchError {
  return new DispatchError({
    code: "host_lost",
    message: `${name} did not reach the database for ${LEASE_SECONDS} s: the other hosts take over what it had, and it writes nothing more.`,
    hint: "a worker joins again by itself; after dispatch run: dispatch status, then dispatch run",
  });
}
