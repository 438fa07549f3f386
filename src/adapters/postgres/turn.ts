import { sql } from "kysely";
import type { Database } from "./database.ts";

/** Of our advisory locks on repositories; `journal.ts` has the one before. */
const TURN = 7307;
const PATIENCE = "60s";

/** One host of the repository at a time; the others wait. A turn ends with the connection, whatever becomes of us. */
export async function takeTurn<T>({ tables }: Database, repo: string, work: () => Promise<T>): Promise<T> {
  return await tables.connection().execute(async (connection) => {
    await sql`select set_config('lock_timeout', ${PATIENCE}, false)`.execute(connection);
    await sql`select pg_advisory_lock(${TURN}, hashtext(${repo}))`.execute(connection);
    try {
      return await work();
    } finally {
      await sql`select pg_advisory_unlock(${TURN}, hashtext(${repo}))`.execute(connection);
      await sql`reset lock_timeout`.execute(connection);
    }
  });
}
