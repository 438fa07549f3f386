import { createHash, randomUUID } from "node:crypto";
import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { openLocalEngine } from "../../src/adapters/engine/local-engine.ts";
import type { GitRepository } from "../../src/adapters/git/repository.ts";
import { guardAgents } from "../../src/adapters/secrets/guard.ts";
import { openSecrets } from "../../src/adapters/secrets/open-secrets.ts";
import { discard } from "../../src/adapters/git/trash.ts";
import { NO_HANDOVER } from "../../src/adapters/git/handover.ts";
import { openWorktrees } from "../../src/adapters/git/worktrees.ts";
import { openLocalForge } from "../../src/adapters/local-forge/local-forge.ts";
import { systemClock } from "../../src/cli/desk/system-clock.ts";
import { openPaths } from "../../src/cli/desk/paths.ts";
import { dispatch, type Dispatched } from "../../src/dispatch/dispatch.ts";
import { STORY_VERSION } from "../../src/dispatch/episode.ts";
import { laneMeter } from "../../src/dispatch/lane-meter.ts";
import type { Ports, PortsWithEngine, Settings } from "../../src/dispatch/ports.ts";
import { runResult, type TaskResult } from "../../src/dispatch/report.ts";
import { stories } from "../../src/dispatch/run-task.ts";
import type { AgentInput, Role } from "../../src/domain/assignment.ts";
import type { Budget } from "../../src/domain/budget.ts";
import type { BacklogItem } from "../../src/domain/backlog-item.ts";
import type { Fact } from "../../src/domain/fact.ts";
import type { Verdict } from "../../src/domain/verdict.ts";
import type { Agent, AgentOutcome, AgentRequest } from "../../src/ports/agent.ts";
import type { Claims } from "../../src/ports/claims.ts";
import type { CheckRun } from "../../src/ports/checks.ts";
import type { Story } from "../../src/ports/steps.ts";
import { aPolicy } from "./domain-data.ts";
import { gitRepo, type Files, type GitRepo, type GitRepoOptions } from "./git-repo.ts";
import { memoryJournal } from "../../src/adapters/postgres/memory-journal.ts";
import { opened } from "./open-git.ts";

/** What an agent of a test does in its worktree; what it gives back changes the outcome of an agent that ended well. */
export type Play = (
  input: AgentInput,
  cwd: string,
  signal: AbortSignal,
  limits?: AgentRequest["limits"],
) => Promise<Partial<AgentOutcome> | void>;

export interface StoryOptions {
  readonly items: readonly BacklogItem[];
  readonly coder?: Play;
  readonly reviewer?: Play | null;
  readonly planner?: Play;
  /** The user's checks on a tree; null: none, and no tester. */
  readonly checks?: ((cwd: string) => Promise<number>) | null;
  /** A tester that thinks, beside the checks; default: they are the tester. */
  readonly tester?: Play;
  readonly files?: Files;
  readonly repo?: GitRepoOptions;
  /** Of the machine: where secrets lie. */
  readonly env?: Readonly<Record<string, string>>;
  readonly settings?: Partial<Settings>;
  /** Two pushes for each episode; default: nobody else is there. */
  readonly claims?: "real";
  readonly wrapPorts?: (ports: Ports) => Ports;
  /** The reviewer promises not to touch what it judges. */
  readonly readsOnly?: boolean;
  readonly wrapStories?: (told: ReturnType<typeof stories>) => Readonly<Record<string, Story>>;
}

export interface StoryHouse extends AsyncDisposable {
  readonly repo: GitRepo;
  readonly repository: GitRepository;
  readonly ports: Ports;
  readonly settings: Settings;
  /** A whole `dispatch run`, as a process of its own would do it: with a new engine. */
  run(only?: readonly string[]): Promise<readonly TaskResult[]>;
  dispatched(signal?: AbortSignal): Promise<Dispatched>;
  items: readonly BacklogItem[];
  facts(): Promise<readonly Fact[]>;
}

/** The story on real git, with agents that are functions, a journal in memory and the engine that lives in this process. */
const UNCLAIMED: Claims = {
  acquire: async () => ({ kind: "held", [Symbol.asyncDispose]: async () => undefined }),
  look: async () => null,
  flush: async () => undefined,
};

export const UNBOUNDED: Budget = { perTask: null, daily: null, monthly: null, run: null, agents: {} };

export async function storyHouse(options: StoryOptions): Promise<StoryHouse> {
  const repo = await gitRepo(options.files ?? { "README.md": "# shop\n", "src/a.txt": "a\n" }, options.repo);
  const repository = await opened(repo);
  const { checks = null, reviewer = approving } = options;
  const readsOnly = options.readsOnly === true ? { readsOnly: true as const } : {};
  const agents = [
    anAgent("coder", options.coder ?? writing),
    ...(checks === null ? [] : [options.tester === undefined ? checking(checks) : anAgent("tester", options.tester)]),
    ...(options.planner === undefined ? [] : [anAgent("planner", options.planner)]),
    ...(reviewer === null ? [] : [{ ...anAgent("reviewer", reviewer), ...readsOnly }]),
  ];
  const house = { items: options.items };
  const secrets = openSecrets({ env: options.env ?? {}, names: [], passed: [], root: repo.dir, urls: [] });
  const plain: Ports = {
    repository,
    worktrees: openWorktrees({ repository, pauseMain: true }),
    handover: NO_HANDOVER,
    host: null,
    claims: options.claims === "real" ? repository.claims : UNCLAIMED,
    forge: openLocalForge({ repository, clock: systemClock, by: "dispatch" }),
    journal: memoryJournal(),
    agents: guardAgents(new Map(agents.map((agent) => [agent.role, agent])), secrets),
    checks: {
      command: checks === null ? null : "npm test",
      restore: async () => "ready",
      prepare: async () => null,
      run: async ({ cwd }) => checkRun((await checks?.(cwd)) ?? 0),
    },
    backlog: { describe: "test", readItems: async () => house.items },
    clock: systemClock,
    narrator: { fact: () => undefined, agent: () => undefined },
    secrets,
    hash: (text) => createHash("sha256").update(text).digest("hex"),
    paths: openPaths({ stateDir: join(repo.temp, "state"), discard, warn: () => undefined }),
    lanes: laneMeter(),
    prompts: { versionOf: () => null, modelOf: () => null, wordsOf: () => "", render: async () => null },
    budget: UNBOUNDED,
    readDisk: async () => null,
  };
  const ports = options.wrapPorts?.(plain) ?? plain;
  const settings = (): Settings => ({
    run: `run-${randomUUID().slice(0, 8)}`,
    jobs: 4,
    only: null,
    pipeline: [
      "code",
      ...(checks === null ? [] : (["test"] as const)),
      ...(reviewer === null ? [] : (["review"] as const)),
    ],
    attempts: 2,
    rounds: 3,
    humanRounds: 5,
    taskSeconds: null,
    spawnSeconds: null,
    limits: { wallSeconds: 60, idleSeconds: 60, outputMb: 10, changedFiles: 1000 },
    testPaths: ["test/**"],
    policy: aPolicy({ protected: [".github/**"] }),
    fence: "none",
    weaknesses: [],
    backpressure: { maxOpen: null, perHour: null, quiet: [] },
    ...options.settings,
  });
  const dispatched = async (only: readonly string[] | null, signal: AbortSignal): Promise<Dispatched> => {
    const told = stories(ports);
    await using engine = openLocalEngine({ version: STORY_VERSION, stories: options.wrapStories?.(told) ?? told });
    signal.addEventListener("abort", () => void engine.stop(), { once: true });
    const all: PortsWithEngine = { ...ports, engine };
    return await dispatch(all, { ...settings(), only }, signal);
  };
  return Object.assign(house, {
    repo,
    repository,
    ports,
    settings: settings(),
    dispatched: (signal = new AbortController().signal) => dispatched(null, signal),
    run: async (only: readonly string[] | null = null) =>
      runResult("run", await dispatched(only, new AbortController().signal), 0).tasks,
    facts: () => ports.journal.read(),
    [Symbol.asyncDispose]: () => repo[Symbol.asyncDispose](),
  });
}

export const approve: Verdict = { decision: "approve", findings: [], summary: "fine" };

export const says = (verdict: Verdict): Partial<AgentOutcome> => ({
  result: { kind: "valid", summary: verdict.summary, verdict, usage: null, costUsd: null },
});

/** Writes one file named after the task; a fix writes another text. */
export const writing: Play = async ({ task, round, attempt }, cwd) => {
  await put(cwd, `src/${task.id}.txt`, `${task.id} round ${round} attempt ${attempt}\n`);
};

const approving: Play = async () => says(approve);

export async function put(cwd: string, path: string, text: string): Promise<void> {
  await mkdir(dirname(join(cwd, path)), { recursive: true });
  await writeFile(join(cwd, path), text);
}

function anAgent(role: Role, play: Play): Agent {
  return {
    name: role,
    engine: "test",
    version: "1.0.0",
    role,
    skills: [],
    async run({ input, cwd, limits }, _onEvent, signal) {
      const said = await play(input, cwd, signal, limits);
      return { ...endedWell(role), ...said };
    },
  };
}

function endedWell(role: Role): AgentOutcome {
  const result = { kind: "valid", summary: "done", verdict: null, usage: null, costUsd: null } as const;
  return { end: { kind: "ok" }, result: role === "coder" ? result : { kind: "none" }, seconds: 1, tail: "" };
}

function checking(checks: (cwd: string) => Promise<number>): Agent {
  const tester = anAgent("tester", async (_input, cwd) => {
    const ran = checkRun(await checks(cwd));
    const message = `npm test exited with ${ran.exitCode}`;
    const finding = { path: null, line: null, severity: "blocker", rule: "checks", message, skills: [] } as const;
    const decision = ran.exitCode === 0 ? "approve" : "request_changes";
    return { ...says({ decision, findings: ran.exitCode === 0 ? [] : [finding], summary: message }), checks: ran };
  });
  return { ...tester, engine: "checks" };
}

const checkRun = (exitCode: number): CheckRun => ({ command: "npm test", exitCode, seconds: 1, tail: "" });
