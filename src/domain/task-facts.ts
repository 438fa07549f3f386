import type { Role, Usage } from "./assignment.ts";
import type { CheckKind, Fact, FactBody, Reason } from "./fact.ts";
import { NEW_TASK, type TaskState } from "./task-state.ts";

type Data<Name extends FactBody["name"]> = Extract<FactBody, { name: Name }>["data"];
type OfEpisode<T> = T & { readonly episode: number };

/** One agent in one version that worked on the task. */
export interface AgentUse {
  readonly name: string;
  readonly role: Role;
  readonly version: string;
}

/** Everything that the journal knows of a task. Derived, never stored. */
export interface TaskView {
  readonly id: string;
  readonly title: string;
  /** null until the task was taken up; another one only after a closed pull request. */
  readonly branch: string | null;
  readonly kind: string | null;
  readonly textHash: string | null;
  readonly state: TaskState;
  readonly episode: number;
  /** Of the latest turn in this episode; 0 before the first. */
  readonly round: number;
  /** Reviews done over the whole task: 1 when approved at once. */
  readonly rounds: number;
  /** How often a human sent it back. */
  readonly humanRounds: number;
  /** What the human asked for and no episode has taken up yet. */
  readonly feedback: readonly Data<"pr.rejected">[];
  /** The same, of the episode that is under way. */
  readonly takenUp: readonly Data<"pr.rejected">[];
  /** Ref of the unfinished work with which the next episode begins; null: with what was finished. */
  readonly beginsWith: string | null;
  /** Starts of the coder over the whole task. */
  readonly attempts: number;
  /** In a row, without a finished turn between them. */
  readonly interruptions: number;
  readonly pr: number | null;
  /** Commit ids: the newest work; what it stands on; where the episode began. */
  readonly head: string | null;
  readonly base: string | null;
  /** Who works on it, or did last. */
  readonly agent: string | null;
  readonly agents: readonly AgentUse[];
  /** Sum of what is known; null when something ran and nothing of it has a price. */
  readonly costUsd: number | null;
  readonly usage: Usage | null;
  /** What a human lets it cost, in place of what is configured for every task. */
  readonly capUsd: number | null;
  /** Agents' time over the whole task. */
  readonly seconds: number;
  /** Of the latest episode, ISO 8601. */
  readonly startedAt: string | null;
  readonly reason: Reason | null;
  /** Who else works on it, and until when nobody asks again; of no matter once an episode began here. */
  readonly claimed: Data<"claim.refused"> | null;
  /** What the base, where it was last, means for the head that waits. */
  readonly landing: Data<"landing.judged"> | null;
  /** The newest base of which it is known that this head goes with it. */
  readonly fits: Pick<Data<"landing.judged">, "head" | "base"> | null;
  /** Heads that a moving base made a coder mend, since a human said something. */
  readonly moved: readonly string[];
  /** Merged, and nothing of it is left to be put away. */
  readonly settled: boolean;
  /** What a pull request told of the time before this journal. */
  readonly adopted: Data<"task.adopted"> | null;
  readonly salvaged: readonly Data<"work.salvaged">[];
  readonly checks: readonly OfEpisode<Data<"checks.ran"> & { readonly kind: CheckKind }>[];
  readonly verdicts: readonly OfEpisode<Data<"verdict.given">>[];
  readonly logs: readonly OfEpisode<Data<"assignment.started">>[];
}

export const emptyView = (id: string): TaskView => ({
  id,
  title: "",
  branch: null,
  kind: null,
  textHash: null,
  state: NEW_TASK,
  episode: 0,
  round: 0,
  rounds: 0,
  humanRounds: 0,
  feedback: [],
  takenUp: [],
  beginsWith: null,
  attempts: 0,
  interruptions: 0,
  pr: null,
  head: null,
  base: null,
  agent: null,
  agents: [],
  costUsd: 0,
  usage: null,
  capUsd: null,
  seconds: 0,
  startedAt: null,
  reason: null,
  claimed: null,
  landing: null,
  fits: null,
  moved: [],
  settled: false,
  adopted: null,
  salvaged: [],
  checks: [],
  verdicts: [],
  logs: [],
});

/** What a fact adds beside the state; `view` is the one before it. */
export function noted(view: TaskView, fact: Fact): Partial<TaskView> {
  const { episode } = fact;
  const isPast = episode < view.episode;
  switch (fact.name) {
    case "task.queued": {
      const { title, branch, kind, textHash } = fact.data;
      return { title, branch, kind, textHash };
    }
    case "task.adopted": {
      const { rounds, attempts, seconds, humanRounds = 0 } = fact.data;
      return { adopted: fact.data, rounds, attempts, seconds, humanRounds };
    }
    case "episode.started": {
      if (episode <= view.episode) return {};
      const { base } = fact.data;
      const begun = { round: 0, interruptions: 0, feedback: [], beginsWith: null, claimed: null, landing: null };
      return { ...begun, takenUp: view.feedback, base, startedAt: fact.at };
    }
    case "assignment.started":
      return started(view, fact);
    case "assignment.interrupted":
      return { interruptions: view.interruptions + 1 };
    case "assignment.ended":
      // Who splits a task does not work on it.
      if (fact.data.role === "planner") return {};
      return { interruptions: 0, seconds: view.seconds + fact.data.seconds };
    case "snapshot.taken":
      return isPast ? {} : { head: fact.data.commit };
    case "branch.rebased":
      // What the base meant was meant for the head before.
      return { head: fact.data.to, base: fact.data.base, landing: null };
    case "task.budgeted":
      return { capUsd: fact.data.usd };
    case "claim.refused":
      return { claimed: fact.data };
    case "task.settled":
      return { settled: true };
    case "work.salvaged":
      return { salvaged: [...view.salvaged, fact.data] };
    case "checks.ran":
      return { checks: [...view.checks, { ...fact.data, episode }] };
    case "verdict.given": {
      const verdicts = [...view.verdicts, { ...fact.data, episode }];
      const rounds = new Set(verdicts.map((one) => `${one.episode}/${one.round}`)).size;
      return { verdicts, rounds: (view.adopted?.rounds ?? 0) + rounds };
    }
    case "task.parked":
      // Nobody heeded it yet.
      return fact.data.from === "code" ? { feedback: view.takenUp } : {};
    case "task.retried":
      return { beginsWith: fact.data.saved ?? null, moved: [] };
    case "landing.judged":
      return landed(view, fact.data);
    case "pr.rejected":
      return { humanRounds: view.humanRounds + 1, feedback: [...view.feedback, fact.data], moved: [] };
    default:
      return {};
  }
}

function landed(view: TaskView, data: Data<"landing.judged">): Partial<TaskView> {
  const { head, base, outcome } = data;
  const isGood = outcome === "apart" || outcome === "passes";
  const isBad = (outcome === "fails" || outcome === "conflict") && !view.moved.includes(head);
  return {
    landing: data,
    ...(isGood ? { fits: { head, base } } : {}),
    ...(isBad ? { moved: [...view.moved, head] } : {}),
  };
}

function started(view: TaskView, fact: Extract<Fact, { name: "assignment.started" }>): Partial<TaskView> {
  const { role, round, agent: name, version } = fact.data;
  const logs = [...view.logs, { ...fact.data, episode: fact.episode }];
  if (role === "planner") return { logs };
  const known = view.agents.some((one) => one.name === name && one.role === role && one.version === version);
  return {
    round: fact.episode < view.episode ? view.round : Math.max(view.round, round),
    attempts: view.attempts + (role === "coder" ? 1 : 0),
    claimed: null,
    agent: name,
    agents: known ? view.agents : [...view.agents, { name, role, version }],
    logs,
  };
}
