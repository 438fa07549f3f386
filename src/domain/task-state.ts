import type { Role } from "./assignment.ts";
import type { Fact, Reason, Stage } from "./fact.ts";

/** What every state knows: the latest episode that began (0: none), and the pull request, once there is one. */
interface Common {
  readonly episode: number;
  readonly pr: number | null;
}

/** The agent at work: a start in a round. */
interface Turn extends Common {
  readonly round: number;
  readonly attempt: number;
}

/** Where a task is: the states of docs/contract.md §7. */
export type TaskState =
  /** Work is due: nothing began yet, or a human asked for another walk from `from`. */
  | (Common & { readonly name: "queued"; readonly from: Stage; readonly why: "new" | "retried" | "rejected" })
  /**
   * It was ready, and then the base moved: the coder has to mend it (`moved`), or the checks have to see both together
   * before anybody calls it ready again (`unchecked`).
   */
  | (Common & {
      readonly name: "queued";
      readonly from: Stage;
      readonly why: "moved" | "unchecked";
      readonly head: string;
      readonly reason: Reason;
    })
  /** Queued behind other tasks. Never stored: it follows from the others' states (`shownState`). */
  | (Common & { readonly name: "blocked"; readonly on: string })
  | (Turn & { readonly name: "coding" | "testing" | "reviewing" | "fixing" })
  | (Common & { readonly name: "publishing"; readonly commit: string })
  | (Common & { readonly name: "ready-for-human"; readonly head: string })
  | (Common & { readonly name: "needs-human"; readonly reason: Reason })
  | (Common & { readonly name: "approved"; readonly head: string; readonly by: string })
  | (Common & { readonly name: "merged"; readonly commit: string })
  | (Common & { readonly name: "closed"; readonly why: string })
  | (Common & { readonly name: "failed"; readonly reason: Reason })
  | (Common & { readonly name: "cancelled"; readonly by: string })
  /** `wakeAt`: ISO 8601, or null when something else than time wakes it. */
  | (Common & {
      readonly name: "parked";
      readonly reason: Reason;
      readonly wakeAt: string | null;
      readonly from?: Stage;
      readonly saved?: string;
    });

export type StateName = TaskState["name"];

export const NEW_TASK: TaskState = { name: "queued", episode: 0, pr: null, from: "code", why: "new" };

type Working = Extract<TaskState, Turn>;

const WORKING = ["coding", "testing", "reviewing", "fixing"] as const;
const WAITING = ["ready-for-human", "needs-human", "approved", "parked"] as const;
/** Left only by a new episode, a retry, or a merge that somebody made all the same. */
const ENDED = ["merged", "closed", "failed", "cancelled"] as const;

/** An agent works on it, or its work is being published. */
export const isActive = (state: TaskState): boolean => isIn(state, [...WORKING, "publishing"]);
export const isEnded = (state: TaskState): boolean => isIn(state, ENDED);

/**
 * Where a fact takes a task. What cannot have happened there changes nothing, so that facts seen twice, late or out
 * of order do no harm: older episodes are past, a turn only goes forward, an end stays.
 */
export function nextState(state: TaskState, fact: Fact): TaskState {
  if (fact.name === "pr.merged") return merge(state, fact);
  if (fact.episode !== 0 && fact.episode < state.episode) return state;
  switch (fact.name) {
    case "episode.started":
      return fact.episode > state.episode ? firstTurn(state, fact.data.from, fact.episode) : state;
    case "assignment.started":
      return isNow(state, fact) ? turn(state, fact.data.role, fact.data.round, fact.data.attempt) : state;
    case "fix.wanted":
      return isNow(state, fact) && state.name !== "parked" ? turn(state, "coder", fact.data.round + 1, 1) : state;
    case "publish.started":
      return isNow(state, fact) && isWorking(state)
        ? { ...common(state), name: "publishing", commit: fact.data.commit }
        : state;
    case "pr.opened":
      return isEnded(state) ? state : { ...state, pr: fact.data.number };
    case "task.ready":
      return isActive(state) || state.name === "needs-human"
        ? { ...common(state), name: "ready-for-human", head: fact.data.head }
        : state;
    case "task.needs-human":
      return isEnded(state) || isRetried(state)
        ? state
        : { ...common(state), name: "needs-human", reason: fact.data.reason };
    case "task.parked":
      return isEnded(state) ? state : { ...common(state), ...fact.data, name: "parked" };
    case "task.failed":
      return isActive(state) || state.name === "parked"
        ? { ...common(state), name: "failed", reason: fact.data.reason }
        : state;
    case "task.cancelled":
      return isEnded(state) && state.name !== "failed"
        ? state
        : { ...common(state), name: "cancelled", by: fact.data.by };
    case "task.retried":
      return isActive(state) || state.name === "merged" ? state : queue(state, fact.data.from, "retried");
    case "pr.approved":
      return approve(state, fact.data.head, fact.data.by);
    case "pr.rejected":
      // Whoever wants it changed wants more than another look.
      if (isRetried(state)) return queue(state, "code", "retried");
      return (isIn(state, WAITING) && !isPaused(state)) || isUnchecked(state)
        ? queue(state, "code", "rejected")
        : state;
    case "pr.closed":
      return isEnded(state) || isRetried(state) ? state : { ...common(state), name: "closed", why: fact.data.why };
    case "landing.judged":
      return land(state, fact.data);
    case "branch.rebased":
      return rebase(state, fact.data.from, fact.data.to);
    case "run.started":
    case "run.ended":
    case "task.queued":
    case "task.adopted":
    case "assignment.ended":
    case "assignment.interrupted":
    case "snapshot.intended":
    case "snapshot.taken":
    case "work.salvaged":
    case "checks.ran":
    case "verdict.given":
    case "tests.judged":
    case "claim.refused":
    case "task.settled":
    case "rebase.intended":
    case "suggestions.intended":
    case "change.inspected":
    case "change.allowed":
    case "branch.pushed":
    case "task.budgeted":
    case "lane.measured":
      return state;
  }
}

const isIn = (state: TaskState, names: readonly StateName[]): boolean => names.includes(state.name);
const isWorking = (state: TaskState): state is Working => isIn(state, WORKING);
const common = ({ episode, pr }: TaskState): Common => ({ episode, pr });
/** By a person, who will say when it goes on. */
const isPaused = (state: TaskState): boolean => state.name === "parked" && state.reason.startsWith("paused:");
const isRetried = (state: TaskState): boolean => state.name === "queued" && state.why === "retried";

/** Ready but for the checks with a base that moved. A human may approve it: they run before it is merged. */
export const isUnchecked = (state: TaskState): boolean => state.name === "queued" && state.why === "unchecked";

/** Work of an episode that did not begin here yet is not taken up before its beginning was seen. */
const isNow = (state: TaskState, fact: Fact): boolean => fact.episode === state.episode;

function queue(state: TaskState, from: Stage, why: "retried" | "rejected"): TaskState {
  return { ...common(state), name: "queued", from, why };
}

function firstTurn(state: TaskState, from: Stage, episode: number): TaskState {
  const name = ({ code: "coding", test: "testing", review: "reviewing" } as const)[from];
  return { name, episode, pr: state.pr, round: 1, attempt: 1 };
}

const STAGE_OF = { coding: 0, fixing: 0, testing: 1, reviewing: 2 } as const;

/** Within an episode turns go forward only: by round, then coder, tester, reviewer, then by attempt. */
function turn(state: TaskState, role: Role, round: number, attempt: number): TaskState {
  if (role === "planner") return state;
  const coder = round > 1 ? "fixing" : "coding";
  const name = ({ coder, tester: "testing", reviewer: "reviewing" } as const)[role];
  const next: Working = { ...common(state), name, round, attempt };
  if (state.name === "parked") return next;
  return isWorking(state) && !isBefore(next, state) ? next : state;
}

function isBefore(a: Working, b: Working): boolean {
  return (a.round - b.round || STAGE_OF[a.name] - STAGE_OF[b.name] || a.attempt - b.attempt) < 0;
}

/** A human's word counts for the head that they saw. */
function approve(state: TaskState, head: string, by: string): TaskState {
  // Whoever says so anywhere else did not see that it has to be mended: it waits for them to say what now.
  if (state.name === "queued" && state.why === "moved" && state.head === head)
    return { ...common(state), name: "parked", reason: state.reason, wakeAt: null };
  const seen =
    state.name === "ready-for-human" || state.name === "queued"
      ? "head" in state && state.head === head
      : state.name === "needs-human" && state.pr !== null;
  return seen ? { ...common(state), name: "approved", head, by } : state;
}

/**
 * What fits stays or is ready again; what does not is due for its coder by itself, but not where a human approved the
 * head, somebody else made it, or there is nothing that a coder could mend.
 */
function land(
  state: TaskState,
  { head, outcome, reason, findings }: Extract<Fact, { name: "landing.judged" }>["data"],
): TaskState {
  if (!("head" in state)) return state;
  const isOurs = state.head === head;
  if (reason !== null && (outcome === "fails" || outcome === "conflict"))
    return isOurs && state.name !== "approved" && findings.length > 0
      ? { ...common(state), name: "queued", from: "code", why: "moved", head, reason }
      : { ...common(state), name: "parked", reason, wakeAt: null };
  // Another clone may have mended it meanwhile.
  if (state.name === "approved" || (!isOurs && state.name !== "queued")) return state;
  return reason === null
    ? { ...common(state), name: "ready-for-human", head }
    : { ...common(state), name: "queued", from: "test", why: "unchecked", head, reason };
}

/** A new head needs a new look. */
function rebase(state: TaskState, from: string, to: string): TaskState {
  const moved = (state.name === "ready-for-human" || state.name === "approved") && state.head === from;
  return moved ? { ...common(state), name: "ready-for-human", head: to } : state;
}

/** The base has it: no other word weighs against that. */
function merge(state: TaskState, fact: Extract<Fact, { name: "pr.merged" }>): TaskState {
  if (state.name === "merged") return state;
  return { ...common(state), name: "merged", commit: fact.data.commit };
}
