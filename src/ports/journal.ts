import type { Fact, FactName } from "../domain/fact.ts";

/** All that are given must hold. */
export interface FactFilter {
  readonly task?: string;
  readonly run?: string;
  readonly key?: string;
  readonly names?: readonly FactName[];
}

/** What the journal was at a moment: how many facts, and the hash of the last one, hex. */
export interface AuditMark {
  readonly facts: number;
  readonly hash: string;
}

/** Every stored fact carries a hash over itself and the fact before it. */
export interface Chain {
  /** As far as the links hold; null where there is none. */
  readonly mark: AuditMark | null;
  /** The first fact that is not as it was stored, or does not follow the one before; it is the `number`th, from 1. */
  readonly broken: { readonly number: number; readonly key: string } | null;
}

/** Append-only facts of one repository, in the order they were stored. */
export interface Journal {
  /** Stores the fact unless its key is there already; gives back the stored one: the first append wins. */
  append(fact: Fact): Promise<Fact>;
  read(filter?: FactFilter): Promise<readonly Fact[]>;
  /** Where the chain is now, unverified; null while there is no fact. */
  mark(): Promise<AuditMark | null>;
  /** Follows the chain from the first fact to the last, or to where it breaks; shows `see` every link that holds. */
  audit(see?: (mark: AuditMark) => void): Promise<Chain>;
}
