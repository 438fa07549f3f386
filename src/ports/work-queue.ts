import type { Role } from "../domain/assignment.ts";

/** What a host is there for. */
export interface Able {
  readonly roles: readonly Role[];
  /** null: every skill. */
  readonly skills: readonly string[] | null;
  /** Agents at once. */
  readonly capacity: number;
}

/** A piece of a run that any host of one database may take. */
export interface OfferedWork {
  /** Offered twice is offered once. */
  readonly id: string;
  readonly story: string;
  readonly input: unknown;
  /** Whom it needs; null: any host. */
  readonly role: Role | null;
  readonly skills: readonly string[];
}

/** What a host can do now. */
export interface Wish {
  /** Whole episodes: they start no agent themselves. */
  readonly episodes: boolean;
  /** Runs of agents with one of these roles; empty: none. */
  readonly roles: readonly Role[];
  /** Nothing that needs a skill beyond these; null: every skill. */
  readonly skills: readonly string[] | null;
  /** Ids of what it walks. Anything else that is its own was given to it in an answer that never came. */
  readonly walks: readonly string[];
}

export type WorkOutcome =
  | { readonly kind: "done"; readonly value?: unknown }
  | { readonly kind: "failed"; readonly error?: unknown }
  | { readonly kind: "cancelled" };

/**
 * Work that waits for a host, and who has it. A host that does not say in time that it lives has nothing any more:
 * what it had can be taken by the others, and nothing that it says afterwards is heard (`host_lost`).
 */
export interface WorkQueue {
  offer(work: OfferedWork): Promise<void>;
  /** From now on our configuration holds for all that waits, whoever offered it. */
  adopt(): Promise<void>;
  /** The first that fits, ours from then on; null when nothing does. */
  take(wish: Wish): Promise<OfferedWork | null>;
  /** Ours has ended, for good. False when it was cancelled meanwhile. */
  finish(id: string, outcome: WorkOutcome): Promise<boolean>;
  /** Ids of what is ours still, and has not ended: nothing for a host that was given up. */
  readOwn(): Promise<ReadonlySet<string>>;
  /** Not now: anybody may take it after so many seconds. */
  putBack(id: string, seconds: number): Promise<void>;
  /** It and everything below it ends as cancelled. */
  cancel(id: string): Promise<void>;
  /** Of these, the ones that ended. */
  readOutcomes(ids: readonly string[]): Promise<ReadonlyMap<string, WorkOutcome>>;
  /** Episodes that have not ended, by anyone. */
  readUnfinished(): Promise<readonly { readonly id: string; readonly version: string }[]>;
  /** How many agents all living hosts run at once. */
  readCapacity(): Promise<number>;
}

/** A living host, for people. */
export interface HostInfo {
  readonly name: string;
  readonly roles: readonly string[];
  /** null: all. */
  readonly skills: readonly string[] | null;
  /** Agents at once, and how many it runs now. */
  readonly agents: number;
  readonly busy: number;
}

/** Who shares the work, and for what part of it there is nobody. */
export interface Hosts {
  readonly living: readonly HostInfo[];
  readonly unserved: readonly { readonly role: string | null; readonly skills: readonly string[] }[];
}
