import { sql } from "kysely";
import type { Fact } from "../../domain/fact.ts";
import type { Journal } from "../../ports/journal.ts";
import { followChain } from "./chain.ts";
import type { Database } from "./database.ts";
import { hostLost, mayWrite } from "./host.ts";
import { SCHEMA } from "./migrations.ts";
import { LinkedFact, StoredFact } from "./schema.ts";

const COLUMNS = ["key", "name", "at", "run", "task", "episode", "data"] as const;
const PAGE = 1000;
/** Of our advisory locks on repositories. */
const APPEND = 7306;

/** The journal of one repository; `repo` is its stable id. What a `writer` among several hosts says counts while it lives. */
export function openJournal({ tables }: Database, repo: string, writer: () => string | null = () => null): Journal {
  const facts = tables.selectFrom("fact").select(COLUMNS).where("repo", "=", repo);
  return {
    async append(fact) {
      const { key, name, at, run, task, episode, data } = fact;
      const host = writer();
      const mayAppend = host === null ? sql<boolean>`true` : mayWrite(repo, host);
      // One at a time per repository: numbers are given out in the order in which they become visible,
      // so a reader who has seen one never misses an earlier one.
      const { rows } = await sql`
        with turn as materialized (select pg_advisory_xact_lock(${APPEND}, hashtext(${repo})))
        insert into ${sql.table(`${SCHEMA}.fact`)} (repo, key, name, at, run, task, episode, data)
        select ${repo}, ${key}, ${name}, ${at}, ${run}, ${task}, ${episode}::integer, ${JSON.stringify(data)}::json
        from turn where ${mayAppend}
        on conflict (repo, key) do nothing
        returning ${sql.join(COLUMNS.map((column) => sql.ref(column)))}`.execute(tables);
      const stored = rows[0] ?? (await facts.where("key", "=", key).executeTakeFirst());
      if (stored === undefined) throw hostLost("this host");
      return toFact(stored);
    },
    async read({ task, run, key, names } = {}) {
      let query = facts.orderBy("seq");
      if (task !== undefined) query = query.where("task", "=", task);
      if (run !== undefined) query = query.where("run", "=", run);
      if (key !== undefined) query = query.where("key", "=", key);
      if (names !== undefined) query = query.where("name", "=", sql<string>`any(${names})`);
      return (await query.execute()).map(toFact);
    },
    async mark() {
      const asked = tables.selectFrom("fact").select("hash").where("repo", "=", repo);
      const count = sql<string>`(select count(*) from ${sql.table(`${SCHEMA}.fact`)} where repo = ${repo})`;
      const row = await asked.select(count.as("facts")).orderBy("seq", "desc").limit(1).executeTakeFirst();
      return row === undefined ? null : { facts: Number(row.facts), hash: row.hash };
    },
    audit: (see) => followChain(readPages(tables, repo), see),
  };
}

/** All facts with their links, oldest first. */
async function* readPages(tables: Database["tables"], repo: string): AsyncIterable<readonly LinkedFact[]> {
  const columns = ["seq", "key", "name", "at", "run", "task", "episode", "hash"] as const;
  let after = "0";
  for (;;) {
    const rows = await tables
      .selectFrom("fact")
      .select([...columns, sql<string>`data::text`.as("text")])
      .where("repo", "=", repo)
      .where("seq", ">", after)
      .orderBy("seq")
      .limit(PAGE)
      .execute();
    yield rows.map((row) => LinkedFact.parse(row));
    if (rows.length < PAGE) return;
    after = rows.at(-1)?.seq ?? after;
  }
}

function toFact(row: unknown): Fact {
  // Names and data are those that we wrote, or those of a newer version (see schema.ts).
  return StoredFact.parse(row) as Fact;
}
