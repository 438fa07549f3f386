import { sql } from "kysely";
import type { OfferedWork, WorkOutcome, WorkQueue } from "../../ports/work-queue.ts";
import type { Database } from "./database.ts";
import { hostLost, living, mayWrite } from "./host.ts";
import { SCHEMA } from "./migrations.ts";
import { TakenRow, UnfinishedRow, WorkOutcomeRow } from "./schema.ts";

export interface WorkQueueOptions {
  readonly repo: string;
  /** Who takes. */
  readonly host: string;
  /** Only work of this configuration and this story fits. */
  readonly config: string;
  readonly version: string;
}

const WORK = sql.table(`${SCHEMA}.work`);

/** Queues by role and skill over one table: a host takes when it has room, so that none holds what another could do. */
export function openWorkQueue({ tables }: Database, { repo, host, config, version }: WorkQueueOptions): WorkQueue {
  const mine = mayWrite(repo, host);
  const requireMine = async (): Promise<void> => {
    const { rows } = await sql<{ ok: boolean }>`select ${mine} as ok`.execute(tables);
    if (rows[0]?.ok !== true) throw hostLost("this host");
  };
  return {
    async offer({ id, story, input, role, skills }) {
      const row = { repo, id, story, input: JSON.stringify(input), role, skills, config, version };
      await tables
        .insertInto("work")
        .values({ ...row, host: null, outcome: null })
        .onConflict((conflict) => conflict.columns(["repo", "id"]).doNothing())
        .execute();
    },
    async adopt() {
      await sql`update ${WORK} set config = ${config} where repo = ${repo} and outcome is null and config <> ${config}
        and (host is null or host not in ${living(repo)})`.execute(tables);
    },
    async take({ episodes, roles, skills, walks }) {
      // Runs of agents first: they end what has begun.
      const { rows } = await sql`
        update ${WORK} set host = ${host}, taken = taken + 1 where repo = ${repo} and ${mine} and id = (
          select w.id from ${WORK} w where w.repo = ${repo} and w.outcome is null
            and w.config = ${config} and w.version = ${version} and w.due <= clock_timestamp()
            and (w.host is null or w.host not in ${living(repo)}
              or (w.host = ${host} and w.id <> all(${walks}::text[])))
            and (case when w.role is null then ${episodes}::boolean else w.role = any(${roles}::text[]) end)
            and (${skills}::text[] is null or w.skills <@ ${skills}::text[])
          order by w.role is null, w.seq limit 1 for update skip locked)
        returning id, story, input, role, skills`.execute(tables);
      return rows[0] === undefined ? null : toWork(rows[0]);
    },
    async finish(id, outcome) {
      const { numUpdatedRows } = await tables
        .updateTable("work")
        .set({ outcome: JSON.stringify(outcome) })
        .where("repo", "=", repo)
        .where("id", "=", id)
        .where("host", "=", host)
        .where("outcome", "is", null)
        .where(mine)
        .executeTakeFirst();
      if (numUpdatedRows > 0n) return true;
      await requireMine();
      return false;
    },
    async readOwn() {
      const { rows } = await sql<{ id: string }>`
        select id from ${WORK} where repo = ${repo} and host = ${host} and outcome is null and ${mine}`.execute(tables);
      return new Set(rows.map(({ id }) => id));
    },
    async putBack(id, seconds) {
      await tables
        .updateTable("work")
        .set({ host: null, due: sql<Date>`clock_timestamp() + make_interval(secs => ${seconds})` })
        .where("repo", "=", repo)
        .where("id", "=", id)
        .where("host", "=", host)
        .execute();
    },
    async cancel(id) {
      await tables
        .updateTable("work")
        .set({ outcome: JSON.stringify({ kind: "cancelled" } satisfies WorkOutcome) })
        .where("repo", "=", repo)
        .where((where) => where.or([where("id", "=", id), sql<boolean>`starts_with(id, ${`${id}/`})`]))
        .where("outcome", "is", null)
        .execute();
    },
    async readOutcomes(ids) {
      const rows = await tables
        .selectFrom("work")
        .select(["id", "outcome"])
        .where("repo", "=", repo)
        .where("id", "=", sql<string>`any(${ids})`)
        .where("outcome", "is not", null)
        .execute();
      return new Map(rows.map((row) => [row.id, WorkOutcomeRow.parse(row.outcome)]));
    },
    async readUnfinished() {
      const rows = await tables
        .selectFrom("work")
        .select(["id", "version"])
        .where("repo", "=", repo)
        .where("role", "is", null)
        .where("outcome", "is", null)
        .execute();
      return rows.map((row) => UnfinishedRow.parse(row));
    },
    async readCapacity() {
      const { rows } = await sql<{ capacity: number }>`
        select coalesce(sum(capacity), 0)::integer as capacity from ${sql.table(`${SCHEMA}.host`)}
        where repo = ${repo} and id in ${living(repo)}`.execute(tables);
      return rows[0]?.capacity ?? 0;
    },
  };
}

function toWork(row: unknown): OfferedWork {
  return TakenRow.parse(row);
}
