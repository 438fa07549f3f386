import type { Database } from "../adapters/postgres/database.ts";
import { memoryJournal } from "../adapters/postgres/memory-journal.ts";
import type { Journal } from "../ports/journal.ts";
import type { Membership } from "./compose-fleet.ts";
import type { OpenPlace } from "./compose-place.ts";
import type { CliContext } from "./context.ts";
import type { Closing } from "./desk/closing.ts";
import type { DeskRequest } from "./desk/desk.ts";

export interface Store {
  /** Aborted when the database went away under us, or is about to. */
  readonly lost: AbortSignal;
  readonly journal: Journal;
  readonly url: string;
  /** The database, if other hosts use it too. */
  readonly shared: Database | null;
}

export interface StoreRequest {
  readonly context: CliContext;
  readonly place: OpenPlace;
  readonly stack: Closing;
  readonly membership: Membership;
}

export async function chooseStore(kind: DeskRequest["journal"], request: StoreRequest): Promise<Store> {
  if (kind === false) return noStore;
  if (kind === "memory") return inMemory(memoryJournal());
  // Big, and the Action has none.
  const { openStore } = await import("./compose-database.ts");
  return await openStore(request);
}

const never = new AbortController().signal;
const inMemory = (journal: Journal): Store => ({ journal, shared: null, lost: never, url: "" });

/** For commands that promised not to ask. */
const noStore: Store = {
  shared: null,
  lost: never,
  get journal(): Journal {
    throw new Error("this command opened no journal");
  },
  get url(): string {
    throw new Error("this command opened no database");
  },
};
