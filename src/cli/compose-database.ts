import { join } from "node:path";
import { openDatabase } from "../adapters/postgres/database.ts";
import { openJournal } from "../adapters/postgres/journal.ts";
import { ensurePostgres, type PostgresLease } from "../adapters/postgres/private-server.ts";
import type { Store, StoreRequest } from "./compose-store.ts";
import { DATABASE_BYTES, watchDisk } from "./desk/watch-disk.ts";

export async function openStore({ context, place, stack, membership }: StoreRequest): Promise<Store> {
  const { env, home, repository } = place;
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
