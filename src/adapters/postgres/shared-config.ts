import { sql } from "kysely";
import type { SharedConfig } from "../../config/share.ts";
import type { Database } from "./database.ts";
import { SCHEMA } from "./migrations.ts";

export async function writeSharedConfig(
  { tables }: Database,
  repo: string,
  { hash, content }: SharedConfig,
): Promise<void> {
  await tables
    .insertInto("config")
    .values({ repo, hash, content: JSON.stringify(content) })
    .onConflict((conflict) => conflict.columns(["repo", "hash"]).doUpdateSet({ used: sql<Date>`clock_timestamp()` }))
    .execute();
}

/** That of the oldest work that waits, else the last one used; null before the first run. */
export async function readSharedConfig({ tables }: Database, repo: string): Promise<SharedConfig | null> {
  const { rows } = await sql<SharedConfig>`
    select c.hash, c.content from ${sql.table(`${SCHEMA}.config`)} c where c.repo = ${repo}
    order by (select min(w.seq) from ${sql.table(`${SCHEMA}.work`)} w
      where w.repo = c.repo and w.config = c.hash and w.outcome is null) nulls last, c.used desc
    limit 1`.execute(tables);
  return rows[0] ?? null;
}
