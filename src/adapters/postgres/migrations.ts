import { type Generated, type Kysely, type Migration, sql } from "kysely";

/** One schema of ours for all repositories; the engine has one per repository beside it. */
export const SCHEMA = "dispatch";

export interface Tables {
  readonly fact: FactTable;
}

export interface FactTable {
  readonly repo: string;
  /** The order of the journal. */
  readonly seq: Generated<string>;
  readonly key: string;
  readonly name: string;
  /** As it was given: text gives back the same text. */
  readonly at: string;
  readonly run: string;
  readonly task: string | null;
  readonly episode: number;
  /** `json`, not `jsonb`: what agents print may hold zero bytes, which `jsonb` refuses. */
  readonly data: unknown;
}

/** Names never change, and a step that was released never does. */
export const MIGRATIONS: Readonly<Record<string, Migration>> = {
  "0001-journal": {
    async up(db: Kysely<unknown>) {
      await sql`
        create table ${sql.table(`${SCHEMA}.fact`)} (
          repo text not null,
          seq bigint generated always as identity,
          key text not null,
          name text not null,
          at text not null,
          run text not null,
          task text,
          episode integer not null,
          data json not null,
          primary key (repo, seq),
          unique (repo, key)
        )`.execute(db);
      await sql`create index fact_task on ${sql.table(`${SCHEMA}.fact`)} (repo, task, seq)`.execute(db);
      await sql`create index fact_run on ${sql.table(`${SCHEMA}.fact`)} (repo, run, seq)`.execute(db);
    },
  },
};
