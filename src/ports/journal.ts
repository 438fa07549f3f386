import type { Fact } from "../domain/fact.ts";

export interface FactFilter {
  readonly task?: string;
  readonly run?: string;
}

/** Append-only facts of one repository, in the order they were stored. */
export interface Journal {
  /** Stores the fact unless its key is there already; gives back the stored one: the first append wins. */
  append(fact: Fact): Promise<Fact>;
  read(filter?: FactFilter): Promise<readonly Fact[]>;
}
