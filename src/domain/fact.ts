import type { AgentEnd, AssignmentStart, Role, Usage } from "./assignment.ts";
import type { Compliance } from "./policy.ts";
import type { Remark } from "./suggestion.ts";
import type { Decision, Finding } from "./verdict.ts";

/** Where an episode begins: `retry --from`. */
export type Stage = "code" | "test" | "review";

/** Why a task is where it is: `"<code>: <sentence>"` (docs/contract.md §7). */
export type Reason = string;

/** `together`: a change merged into the base that moved. */
export type CheckKind = "base" | "head" | "without_change" | "together";

/**
 * What a base that moved means for a head that waits: nothing that it touches · the checks have to say · they pass · the
 * base is red by itself, and says nothing · they fail · no clean merge.
 */
export type LandingOutcome = "apart" | "unchecked" | "passes" | "unknown" | "fails" | "conflict";

/** What happened. Facts are stored, everything else is derived (src/README.md §5). */
export type FactBody =
  | {
      readonly name: "run.started";
      readonly data: {
        readonly tasks: number;
        readonly jobs: number;
        readonly storyVersion: string;
        /** What it had to keep to, as JSON, and its hash; runs of older versions have none. */
        readonly policy?: { readonly hash: string; readonly effective: string };
      };
    }
  | {
      readonly name: "run.ended";
      readonly data: { readonly exit: number; readonly seconds: number; readonly compliance?: Compliance };
    }
  | {
      readonly name: "task.queued";
      readonly data: {
        readonly title: string;
        readonly branch: string;
        readonly textHash: string;
        readonly kind: string | null;
      };
    }
  /** Found on the forge and not in the journal: as much as its pull request tells. Nulls where that is nothing. */
  | {
      readonly name: "task.adopted";
      readonly data: {
        readonly pr: number;
        /** Its head then. */
        readonly commit: string;
        readonly rounds: number;
        readonly attempts: number;
        readonly costUsd: number | null;
        readonly seconds: number;
        /** How often people sent it back; absent: never, or nobody noted it. */
        readonly humanRounds?: number;
        /** When it was spent, at the latest (ISO 8601). */
        readonly at?: string;
      };
    }
  | {
      readonly name: "episode.started";
      readonly data: { readonly from: Stage; readonly base: string; readonly why: string };
    }
  | {
      readonly name: "assignment.started";
      readonly data: {
        readonly role: Role;
        readonly round: number;
        readonly attempt: number;
        readonly agent: string;
        readonly version: string;
        readonly log: string;
        /** Of several that share the work, and how its agents are fenced in. */
        readonly host?: string;
        readonly fence?: string;
      };
    }
  | {
      readonly name: "assignment.ended";
      readonly data: {
        readonly role: Role;
        readonly round: number;
        readonly attempt: number;
        readonly agent: string;
        readonly end: AgentEnd;
        readonly seconds: number;
        readonly usage: Usage | null;
        readonly costUsd: number | null;
        /** As its engine names it; absent where nobody says so. */
        readonly model?: string;
        /** Absent where it said nothing, or went on with what it had in mind. */
        readonly start?: AssignmentStart;
        readonly reason: Reason | null;
      };
    }
  | {
      readonly name: "assignment.interrupted";
      readonly data: { readonly role: Role; readonly round: number; readonly attempt: number; readonly why: string };
    }
  | {
      readonly name: "snapshot.intended";
      readonly data: {
        readonly round: number;
        readonly attempt: number;
        readonly parent: string;
        readonly date: string;
        readonly run: string;
        readonly agent: string;
      };
    }
  | {
      readonly name: "snapshot.taken";
      readonly data: {
        readonly round: number;
        readonly commit: string;
        readonly parent: string;
        readonly files: readonly string[];
        readonly added: number;
        readonly removed: number;
      };
    }
  | { readonly name: "work.salvaged"; readonly data: { readonly ref: string; readonly commit: string } }
  | {
      readonly name: "checks.ran";
      readonly data: {
        readonly kind: CheckKind;
        readonly commit: string;
        readonly command: string;
        readonly exitCode: number;
        readonly seconds: number;
        readonly round: number;
      };
    }
  | {
      readonly name: "verdict.given";
      readonly data: {
        readonly role: Role;
        readonly round: number;
        readonly agent: string;
        readonly commit: string;
        readonly decision: Decision;
        readonly findings: readonly Finding[];
        readonly summary: string;
      };
    }
  /** What became of the tests that a tester wrote; `ref` keeps those that are on no branch. */
  | {
      readonly name: "tests.judged";
      readonly data: {
        readonly round: number;
        readonly agent: string;
        readonly files: readonly string[];
        readonly adopted: boolean;
        /** Half a sentence; empty where there is nothing to add. */
        readonly why: string;
        readonly ref: string | null;
      };
    }
  | { readonly name: "fix.wanted"; readonly data: { readonly round: number; readonly findings: number } }
  /** What would be published was looked through; `reason` says why it is not, null that it may. */
  | {
      readonly name: "change.inspected";
      readonly data: { readonly commit: string; readonly policy: string; readonly reason: Reason | null };
    }
  /** A human answers for what was held back. */
  | {
      readonly name: "change.allowed";
      readonly data: { readonly commit: string; readonly code: string; readonly by: string };
    }
  | {
      readonly name: "landing.judged";
      readonly data: {
        readonly head: string;
        /** Commit id. */
        readonly base: string;
        readonly outcome: LandingOutcome;
        readonly reason: Reason | null;
        /** What the coder is to mend. */
        readonly findings: readonly Finding[];
      };
    }
  /** Another clone of the same origin works on the task, until then at least (ISO 8601). */
  | { readonly name: "claim.refused"; readonly data: { readonly by: string; readonly until: string } }
  | { readonly name: "publish.started"; readonly data: { readonly commit: string } }
  | { readonly name: "branch.pushed"; readonly data: { readonly branch: string; readonly commit: string } }
  /** Written down before it leaves: a push of which nobody knows would look like somebody else's. */
  | { readonly name: "rebase.intended"; readonly data: { readonly from: string; readonly to: string } }
  | {
      readonly name: "branch.rebased";
      readonly data: { readonly branch: string; readonly from: string; readonly to: string; readonly base: string };
    }
  | { readonly name: "pr.opened"; readonly data: { readonly number: number; readonly head: string } }
  | { readonly name: "pr.approved"; readonly data: { readonly by: string; readonly head: string } }
  | {
      readonly name: "pr.rejected";
      /** `remarks`: `why` one by one, where some of it is to be taken word for word. */
      readonly data: { readonly by: string; readonly why: string; readonly remarks?: readonly Remark[] };
    }
  /** Written down before the branch moves to it: nobody takes the same suggestion twice. */
  | {
      readonly name: "suggestions.intended";
      readonly data: { readonly parent: string; readonly commit: string; readonly ids: readonly string[] };
    }
  | { readonly name: "pr.merged"; readonly data: { readonly commit: string } }
  /** Its branches are gone, here and on origin. */
  | { readonly name: "task.settled"; readonly data: { readonly pr: number | null } }
  | { readonly name: "pr.closed"; readonly data: { readonly why: string } }
  | { readonly name: "task.ready"; readonly data: { readonly head: string; readonly rounds: number } }
  | { readonly name: "task.needs-human"; readonly data: { readonly reason: Reason } }
  | { readonly name: "task.failed"; readonly data: { readonly reason: Reason } }
  | {
      readonly name: "task.parked";
      /** Where it goes on when it wakes by itself, and with which unfinished work. */
      readonly data: {
        readonly reason: Reason;
        readonly wakeAt: string | null;
        readonly from?: Stage;
        readonly saved?: string;
      };
    }
  | { readonly name: "task.cancelled"; readonly data: { readonly by: string } }
  /** The human wants another walk; the next run begins a new episode there. */
  | {
      readonly name: "task.retried";
      /** `saved`: the coder begins with the files of this unfinished work (`refs/dispatch/salvage/…`). */
      readonly data: { readonly from: Stage; readonly by: string; readonly saved?: string };
    }
  /** What it may cost from then on, whatever the configuration has for a task. */
  | { readonly name: "task.budgeted"; readonly data: { readonly usd: number; readonly by: string } }
  | { readonly name: "lane.measured"; readonly data: { readonly start: "cold" | "warm"; readonly seconds: number } };

export type FactName = FactBody["name"];

/** One line of the journal. `key` makes a repeated append a no-op: the first one wins. */
export type Fact = FactBody & {
  readonly key: string;
  /** ISO 8601. */
  readonly at: string;
  readonly run: string;
  /** null for facts of the whole run. */
  readonly task: string | null;
  /** 0 where there is none. */
  readonly episode: number;
};
