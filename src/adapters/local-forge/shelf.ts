import type { Doors } from "../git/doors.ts";
import { headRef } from "../git/names.ts";
import { readChains } from "./chains.ts";
import type { Folded } from "./fold.ts";
import { findMerged } from "./merged-elsewhere.ts";
import { CHAINS, type RefHost } from "./ref-host.ts";

/** One pull request as it is at this moment: what its chain says, and whether its head is in the base meanwhile. */
export interface Entry {
  readonly number: number;
  readonly ref: string;
  readonly tip: string;
  readonly pr: Folded;
}

/** All pull requests, by number, and where their bases are. */
export interface Shelf {
  readonly entries: ReadonlyMap<number, Entry>;
  /** Branch name → commit; a base that does not exist is left out. */
  readonly bases: ReadonlyMap<string, string>;
}

export interface ShelfOptions {
  readonly doors: Pick<Doors, "own">;
  readonly host: RefHost;
  /** The base that most pull requests go into; saves a second question. */
  readonly readBase: () => Promise<string | null>;
}

export const chainRef = (number: number): string => `${CHAINS}${number}`;

/** Asks anew each time, but reads no chain twice: a tip names all that came before it. `bases` are branch names. */
export function openShelf({ doors, host, readBase }: ShelfOptions): {
  fetch(bases?: readonly string[]): Promise<Shelf>;
} {
  let known: ReadonlyMap<string, Folded> = new Map();

  const readEntries = async (refs: ReadonlyMap<string, string>): Promise<Entry[]> => {
    const before = known;
    const read = await readChains(doors, new Map([...refs].filter(([ref, tip]) => isChain(ref) && !before.has(tip))));
    const entries = [...refs].flatMap(([ref, tip]): Entry[] => {
      const [number, pr] = [numberOf(ref), read.get(ref) ?? before.get(tip)];
      return number === null || pr === undefined ? [] : [{ number, ref, tip, pr }];
    });
    known = new Map(entries.map(({ tip, pr }) => [tip, pr]));
    return entries.sort((a, b) => a.number - b.number);
  };

  const fetchRefs = async (patterns: readonly string[]): Promise<ReadonlyMap<string, string>> => {
    const refs = new Map([...(await host.fetchRefs(patterns))].filter(([ref]) => isChain(ref) || isHead(ref)));
    // Also those that are known: the user's own `git gc` may have thrown our copies away.
    await host.ensureObjects(refs);
    return refs;
  };

  return {
    async fetch(bases = []) {
      const asked = new Set([...bases, (await readBase()) ?? "main"]);
      const refs = await fetchRefs([CHAINS, ...[...asked].map(headRef)]);
      const entries = await readEntries(refs);
      const others = new Set(entries.map(({ pr }) => pr.base).filter((name) => !asked.has(name)));
      const more = others.size === 0 ? [] : await fetchRefs([...others].map(headRef));
      const heads = [...refs, ...more].filter(([ref]) => isHead(ref));
      const branches = new Map(heads.map(([ref, commit]) => [ref.slice(headRef("").length), commit]));
      const merged = await withMerges(doors, entries, branches);
      return { entries: new Map(merged.map((entry) => [entry.number, entry])), bases: branches };
    },
  };
}

const isHead = (ref: string): boolean => ref.startsWith(headRef(""));
const isChain = (ref: string): boolean => numberOf(ref) !== null;

/** Open ones whose head the base has are merged, whoever did it. */
async function withMerges(
  doors: Pick<Doors, "own">,
  entries: readonly Entry[],
  bases: ReadonlyMap<string, string>,
): Promise<readonly Entry[]> {
  const found = new Map<string, ReadonlyMap<string, string>>();
  for (const [base, commit] of bases) {
    const open = entries.filter(({ pr }) => pr.state === "open" && pr.base === base);
    const heads = open.map(({ pr }) => pr.head);
    found.set(base, await findMerged(doors, commit, heads));
  }
  return entries.map((entry) => {
    const mergeCommit = entry.pr.state === "open" ? found.get(entry.pr.base)?.get(entry.pr.head) : undefined;
    return mergeCommit === undefined ? entry : { ...entry, pr: { ...entry.pr, state: "merged", mergeCommit } };
  });
}

function numberOf(ref: string): number | null {
  const name = ref.startsWith(CHAINS) ? ref.slice(CHAINS.length) : "";
  return /^[1-9]\d{0,8}$/.test(name) ? Number(name) : null;
}
