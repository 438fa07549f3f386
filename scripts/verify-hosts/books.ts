import { sql } from "kysely";
import { type Database, openDatabase } from "../../src/adapters/postgres/database.ts";
import { openJournal } from "../../src/adapters/postgres/journal.ts";
import type { Fact } from "../../src/domain/fact.ts";

export interface Held {
  readonly id: string;
  readonly host: string | null;
  readonly ended: boolean;
}

/** What the shared database says, read by somebody who takes no part. */
export interface Books extends AsyncDisposable {
  /** Every piece of work that was offered so far, and who has it. */
  readWork(): Promise<readonly Held[]>;
  /** Ids of living hosts begin with `host:<machine>-<pid>-`. */
  readFacts(): Promise<readonly Fact[]>;
}

export async function openBooks(url: string): Promise<Books> {
  const database: Database = await openDatabase(url);
  return {
    async readWork() {
      const { rows } = await sql<Held>`
        select id, host, outcome is not null as ended from dispatch.work order by seq`.execute(database.tables);
      return rows;
    },
    async readFacts() {
      const { rows } = await sql<{ repo: string }>`select distinct repo from dispatch.fact`.execute(database.tables);
      const all = await Promise.all(rows.map(({ repo }) => openJournal(database, repo).read()));
      return all.flat();
    },
    [Symbol.asyncDispose]: () => database[Symbol.asyncDispose](),
  };
}
