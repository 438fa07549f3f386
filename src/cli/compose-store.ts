import { join } from "node:path";
import { type Database, openDatabase } from "../adapters/postgres/database.ts";
import { openJournal } from "../adapters/postgres/journal.ts";
import { ensurePostgres, type PostgresLease } from "../adapters/postgres/private-server.ts";
import type { Journal } from "../ports/journal.ts";
import type { Membership } from "./compose-fleet.ts";
import type { OpenPlace } from "./compose-place.ts";
import type { CliContext } from "./context.ts";
import type { Closing } from "./desk/closing.ts";
import { DATABASE_BYTES, watchDisk } from "./desk/watch-disk.ts";

export interface Store {
  /** Aborted when the database went away under us, or is about to. */
  readonly lost: AbortSignal;
  readonly journal: Journal;
  readonly url: string;
  /** The database, if other hosts use it too. */
  readonly shared: Database | null;
}

export async function openStore(
  context: CliContext,
  { env, home, repository }: OpenPlace,
  stack: Closing,
  membership: Membership,
): Promise<Store> {
  const { signal } = context;
  const lease: PostgresLease = stack.use(
    await ensurePostgres({ home, name: context.argv[0] ?? "dispatch", env, signal }),
  );
  const database = stack.use(await openDatabase(lease.url));
  const journal = openJournal(database, repository.id, () => membership.host?.id ?? null);
  const store = { journal, url: lease.url, shared: null };
  if (lease.kind === "shared") return { ...store, shared: database, lost: lease.lost };
  const disk = stack.use(watchDisk([join(home, "postgres")], () => DATABASE_BYTES));
  return { ...store, lost: AbortSignal.any([lease.lost, disk.full]) };
}

/** For commands that promised not to ask. */
export const noStore: Store = {
  shared: null,
  lost: new AbortController().signal,
  get journal(): Journal {
    throw new Error("this command opened no journal");
  },
  get url(): string {
    throw new Error("this command opened no database");
  },
};
