import { type Generated, type Kysely, type Migration, sql } from "kysely";
import type { Able } from "../../ports/work-queue.ts";

/** One schema of ours for all repositories; the engine has one per repository beside it. */
export const SCHEMA = "dispatch";

export interface Tables {
  readonly fact: FactTable;
  readonly host: HostTable;
  readonly work: WorkTable;
  readonly config: ConfigTable;
}

/** Who lives, and who did: whoever is silent for too long counts as gone, and is forgotten later (host.ts). */
export interface HostTable extends Able {
  readonly repo: string;
  readonly id: string;
  /** Of the machine, for people. */
  readonly name: string;
  readonly beat: Generated<Date>;
}

/** What is done on several hosts, until it has an outcome and after. */
export interface WorkTable {
  readonly repo: string;
  readonly seq: Generated<string>;
  readonly id: string;
  readonly story: string;
  readonly input: unknown;
  readonly role: string | null;
  readonly skills: readonly string[];
  /** Hash of the configuration. */
  readonly config: string;
  readonly version: string;
  readonly host: string | null;
  /** How often it was taken. */
  readonly taken: Generated<number>;
  readonly due: Generated<Date>;
  readonly outcome: unknown;
}

/** What runs were configured with: every host works with the run's. */
export interface ConfigTable {
  readonly repo: string;
  readonly hash: string;
  readonly content: unknown;
  /** Of its last use. */
  readonly used: Generated<Date>;
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
  /** Hex; see chain.ts. */
  readonly hash: Generated<string>;
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
  // Linked by the database, since only there the last fact is known without another turn; chain.ts recomputes it.
  "0002-chain": {
    async up(db: Kysely<unknown>) {
      for (const statement of CHAIN) await sql.raw(statement).execute(db);
    },
  },
  "0003-hosts": {
    async up(db: Kysely<unknown>) {
      for (const statement of HOSTS) await sql.raw(statement).execute(db);
    },
  },
};

const HOSTS = [
  `create table ${SCHEMA}.host (repo text not null, id text not null, name text not null, roles text[] not null,
    skills text[], capacity integer not null, beat timestamptz not null default clock_timestamp(),
    primary key (repo, id))`,
  `create table ${SCHEMA}.work (repo text not null, seq bigint generated always as identity, id text not null,
    story text not null, input json not null, role text, skills text[] not null, config text not null,
    version text not null, host text, taken integer not null default 0,
    due timestamptz not null default clock_timestamp(), outcome json, primary key (repo, id))`,
  `create index work_open on ${SCHEMA}.work (repo, seq) where outcome is null`,
  `create table ${SCHEMA}.config (repo text not null, hash text not null, content json not null,
    used timestamptz not null default clock_timestamp(), primary key (repo, hash))`,
];

const FACT = `${SCHEMA}.fact`;

const CHAIN = [
  `alter table ${FACT} add column hash text`,
  `create function ${SCHEMA}.sized(value text) returns text language sql immutable as
    $$ select coalesce(octet_length(convert_to(value, 'UTF8')) || ':' || value, '-') $$`,
  `create function ${SCHEMA}.link(before text, f ${FACT}) returns text language sql immutable as $$
    select encode(sha256(convert_to(${["before", "f.key", "f.name", "f.at", "f.run", "f.task", "f.episode::text", "f.data::text"].map((value) => `${SCHEMA}.sized(${value})`).join(" || ")}, 'UTF8')), 'hex') $$`,
  `do $$ declare f ${FACT}; before text; owner text; begin
    for f in select * from ${FACT} order by repo, seq loop
      if owner is distinct from f.repo then before := null; owner := f.repo; end if;
      before := ${SCHEMA}.link(before, f);
      update ${FACT} set hash = before where repo = f.repo and seq = f.seq;
    end loop;
  end $$`,
  `alter table ${FACT} alter column hash set not null`,
  // Volatile: it sees what was committed while we waited for our turn.
  `create function ${SCHEMA}.link_new_fact() returns trigger language plpgsql volatile as $$
  declare before text; begin
    select hash into before from ${FACT} where repo = new.repo order by seq desc limit 1;
    new.hash := ${SCHEMA}.link(before, new);
    return new;
  end $$`,
  `create trigger link before insert on ${FACT} for each row execute function ${SCHEMA}.link_new_fact()`,
];
