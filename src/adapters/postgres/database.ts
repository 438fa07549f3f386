import { Kysely, Migrator, PostgresDialect, type PostgresPool, type PostgresPoolClient, sql } from "kysely";
import { Pool } from "pg";
import { DispatchError } from "../../domain/errors.ts";
import { isAway } from "../process/away.ts";
import { databaseAway } from "./away.ts";
import { maskUrl } from "./database-url.ts";
import { MIGRATIONS, SCHEMA, type Tables } from "./migrations.ts";

/** Our own tables, with the schema as this version needs it. */
export interface Database extends AsyncDisposable {
  readonly tables: Kysely<Tables>;
}

const CONNECTIONS = 4;
const CONNECT_MS = 10_000;

/** Connects, and migrates; of several processes that do so at once one works and the others wait for it. */
export async function openDatabase(url: string): Promise<Database> {
  const pool = new Pool({ connectionString: url, max: CONNECTIONS, connectionTimeoutMillis: CONNECT_MS });
  // An idle connection that is cut says so here; whoever needs it next gets its own error or a new connection.
  pool.on("error", () => undefined);
  // And so does one that is cut between two queries of whoever holds it: the next query tells them.
  pool.on("connect", (client) => client.on("error", () => undefined));
  const tables = new Kysely<Tables>({ dialect: new PostgresDialect({ pool: telling(pool) }) }).withSchema(SCHEMA);
  try {
    await migrate(tables);
  } catch (error) {
    await tables.destroy();
    const isTold = error instanceof DispatchError && error.code !== "database_away";
    throw isTold ? error : unusable(url, error instanceof DispatchError ? error.cause : error);
  }
  return { tables, [Symbol.asyncDispose]: () => tables.destroy() };
}

/** What the pool and its connections say of a server that does not answer is one error of ours. */
function telling(pool: Pool): PostgresPool {
  const told = async <T>(asked: Promise<T>): Promise<T> => {
    try {
      return await asked;
    } catch (error) {
      throw isAway(error) ? databaseAway(error) : error;
    }
  };
  return {
    async connect() {
      const client = await told(pool.connect());
      const query = ((text: string, values: readonly unknown[]) =>
        told(client.query(text, [...values]))) as unknown as PostgresPoolClient["query"];
      return { query, release: () => client.release() };
    },
    end: () => pool.end(),
  };
}

/** Of a table or schema that is not there. */
const MISSING: ReadonlySet<unknown> = new Set(["42P01", "3F000"]);
const TRIES = 20;

/**
 * The migrator asks about every table of the database, and fails over one that another repository's engine takes away
 * at that moment: so it is asked only when there is something to do, and again when that happens.
 */
async function migrate(tables: Kysely<Tables>): Promise<void> {
  for (let tries = 1; ; tries += 1) {
    if (await isCurrent(tables)) return;
    try {
      return await migrateNow(tables);
    } catch (error) {
      if (tries === TRIES || !isMissing(error)) throw error;
    }
  }
}

async function isCurrent(tables: Kysely<Tables>): Promise<boolean> {
  try {
    const { rows } = await sql<{ name: string }>`select name from ${sql.table(`${SCHEMA}.migration`)}`.execute(tables);
    const done = new Set(rows.map(({ name }) => name));
    return done.size === Object.keys(MIGRATIONS).length && Object.keys(MIGRATIONS).every((name) => done.has(name));
  } catch (error) {
    if (isMissing(error)) return false;
    throw error;
  }
}

const isMissing = (error: unknown): boolean =>
  typeof error === "object" && error !== null && "code" in error && MISSING.has(error.code);

async function migrateNow(tables: Kysely<Tables>): Promise<void> {
  const migrator = new Migrator({
    db: tables.withoutPlugins(),
    provider: { getMigrations: async () => MIGRATIONS },
    migrationTableSchema: SCHEMA,
    migrationTableName: "migration",
    migrationLockTableName: "migration_lock",
  });
  const { error } = await migrator.migrateToLatest();
  if (error === undefined) return;
  const cause = error instanceof Error ? error : new Error("The migration failed.", { cause: error });
  const unknown = /previously executed migration (\S+) is missing/.exec(cause.message)?.[1];
  throw unknown === undefined ? cause : newer(unknown, cause);
}

function newer(migration: string, cause: unknown): DispatchError {
  return new DispatchError({
    code: "database_newer",
    message: `The database was already used by a newer dispatch (it has the step ${migration}).`,
    hint: "Use that version here too: npm install dispatch-fleet@latest",
    facts: { migration },
    cause,
  });
}

function unusable(url: string, cause: unknown): DispatchError {
  return new DispatchError({
    code: "database_unusable",
    message: `${maskUrl(url)} cannot be used: ${cause instanceof Error ? cause.message : String(cause)}`,
    hint: "Look at what is missing: dispatch doctor",
    cause,
  });
}
