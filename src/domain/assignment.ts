import type { Task } from "./task.ts";
import type { Finding } from "./verdict.ts";

export const ROLES = ["coder", "tester", "reviewer", "planner"] as const;
export type Role = (typeof ROLES)[number];

/** One run of one agent for a task, role and round. */
export interface Assignment {
  readonly task: string;
  readonly episode: number;
  readonly role: Role;
  /** 1 for the first walk through the pipeline; a fix begins the next round. */
  readonly round: number;
  /** 1 for the first start in this step. */
  readonly attempt: number;
}

export function assignmentKey(a: Assignment): string {
  return `${a.task}/${a.episode}/${a.role}/${a.round}/${a.attempt}`;
}

/** What a start cost before anything was done. */
export interface AssignmentStart {
  readonly engine: string;
  /** `warm`: the agent had worked on this lane before. */
  readonly lane: "cold" | "warm";
  /** Until its model's first word; of one that asks no model, its own. */
  readonly seconds: number;
  /** Of the first question to its model; absent where nobody tells. */
  readonly prefixTokens?: number;
}

/** How an agent came to its end. */
export type AgentEnd =
  | ProcessEnd
  /** Whoever it works with takes no more from it before then (ISO 8601). */
  | { readonly kind: "rate_limited"; readonly until: string; readonly message?: string }
  /** It came to an end without having done its work, and said why. */
  | { readonly kind: "gave_up"; readonly why: GaveUp; readonly message: string };

/** Why an agent that knows its model's answers could not go on. */
export const GAVE_UP = [
  "auth",
  "quota",
  "context",
  "refused",
  "truncated",
  "max_turns",
  "budget",
  "tool_denied",
  "crashed",
] as const;
export type GaveUp = (typeof GAVE_UP)[number];

/** How its process did. */
export type ProcessEnd =
  | { readonly kind: "ok" }
  | { readonly kind: "exit_code"; readonly exitCode: number }
  | { readonly kind: "crashed"; readonly signal: string }
  | { readonly kind: "timed_out"; readonly limitSeconds: number }
  | { readonly kind: "idle"; readonly limitSeconds: number }
  | { readonly kind: "output_limit"; readonly limitMb: number }
  | { readonly kind: "worktree_gone" }
  | { readonly kind: "cancelled" };

export interface Usage {
  /** All of them, also those that a cache answered. */
  readonly inputTokens: number;
  /** All of them, also those that nobody sees. */
  readonly outputTokens: number;
  readonly cacheReadTokens?: number;
  readonly cacheWriteTokens?: number;
}

/** The typed input of every agent (`DISPATCH_INPUT`). */
export interface AgentInput {
  readonly v: 1;
  readonly run: string;
  readonly role: Role;
  readonly round: number;
  readonly attempt: number;
  readonly task: Pick<Task, "id" | "title" | "body" | "context" | "files" | "kind" | "skills">;
  readonly branch: string;
  /** Commit ids. `head` is null before the first snapshot. */
  readonly base: string;
  readonly head: string | null;
  /** The ref of work of an earlier turn whose files lie in the worktree, uncommitted: unfinished, or tests that failed. */
  readonly saved?: string;
  /** Open findings of the round before: the coder's next brief. */
  readonly findings: readonly Finding[];
  /** The change under review, made by the orchestrator; empty for a coder. */
  readonly diff: string;
  /** Of a tester that may add tests: globs of the paths that count as such. */
  readonly testPaths?: readonly string[];
  /** What the base says to agents: its AGENTS.md, and those above the expected files. */
  readonly guidance?: string;
}

/** Whether it may change the files of its worktree; everybody else looks and does not touch. */
export const mayEdit = ({ role, testPaths }: Pick<AgentInput, "role" | "testPaths">): boolean =>
  role === "coder" || testPaths !== undefined;
