import type { Fact, FactName } from "../domain/fact.ts";

/** All that are given must hold. */
export interface FactFilter {
  readonly task?: string;
  readonly run?: string;
  readonly key?: string;
  readonly names?: readonly FactName[];
}

/** Append-only facts of one repository, in the order they were stored. */
export interface Journal {
  /** Stores the fact unless its key is there already; gives back the stored one: the first append wins. */
  append(fact: Fact): Promise<Fact>;
  read(filter?: FactFilter): Promise<readonly Fact[]>;
}
