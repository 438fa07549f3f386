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

export interface OpenShelf {
  /** `bases` are branch names. */
  fetch(bases?: readonly string[]): Promise<Shelf>;
  /** What we wrote need not be read again: the chain that ends at `tip` says this. */
  learn(tip: string, pr: Folded): void;
  /** Whether a base (a commit) has that head. */
  isIn(base: string, head: string): Promise<boolean>;
  /** The same of many, to be known when they are asked for one by one. */
  askAbout(base: string, heads: readonly string[]): Promise<ReadonlyMap<string, string>>;
}

/** Asks anew each time, but reads no chain twice (a tip names all that came before it) and asks nothing twice. */
export function openShelf({ doors, host, readBase }: ShelfOptions): OpenShelf {
  const known = new Map<string, Folded>();
  const outside = createOutside();

  const readEntries = async (refs: ReadonlyMap<string, string>): Promise<Entry[]> => {
    const unread = new Map([...refs].filter(([ref, tip]) => isChain(ref) && !known.has(tip)));
    await host.ensureObjects(unread);
    const read = await readChains(doors, unread);
    const entries = [...refs].flatMap(([ref, tip]): Entry[] => {
      const [number, pr] = [numberOf(ref), read.get(ref) ?? known.get(tip)];
      return number === null || pr === undefined ? [] : [{ number, ref, tip, pr }];
    });
    for (const { tip, pr } of entries) known.set(tip, pr);
    return entries.sort((a, b) => a.number - b.number);
  };

  const fetchRefs = async (patterns: readonly string[]): Promise<ReadonlyMap<string, string>> =>
    new Map([...(await host.fetchRefs(patterns))].filter(([ref]) => isChain(ref) || isHead(ref)));

  /** Those that the base has, with the commit of the base that brought each. */
  const askAbout = async (base: string, heads: readonly string[]): Promise<ReadonlyMap<string, string>> => {
    const unasked = heads.filter((head) => !outside.has(base, head));
    const found = await findMerged(doors, base, unasked);
    for (const head of unasked) if (!found.has(head)) outside.add(base, head);
    return found;
  };

  /** Open ones whose head the base has are merged, whoever did it. */
  const withMerge = async (base: string, commit: string, entries: readonly Entry[]): Promise<readonly Entry[]> => {
    const open = entries.filter(({ pr }) => pr.state === "open" && pr.base === base);
    const unasked = open.filter(({ pr }) => !outside.has(commit, pr.head));
    if (unasked.length === 0) return entries;
    // The user's own `git gc` may have thrown our copies away.
    await host.ensureObjects(new Map([[headRef(base), commit], ...unasked.map(({ ref, tip }) => [ref, tip] as const)]));
    const found = await askAbout(
      commit,
      unasked.map(({ pr }) => pr.head),
    );
    return entries.map((entry) => {
      const mergeCommit = unasked.includes(entry) ? found.get(entry.pr.head) : undefined;
      return mergeCommit === undefined ? entry : { ...entry, pr: { ...entry.pr, state: "merged", mergeCommit } };
    });
  };

  return {
    learn: (tip, pr) => void known.set(tip, pr),
    askAbout,
    async isIn(base, head) {
      await askAbout(base, [head]);
      return !outside.has(base, head);
    },
    async fetch(bases = []) {
      const asked = new Set([...bases, (await readBase()) ?? "main"]);
      const refs = await fetchRefs([CHAINS, ...[...asked].map(headRef)]);
      const entries = await readEntries(refs);
      const others = new Set(entries.map(({ pr }) => pr.base).filter((name) => !asked.has(name)));
      const more = others.size === 0 ? [] : await fetchRefs([...others].map(headRef));
      const heads = [...refs, ...more].filter(([ref]) => isHead(ref));
      const branches = new Map(heads.map(([ref, commit]) => [ref.slice(headRef("").length), commit]));
      let merged: readonly Entry[] = entries;
      for (const [base, commit] of branches) merged = await withMerge(base, commit, merged);
      return { entries: new Map(merged.map((entry) => [entry.number, entry])), bases: branches };
    },
  };
}

const isHead = (ref: string): boolean => ref.startsWith(headRef(""));
const isChain = (ref: string): boolean => numberOf(ref) !== null;

interface Outside {
  has(base: string, head: string): boolean;
  add(base: string, head: string): void;
}

/** As many bases as a process has to do with at a time; older ones are asked about again. */
const BASES = 8;

/** Heads that a base commit was found not to have: neither's history ever changes. */
function createOutside(): Outside {
  const heads = new Map<string, Set<string>>();
  return {
    has: (base, head) => heads.get(base)?.has(head) === true,
    add(base, head) {
      const before = heads.get(base) ?? new Set();
      heads.delete(base);
      heads.set(base, before.add(head));
      const [oldest] = heads.keys();
      if (heads.size > BASES && oldest !== undefined) heads.delete(oldest);
    },
  };
}

function numberOf(ref: string): number | null {
  const name = ref.startsWith(CHAINS) ? ref.slice(CHAINS.length) : "";
  return /^[1-9]\d{0,8}$/.test(name) ? Number(name) : null;
}
