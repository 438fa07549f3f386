import { join } from "node:path";
import { repositoryId } from "../../src/adapters/git/identity.ts";
import { requireRepository } from "../../src/adapters/git/place.ts";
import { openRepository } from "../../src/adapters/git/repository.ts";
import { openLocalForge } from "../../src/adapters/local-forge/local-forge.ts";
import { openDatabase } from "../../src/adapters/postgres/database.ts";
import { openJournal } from "../../src/adapters/postgres/journal.ts";
import { ensurePostgres } from "../../src/adapters/postgres/private-server.ts";
import { systemClock } from "../../src/cli/desk/system-clock.ts";
import { verifyJournal } from "../../src/dispatch/verify-journal.ts";
import type { Fact } from "../../src/domain/fact.ts";
import type { PullRequestDetails } from "../../src/ports/forge.ts";

/** What the product has written down, read with its own adapters in this process: a tenth of what commands would cost. */
export interface Books extends AsyncDisposable {
  facts(): Promise<readonly Fact[]>;
  pullRequests(): Promise<readonly PullRequestDetails[]>;
  /** Sentences about the chain of the journal. */
  wrong(): Promise<readonly string[]>;
}

export async function openBooks(root: string, home: string): Promise<Books> {
  const place = await requireRepository(root);
  const id = repositoryId(place, "folder");
  const repository = await openRepository({ root, stateDir: join(home, "repos", id), workDir: ".work", place });
  const lease = await ensurePostgres({ home, name: "verify-crash" });
  const database = await openDatabase(lease.url);
  const journal = openJournal(database, id);
  const forge = openLocalForge({ repository, clock: systemClock, by: "verify-crash" });
  return {
    facts: () => journal.read(),
    async pullRequests() {
      const all = await forge.fetchPullRequests();
      const details = await Promise.all(all.map(({ number }) => forge.fetchPullRequest(number)));
      return details.filter((one) => one !== null);
    },
    wrong: async () => (await verifyJournal({ journal, repository })).wrong,
    async [Symbol.asyncDispose]() {
      await database[Symbol.asyncDispose]();
      await lease[Symbol.asyncDispose]();
    },
  };
}
