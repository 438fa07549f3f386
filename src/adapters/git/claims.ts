import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { DispatchError, hasErrorCode } from "../../domain/errors.ts";
import type { Claimed, Claims } from "../../ports/claims.ts";
import { writeCommit } from "./commit.ts";
import type { Doors } from "./doors.ts";
import { inBatches } from "./in-batches.ts";
import { writeObject } from "./objects.ts";
import { Claim } from "./schema.ts";
import { isOriginDown } from "./remote.ts";
import type { RefChange, RefSwap } from "./ref-swap.ts";
import type { RemoteRefs } from "./remote-refs.ts";

export interface ClaimsOptions {
  readonly doors: Doors;
  /** null without an origin. */
  readonly remote: RemoteRefs | null;
  /** Names this clone; asked when it is needed. */
  readonly readOwner: () => Promise<string>;
  readonly host: string;
  /** True for an owner that is known to be no more, before its claim ran out. */
  readonly isGone?: (owner: string) => Promise<boolean>;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  readonly leaseMs?: number;
}

/** What a push takes along, so that it fails as a whole when the claim is no longer ours. */
export interface Guarded {
  readonly guard: RefSwap | null;
  /** To be called when the push went through: it renewed the claim. */
  renewed(): void;
  /** To be called when it was refused. Rejects with `claim_lost` when that was for the claim. */
  requireHeld(): Promise<void>;
}

export interface GitClaims extends Claims {
  guard(task: string): Promise<Guarded>;
}

const LEASE_MS = 10 * 60_000;
/** Clocks of two machines differ; nobody is robbed for that. */
const SKEW_MS = 30_000;
const TRIES = 10;

export const claimRef = (task: string): string => `refs/dispatch/claims/${task.toLowerCase()}`;

interface There {
  readonly id: string;
  readonly claim: Claim;
}

interface Held {
  readonly claim: Claim;
  id: string;
}

/** `refs/dispatch/claims/<task>` on origin: pushed where none is expected, renewed and removed by compare-and-swap. */
export function openClaims(options: ClaimsOptions): GitClaims {
  const { doors, remote, readOwner, host, isGone = async () => false, now, leaseMs = LEASE_MS } = options;
  const held = new Map<string, Held>();
  /** Nobody waits for them but who leaves: the next claim of a lane goes into the same push. */
  const leaving = new Set<Promise<void>>();
  const push = inBatches(async (swaps: readonly RefChange[]) => {
    await remote?.push(swaps);
    return swaps.map(() => undefined);
  }, isOriginDown);

  const write = async (claim: Claim): Promise<string> => {
    const tree = await writeObject(doors, "tree", "");
    // Its own id each time: a swap to what is there already would be no swap.
    const message = JSON.stringify({ ...claim, nonce: randomUUID() });
    return await writeCommit(doors, { tree, parents: [], message, author: "dispatch", date: claim.until });
  };
  const until = (): string => new Date(now() + leaseMs).toISOString();

  const elsewhere = async ({ claim }: There): Promise<Extract<Claimed, { kind: "elsewhere" }> | null> => {
    const isFree = claim.owner === (await readOwner()) || isOver(claim, now()) || (await isGone(claim.owner));
    return isFree ? null : { kind: "elsewhere", by: claim.host, until: claim.until };
  };

  const take = async (from: RemoteRefs, task: string): Promise<Claimed> => {
    const owner = await readOwner();
    for (let tries = 0; tries < TRIES; tries += 1) {
      // Nobody has it, as a rule: who has is asked when the push says that somebody does.
      const there = tries === 0 ? null : await readClaim(doors, from, task);
      const theirs = there === null ? null : await elsewhere(there);
      if (theirs !== null) return theirs;
      const claim: Claim = { v: 1, task, owner, host, until: until(), fence: (there?.claim.fence ?? 0) + 1 };
      const id = await write(claim);
      if (!(await swapped(push({ ref: claimRef(task), to: id, from: there?.id ?? null })))) continue;
      held.set(task.toLowerCase(), { claim, id });
      return { kind: "held", [Symbol.asyncDispose]: keep(task) };
    }
    throw new DispatchError({
      code: "claim_busy",
      message: `${claimRef(task)} on origin could not be taken: others keep moving it.`,
      hint: "dispatch run tries again",
    });
  };

  /** Renews it now and then; the one who gives it back ends that. */
  const keep = (task: string): (() => Promise<void>) => {
    const end = new AbortController();
    const renewing = (async () => {
      for (;;) {
        await sleep(leaseMs / 3, undefined, { signal: end.signal, ref: false });
        const { guard, renewed } = await claims.guard(task);
        // Lost, or origin does not answer: the next push finds out, and nothing leaves without it.
        if (guard !== null && (await swapped(push(guard)).catch(() => false))) renewed();
      }
    })().catch(() => undefined);
    const release = async (): Promise<void> => {
      await renewing;
      const mine = held.get(task.toLowerCase());
      held.delete(task.toLowerCase());
      // What cannot be given back runs out by itself.
      if (mine !== undefined) await swapped(push({ ref: claimRef(task), to: null, from: mine.id })).catch(() => false);
    };
    return async () => {
      end.abort();
      const releasing = release().finally(() => leaving.delete(releasing));
      leaving.add(releasing);
    };
  };

  const claims: GitClaims = {
    acquire: async (task) =>
      remote === null ? { kind: "held", [Symbol.asyncDispose]: async () => undefined } : await take(remote, task),
    async look(task) {
      const there = remote === null ? null : await readClaim(doors, remote, task);
      return there === null ? null : await elsewhere(there);
    },
    async flush() {
      await Promise.all(leaving);
    },
    async guard(task) {
      const mine = held.get(task.toLowerCase());
      if (mine === undefined || remote === null) return UNGUARDED;
      const to = await write({ ...mine.claim, until: until() });
      return {
        guard: { ref: claimRef(task), from: mine.id, to },
        renewed: () => void (mine.id = to),
        requireHeld: () => requireHeld(remote, doors, mine),
      };
    },
  };
  return claims;
}

const UNGUARDED: Guarded = { guard: null, renewed: () => undefined, requireHeld: async () => undefined };

const isOver = ({ until }: Claim, now: number): boolean => Date.parse(until) + SKEW_MS < now;

/** False when somebody else was faster. */
async function swapped(pushing: Promise<unknown>): Promise<boolean> {
  try {
    await pushing;
    return true;
  } catch (error) {
    if (hasErrorCode(error, "push_rejected")) return false;
    throw error;
  }
}

async function requireHeld(remote: RemoteRefs, doors: Doors, { claim, id }: Held): Promise<void> {
  const there = await readClaim(doors, remote, claim.task);
  if (there?.id === id) return;
  throw new DispatchError({
    code: "claim_lost",
    message: `${claim.task} was taken over by ${there?.claim.host ?? "somebody"} while this machine did not answer; nothing more of it was pushed.`,
    hint: "look at it with: dispatch status",
    facts: { task: claim.task },
  });
}

/** null where there is none, or none that we could have written: what nobody can read holds nobody up. */
async function readClaim(doors: Doors, remote: RemoteRefs, task: string): Promise<There | null> {
  const ref = claimRef(task);
  const id = (await remote.fetchRefs([ref])).get(ref);
  if (id === undefined) return null;
  const ran = await doors.own("cat-file", ["commit", id], { ok: [0, 128] });
  if (ran.exitCode !== 0) await remote.fetchObjects([ref], []);
  const { stdout } = ran.exitCode === 0 ? ran : await doors.own("cat-file", ["commit", id]);
  const text = stdout.slice(stdout.indexOf("\n\n") + 2);
  return { id, claim: parseClaim(text, task) };
}

function parseClaim(text: string, task: string): Claim {
  try {
    return Claim.parse(JSON.parse(text));
  } catch {
    return { v: 1, task, owner: "", host: "somebody", until: new Date(0).toISOString(), fence: 0 };
  }
}
