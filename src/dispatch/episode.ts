import type { Role } from "../domain/assignment.ts";
import type { Reason, Stage } from "../domain/fact.ts";
import { formatReason, type ReasonCode } from "../domain/retry.ts";
import type { Proposal } from "../domain/proposal.ts";
import type { Task } from "../domain/task.ts";
import type { Finding, Verdict } from "../domain/verdict.ts";
import type { FileChange } from "../ports/repository.ts";
import type { Pipeline, Settings } from "./ports.ts";

/** Raised whenever the order or the names of the steps of a story change; a test holds recorded sequences against it. */
export const STORY_VERSION = "2";

/** One durable walk of a task until a human or an end. Frozen when it starts, so that a replay decides alike. */
export interface Episode {
  readonly run: string;
  readonly task: Task;
  readonly episode: number;
  readonly from: Stage;
  readonly why: string;
  readonly lane: number;
  readonly branch: string;
  readonly base: { readonly branch: string; readonly commit: string };
  /** Where the coder starts: the base, or the head of work that is taken up again. */
  readonly start: string;
  /** Unfinished work, as a commit on `start`, with whose files the coder begins its first round. */
  readonly saved?: { readonly ref: string; readonly commit: string };
  /** What a human asked for; the first brief carries it. */
  readonly feedback: readonly Finding[];
  /** Rounds that came before what the human asked for: agents count on from there. The bound is that of the episode. */
  readonly roundsBefore?: number;
  /** The agent of each role that this task was routed to. */
  readonly agents: Readonly<Partial<Record<Role, string>>>;
  /** All of them, for findings that ask for other skills than the task. Absent in episodes of older versions. */
  readonly coders?: readonly { readonly name: string; readonly role: "coder"; readonly skills: readonly string[] }[];
  readonly rules: {
    readonly pipeline: Pipeline;
    readonly attempts: number;
    readonly rounds: number;
    readonly limits: Settings["limits"];
    readonly testPaths: readonly string[];
    readonly policy: Settings["policy"];
    readonly fence: string;
  };
}

/** Where it ended: the state that a human sees. */
export type EpisodeOutcome =
  | { readonly kind: "ready"; readonly pr: number; readonly head: string }
  | { readonly kind: "needs-human"; readonly reason: Reason; readonly pr: number | null }
  | { readonly kind: "failed"; readonly reason: Reason }
  /** It was cancelled, merged or closed before it began. */
  | { readonly kind: "off" }
  | Parked;

/** It waits for nothing but time. */
export interface Parked {
  readonly kind: "parked";
  readonly reason: Reason;
  readonly wakeAt: string;
  /** Where it goes on, and with which unfinished work. */
  readonly from: Stage;
  readonly saved?: string;
}

export interface AssignmentInput {
  readonly episode: Episode;
  readonly role: Role;
  readonly agent: string;
  readonly round: number;
  readonly attempt: number;
  /** The tree that the agent gets. */
  readonly commit: string;
  readonly findings: readonly Finding[];
  /** Of a tester: those that it wrote before and that failed. */
  readonly tests?: ProposedTests;
}

/** Tests that a tester wrote, as a commit on the head that it tested. */
export interface ProposedTests {
  /** What keeps it. */
  readonly ref: string;
  readonly commit: string;
  readonly files: readonly string[];
  /** Of what else it changed, as half a sentence. */
  readonly dropped: string;
}

export type AssignmentOutcome =
  | {
      readonly kind: "work";
      readonly commit: string;
      readonly changes: readonly FileChange[];
      readonly summary: string;
    }
  | {
      readonly kind: "verdict";
      readonly verdict: Verdict;
      readonly valid: boolean;
      /** Nobody judged them yet; after that, those that failed. */
      readonly tests?: ProposedTests;
      /** The task's head from now on: with the tests that were adopted. */
      readonly head?: string;
      /** It approves what its own tests fail on. */
      readonly again?: true;
    }
  /** `unreadable` says why there is none. */
  | { readonly kind: "proposal"; readonly tasks: readonly Proposal[]; readonly unreadable: string | null }
  | Failure;

export interface Failure {
  readonly kind: "failed";
  readonly code: ReasonCode;
  readonly reason: Reason;
  /** For a human's eyes only: nothing of it is published. */
  readonly withhold: boolean;
  /** No failure of the task: it goes on by itself at this time (ISO 8601), with this unfinished work. */
  readonly wakeAt?: string;
  readonly saved?: string;
}

export function failure(code: ReasonCode, sentence: string, withhold = false): Failure {
  return { kind: "failed", code, reason: formatReason(code, sentence), withhold };
}

/** null for what does not end by itself. */
export function parked({ reason, wakeAt, saved }: Failure, from: Stage): Parked | null {
  if (wakeAt === undefined) return null;
  return { kind: "parked", reason, wakeAt, from, ...(saved === undefined || from !== "code" ? {} : { saved }) };
}

export const episodeId = (repository: string, task: string, episode: number): string =>
  `${repository}/${task}/${episode}`;
