import { chmodSync, mkdtempSync } from "node:fs";
import { rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll } from "vitest";
import { ensurePostgres, type PostgresLease } from "../../src/adapters/postgres/private-server.ts";

/** A state folder of its own that the user who runs PostgreSQL for root can reach, too. */
export function stateFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "dispatch-pg-state-"));
  chmodSync(folder, 0o755);
  return folder;
}

export interface TestPostgres {
  /** Of the private server of this test file; there from the first test on. */
  readonly url: string;
  readonly home: string;
}

/** Call it at the top of a test file: a private server for all its tests, gone with its data after the last one. */
export function useTestPostgres(): TestPostgres {
  const home = stateFolder();
  let lease: PostgresLease | null = null;
  beforeAll(async () => {
    lease = await ensurePostgres({ home, name: "test" });
  });
  afterAll(async () => {
    await lease?.[Symbol.asyncDispose]();
    await rm(home, { recursive: true });
  });
  return {
    home,
    get url() {
      if (lease === null) throw new Error("the server is there in tests only");
      return lease.url;
    },
  };
}
