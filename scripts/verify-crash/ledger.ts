import type { Fact, FactName } from "../../src/domain/fact.ts";
import type { StateName } from "../../src/domain/task-state.ts";
import type { CheckoutPrint } from "../../test/support/git-repo.ts";
import type { World } from "./world.ts";

/** What was so before, and which starts may be seen twice. */
export interface Ledger {
  readonly before: CheckoutPrint;
  /** Commits that are not lost whatever else happens, and where tasks stay since a human said so. */
  readonly kept: readonly string[];
  readonly fates: ReadonlyMap<string, StateName>;
  promise(found: { readonly task: string; readonly head: string }, state?: StateName): void;
  /** A human did something with a task: where it ends is open from then on. */
  isMeddled: boolean;
  /** A disk was full: an agent may have failed for that. */
  isStarved: boolean;
  /** The journal begins at a crash: what it said before is gone. */
  readonly isForgotten: boolean;
  /** The dispatcher is gone: what it had in flight may be started once more, and nothing else. */
  crashed(forgets: boolean): Promise<void>;
  /** A human had the task begun anew. */
  retried(task: string): void;
  /** Sentences for starts that nobody had a reason for. */
  excess(): Promise<readonly string[]>;
}

/** `<role> <task> <round> <attempt>`, as agents write it down themselves. */
type Start = string;
/** The journal counts the rounds of an episode, agents those of the task: what both know is who worked on what. */
const whoOf = (start: Start): string => start.split(" ").slice(0, 2).join(" ");

export async function openLedger(world: World): Promise<Ledger> {
  const again = new Map<string, number>();
  const retries = new Map<string, number>();
  let isForgotten = false;
  const allow = (start: Start): void => void again.set(whoOf(start), (again.get(whoOf(start)) ?? 0) + 1);
  const kept: string[] = [];
  const fates = new Map<string, StateName>();
  const ledger: Ledger = {
    before: await world.repo.print(),
    kept,
    fates,
    promise({ task, head }, state) {
      kept.push(head);
      if (state !== undefined) fates.set(task, state);
    },
    isMeddled: false,
    isStarved: false,
    get isForgotten() {
      return isForgotten;
    },
    async crashed(forgets) {
      if (forgets) {
        isForgotten = true;
        new Set(await world.starts()).forEach(allow);
      } else {
        inFlight(await (await world.books()).facts()).forEach(allow);
      }
    },
    retried: (task) => void retries.set(task, (retries.get(task) ?? 0) + 1),
    async excess() {
      const starts = await world.starts();
      const once = new Set(starts);
      const repeated = [...new Set(starts.map(whoOf))].flatMap((who) => {
        const times =
          starts.filter((one) => whoOf(one) === who).length - [...once].filter((one) => whoOf(one) === who).length;
        const most = (again.get(who) ?? 0) + RETRIED * (retries.get(who.split(" ")[1] ?? "") ?? 0);
        if (times <= most) return [];
        // Told once.
        again.set(who, times);
        return [`${times} starts of the ${who} were repeated, and there was reason for ${most}: ${starts.join(", ")}`];
      });
      const usedUp = [...once].filter((start) => isBeyond(start) && !ledger.isStarved);
      return [...repeated, ...usedUp.map((one) => `a crash used up an attempt: ${one}`)];
    },
  };
  return ledger;
}

/** A task that is begun anew may go through as many rounds as before. */
const RETRIED = 2;

/** The first start of B's coder fails, and nobody else's. */
function isBeyond(start: Start): boolean {
  const attempt = Number(start.split(" ")[3]);
  return attempt > (start.startsWith("coder B 1 ") ? 2 : 1);
}

/** What follows only when the engine has written down that the turn is over. */
const AFTER_A_TURN: readonly FactName[] = [
  ...(["fix.wanted", "publish.started", "task.ready", "task.failed", "task.needs-human", "task.parked"] as const),
];

/**
 * Every task's last turn, while nothing followed from it. That of an agent which has ended is in flight until its place
 * was given back and the engine knows.
 */
function inFlight(facts: readonly Fact[]): readonly Start[] {
  const open = new Map<string | null, Start>();
  for (const { name, data, task } of facts) {
    if (name === "assignment.started") open.set(task, `${data.role} ${task ?? ""} ${data.round} ${data.attempt}`);
    if (AFTER_A_TURN.includes(name)) open.delete(task);
  }
  return [...open.values()];
}
