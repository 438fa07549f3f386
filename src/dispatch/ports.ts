import type { Limits } from "../domain/backpressure.ts";
import type { Budget } from "../domain/budget.ts";
import type { Policy, Reach } from "../domain/authorize.ts";
import type { Fact, FactBody } from "../domain/fact.ts";
import type { Hash } from "../domain/hash.ts";
import type { Agent, AgentLimits } from "../ports/agent.ts";
import type { Backlog } from "../ports/backlog.ts";
import type { Checks } from "../ports/checks.ts";
import type { Claims } from "../ports/claims.ts";
import type { Clock } from "../ports/clock.ts";
import type { Forge } from "../ports/forge.ts";
import type { Handover } from "../ports/handover.ts";
import type { Journal } from "../ports/journal.ts";
import type { Narrator } from "../ports/narrator.ts";
import type { Prompts } from "../ports/prompts.ts";
import type { Repository } from "../ports/repository.ts";
import type { Secrets } from "../ports/secrets.ts";
import type { Engine } from "../ports/steps.ts";
import type { Worktrees } from "../ports/worktrees.ts";

/** Everything outside that the story needs; built in `cli/compose.ts`, faked in its tests. */
export interface Ports {
  readonly repository: Repository;
  readonly worktrees: Worktrees;
  readonly forge: Forge;
  readonly claims: Claims;
  readonly handover: Handover;
  readonly journal: Journal;
  readonly agents: ReadonlyMap<string, Agent>;
  readonly checks: Checks;
  readonly backlog: Backlog;
  readonly clock: Clock;
  readonly narrator: Narrator;
  readonly hash: Hash;
  readonly prompts: Prompts;
  readonly secrets: Secrets;
  /** Which of several hosts this is; null where there is one. */
  readonly host: HostHere | null;
  readonly paths: Paths;
  readonly lanes: LaneMeter;
  /** As the configuration and the command line have it now, whatever an episode began with. */
  readonly budget: Budget;
  /** Bytes of the fuller of the disks that we write to; null where nobody can tell. */
  readDisk(): Promise<{ readonly free: number; readonly total: number } | null>;
}

/** Whether this is the first time in a run for a lane (cold), or it is handed over (warm); and for an agent on it. */
export interface LaneMeter {
  ready(lane: number, agent?: string): "cold" | "warm";
}

export interface HostHere {
  readonly name: string;
  /** As a sentence; a run's other hosts may have another one. */
  readonly fence: string;
}

export interface Paths {
  /** The log of one assignment; its folder exists. */
  logFile(task: string, name: string): string;
  /** A private folder for one start of an agent, new and empty. */
  makeScratch(name: string): Promise<string>;
  /** What an agent keeps of a task between its turns; it exists. */
  keepFor(task: string, agent: string): Promise<string>;
  /** Of all agents. */
  dropKept(task: string): Promise<void>;
  /** Away with it once nothing in it is needed. */
  dropScratch(path: string): Promise<void>;
}

/** A story registered with the engine needs the engine no more; the one who starts it does. */
export interface PortsWithEngine extends Ports {
  readonly engine: Engine;
}

export type Pipeline = readonly ("code" | "test" | "review")[];

/** What the configuration and the command line settled, as the story needs it. */
export interface Settings {
  readonly run: string;
  readonly jobs: number;
  /** Only these tasks, or all. */
  readonly only: readonly string[] | null;
  readonly pipeline: Pipeline;
  readonly attempts: number;
  readonly rounds: number;
  readonly humanRounds: number;
  readonly taskSeconds: number | null;
  readonly spawnSeconds: number | null;
  readonly limits: AgentLimits & {
    readonly changedFiles: number;
    /** Between two saves of what an agent has so far; null: none. Absent in episodes of older versions. */
    readonly autosaveSeconds?: number | null;
  };
  readonly testPaths: readonly string[];
  readonly policy: EffectivePolicy;
  /** Said on every run and in every pull request. */
  readonly fence: string;
  /** What of the fence does not hold on this machine, a sentence each. */
  readonly weaknesses: readonly string[];
  readonly backpressure: Limits;
}

/** The rules that agents are held to, as the user's configuration has them: never read from a task branch. */
export interface EffectivePolicy extends Policy {
  /** Of `text`. */
  readonly hash: string;
  /** Everything that holds agents, as JSON. */
  readonly text: string;
  /** How far each agent reaches. */
  readonly reach: Readonly<Record<string, Reach>>;
}

export interface Scope {
  readonly run: string;
  readonly task: string | null;
  readonly episode: number;
}

export const isoTime = (milliseconds: number): string => new Date(milliseconds).toISOString();

/** Appends a fact and tells whoever watches. The first append under a key wins, so a redo is silent; gives that one. */
export async function record(ports: Ports, scope: Scope, key: string, body: FactBody): Promise<Fact> {
  const at = isoTime(ports.clock.now());
  const fact = { ...body, ...scope, key, at };
  const stored = await ports.journal.append(fact);
  if (stored.at === at && stored.run === scope.run) ports.narrator.fact(stored);
  return stored;
}
