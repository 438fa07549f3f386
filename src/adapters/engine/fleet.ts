import { setTimeout as sleep } from "node:timers/promises";
import type { Role } from "../../domain/assignment.ts";
import { hasErrorCode } from "../../domain/errors.ts";
import { Stopped } from "../../ports/steps.ts";
import type { Able, OfferedWork, Wish, WorkOutcome, WorkQueue } from "../../ports/work-queue.ts";
import { defer } from "./deferred.ts";
import { type Outcomes, watchOutcomes } from "./outcomes.ts";
import { asError, errorRecord } from "./recorded-error.ts";

/** What makes an engine one of several that share their work. */
export interface FleetOptions extends Able {
  readonly queue: WorkQueue;
  /** A queue of DBOS that nobody but this host listens to: what it takes over is put there. */
  readonly inbox: string;
  /** False for a host that only offers. */
  readonly works: boolean;
  /** Asked before an episode is walked here; `elsewhere` puts it back for a while. */
  hold(input: unknown): Promise<({ readonly kind: "held" } & AsyncDisposable) | { readonly kind: "elsewhere" }>;
  /** An episode that was walked here broke: who offered it may be gone, so it is written down before it ends. */
  broken(input: unknown, error: Error): Promise<void>;
  /** After trouble, or when somebody else has the task: long enough not to spin, short enough not to be missed. */
  readonly againSeconds?: number;
  /** Trouble of this machine that a task must not pay for. */
  warn(text: string): void;
}

export interface Fleet {
  /** Takes nothing before; the first call prepares. */
  begin(prepare: () => Promise<void>): Promise<void>;
  /**
   * Offers an episode; resolves with its result, whoever walks it, or at once if this host only offers. Rejects with the
   * trouble of this machine when it got nowhere six times in a row.
   */
  run(id: string, story: string, input: unknown, signal: AbortSignal): Promise<unknown>;
  /** Offers the run of an agent to whom the route `role:coder:python,sql` names, and waits for its result. */
  delegate(work: Delegated, signal: AbortSignal): Promise<unknown>;
  /** Takes nothing any more; waits until what was being taken is let go. */
  stop(): Promise<void>;
}

export interface Delegated {
  readonly id: string;
  readonly story: string;
  readonly route: string;
  readonly input: unknown;
}

const LOOK_EVERY_MS = 500;
const AGAIN_SECONDS = 10;
/** In a row, with nothing done between: a minute of trouble passes, more is for a human. */
const TROUBLES = 6;
/** An episode waits for its agents, which may be elsewhere: more of them than agents keep a host busy. */
const EPISODES_PER_LANE = 2;

/** Takes work from the queue as long as there is room; `perform` walks it durably on this host. */
export function openFleet(options: FleetOptions, perform: (work: OfferedWork) => Promise<unknown>): Fleet {
  const { queue, capacity, roles, skills, works, hold, broken, warn, againSeconds = AGAIN_SECONDS } = options;
  const outcomes: Outcomes = watchOutcomes(queue);
  const taken = new Map<string, Promise<void>>();
  const stopping = new AbortController();
  /** Who waits here for a run is told when this host gets nowhere. */
  let givenUp = defer<never>();
  let troubles = 0;
  let agents = 0;
  let wake = new AbortController();

  const walk = async (work: OfferedWork): Promise<void> => {
    const held = work.role === null ? await hold(work.input) : null;
    if (held?.kind === "elsewhere") return await queue.putBack(work.id, againSeconds);
    await using _held = held;
    await queue.finish(work.id, await outcomeOf(work));
    troubles = 0;
  };
  const outcomeOf = async (work: OfferedWork): Promise<WorkOutcome> => {
    try {
      return { kind: "done", value: await perform(work) };
    } catch (error) {
      if (error instanceof Stopped) throw error;
      if (work.role === null) await broken(work.input, asError(error));
      return { kind: "failed", error: errorRecord(asError(error)) };
    }
  };
  const begin = (work: OfferedWork): void => {
    const room = work.role === null ? 0 : 1;
    agents += room;
    const walking = walk(work)
      // What a stop leaves is free as soon as this host has left.
      .catch((error: unknown) => (stopping.signal.aborted ? undefined : leave(work, error)))
      .finally(() => {
        agents -= room;
        taken.delete(work.id);
        wake.abort();
      });
    taken.set(work.id, walking);
  };
  const leave = async (work: OfferedWork, error: unknown): Promise<void> => {
    troubles += 1;
    if (troubles >= TROUBLES) givenUp.reject(asError(error));
    warn(`${work.id} is left to be taken again in ${againSeconds} s: ${asError(error).message}`);
    // Nobody else takes it as long as this host lives, so it has to be said.
    while (!stopping.signal.aborted && !(await isPutBack(work.id))) await pause(stopping.signal);
  };
  const isPutBack = (id: string): Promise<boolean> =>
    queue.putBack(id, againSeconds).then(
      () => true,
      () => false,
    );
  /** A database that is away for a moment is asked again; one that stays away ends the host. */
  const taking = (wish: Wish): Promise<OfferedWork | null> =>
    queue.take(wish).catch((error: unknown) => {
      if (!hasErrorCode(error, "database_away")) warn(`nothing can be taken: ${asError(error).message}`);
      return null;
    });
  const look = async (): Promise<void> => {
    while (!stopping.signal.aborted) {
      wake = new AbortController();
      const episodes = taken.size - agents < capacity * EPISODES_PER_LANE;
      const wish = { episodes, roles: agents < capacity ? roles : [], skills, walks: [...taken.keys()] };
      const work = episodes || wish.roles.length > 0 ? await taking(wish) : null;
      if (work === null) await pause(AbortSignal.any([wake.signal, stopping.signal]));
      else begin(work);
    }
  };
  let looking: Promise<void> | null = null;
  let beginning: Promise<void> | null = null;
  const beginOnce = async (prepare: () => Promise<void>): Promise<void> => {
    await prepare();
    if (works) looking = look();
  };

  const offer = async (work: OfferedWork): Promise<void> => {
    await queue.offer(work);
    wake.abort();
  };
  return {
    begin: (prepare) => (beginning ??= beginOnce(prepare)),
    async run(id, story, input, signal) {
      // Whoever asks again after that gives it another try.
      if (troubles >= TROUBLES) [troubles, givenUp] = [0, defer<never>()];
      await offer({ id, story, input, role: null, skills: [] });
      return works ? await Promise.race([outcomes.of(id, signal), givenUp.promise]) : null;
    },
    async delegate({ id, story, route, input }, signal) {
      await offer({ id, story, input, ...parseRoute(route) });
      return await outcomes.of(id, signal);
    },
    async stop() {
      stopping.abort();
      await looking;
      await Promise.all(taken.values());
    },
  };
}

async function pause(signal: AbortSignal): Promise<void> {
  await sleep(LOOK_EVERY_MS, undefined, { signal }).catch(() => undefined);
}

/** `role:<role>[:<skill>,…]`. */
function parseRoute(route: string): { readonly role: Role; readonly skills: readonly string[] } {
  const [, role = "coder", skills = ""] = route.split(":");
  return { role: role as Role, skills: skills === "" ? [] : skills.split(",") };
}
