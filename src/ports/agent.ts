import type { AgentEnd, AgentInput, AssignmentStart, Role, Usage } from "../domain/assignment.ts";
import type { Proposal } from "../domain/proposal.ts";
import type { SpawnSeeds } from "../domain/spawn.ts";
import type { Verdict } from "../domain/verdict.ts";
import type { CheckRun } from "./checks.ts";

export interface AgentLimits {
  readonly wallSeconds: number;
  /** Without a byte of output. */
  readonly idleSeconds: number;
  readonly outputMb: number;
  /** It may cost so much; it is stopped as soon as it is known to have cost more. Absent or null: any price. */
  readonly usd?: number | null;
}

export interface AgentRequest {
  readonly input: AgentInput;
  /** Markdown, given on stdin. */
  readonly brief: string;
  /** The worktree: where it works. */
  readonly cwd: string;
  /** A private folder outside the repository: home, temp, input and result files live there. */
  readonly scratch: string;
  /** A private folder of this agent's for this task, which stays until the task is settled: what it knows of it. */
  readonly keep: string;
  /** Everything it prints goes here, appended. */
  readonly logFile: string;
  readonly limits: AgentLimits;
}

/** What an agent does while it runs, for the journal and the screen. */
export type AgentEvent =
  | { readonly kind: "started"; readonly pid: number }
  | { readonly kind: "output"; readonly line: string }
  /** It asked for something that its `network` does not allow: a sentence. */
  | { readonly kind: "refused"; readonly what: string }
  | { readonly kind: "stopping"; readonly why: string };

/** What it said in the end. `verdict` is null for a coder, or where none was given. */
export interface AgentResult {
  readonly summary: string;
  readonly verdict: Verdict | null;
  readonly usage: Usage | null;
  readonly costUsd: number | null;
  /** A planner's; absent where none were proposed. */
  readonly tasks?: readonly Proposal[];
  /** It reached a limit that holds until then (ISO 8601): not finished, and no failure. */
  readonly retryAt?: string;
}

export interface AgentOutcome {
  readonly end: AgentEnd;
  /** `invalid` names what was wrong, `isSecret` that it was a secret in it; an invalid verdict never approves. */
  readonly result:
    | { readonly kind: "none" }
    | { readonly kind: "invalid"; readonly why: string; readonly isSecret?: true }
    | ({ readonly kind: "valid" } & AgentResult);
  /** What it used and cost, whatever its word is worth; absent where only its result could say. */
  readonly spent?: Pick<AgentResult, "usage" | "costUsd"> & { readonly model?: string };
  /** When its model's first word came, and after how many tokens; absent where that is not known. */
  readonly first?: Pick<AssignmentStart, "seconds" | "prefixTokens">;
  readonly seconds: number;
  /** Of the last output, for messages: at most 4 kB. */
  readonly tail: string;
  /** What the user's own checks said, where running them was the work. */
  readonly checks?: CheckRun;
}

/** A configured worker. Stopping, bounds and cleaning up after the whole process tree are its promise. */
export interface Agent {
  readonly name: string;
  readonly engine: string;
  readonly version: string;
  readonly role: Role;
  readonly skills: readonly string[];
  /** It looks and does not touch: a judge that changed what it was to judge is not believed. */
  readonly readsOnly?: true;
  /** What its start costs, as far as that is known before it ever ran here. */
  readonly seeds?: SpawnSeeds;
  /** Never rejects for what the agent does; rejects only if it could not be started. After it settles no process of it is left. */
  run(request: AgentRequest, onEvent: (event: AgentEvent) => void, signal: AbortSignal): Promise<AgentOutcome>;
}
