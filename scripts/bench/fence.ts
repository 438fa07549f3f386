import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { openAgents } from "../../src/adapters/agents/open-agents.ts";
import { openChecks } from "../../src/adapters/checks/run-checks.ts";
import { openRepository } from "../../src/adapters/git/repository.ts";
import { openWorktrees } from "../../src/adapters/git/worktrees.ts";
import { openSandbox, type SandboxOptions } from "../../src/adapters/sandbox/open-sandbox.ts";
import { Config } from "../../src/config/schema.ts";
import type { Agent } from "../../src/ports/agent.ts";
import { GIT_ENV, makeFixture } from "./fixture.ts";
import { interleave } from "./measure.ts";
import type { Section } from "./report.ts";

const SIZES = [24, 2800];
const ROUNDS = 25;
const GOAL_MS = 150;
const clock = { monotonic: () => performance.now(), now: () => Date.now() };

/** One start of an agent that does nothing, with its scratch git dir, inside the fence and without it. */
export async function benchFence(): Promise<readonly Section[]> {
  const sections: Section[] = [];
  for (const files of SIZES) sections.push(await measureAt(files));
  return sections;
}

async function measureAt(files: number): Promise<Section> {
  await using fixture = await makeFixture(files);
  const { dir, checkout, base: commit } = fixture;
  const [stateDir, workDir, processFolder] = [join(dir, "state"), join(dir, "work"), join(dir, "processes")];
  await mkdir(stateDir);
  const repository = await openRepository({ root: checkout, stateDir, workDir, base: "main", env: GIT_ENV });
  const about = { holder: "A", run: "bench", task: "A", role: "coder" as const, lane: 1, commit };
  const worktrees = openWorktrees({ repository, pauseMain: false });
  const { path: cwd } = await worktrees.acquire({ ...about, branch: "dispatch/a--bench" });
  const config = Config.parse({ agents: { one: { role: "coder", engine: "command", command: ["true"] } } });
  const limits = { wallSeconds: 60, idleSeconds: 60, outputMb: 1 };

  const starter = async (mode: SandboxOptions["mode"], folder: string): Promise<(round: number) => Promise<void>> => {
    const sandbox = openSandbox({ mode, repository });
    const fence = await sandbox.probe();
    if (mode !== "off" && fence.kind === "open") throw new Error(`no fence here: ${fence.why}`);
    const programs = { configDir: dir, processFolder, clock, sandbox };
    const checks = openChecks({ ...programs, config, setupFolder: join(dir, "setup") });
    const agent: Agent | undefined = openAgents({ ...programs, config, checks }).get("one");
    const task = { id: "A", title: "A", body: "", context: [], files: [], kind: null, skills: [] };
    const base = { v: 1 as const, run: "bench", role: "coder" as const, task, branch: "b", base: commit, head: null };
    return async (round) => {
      const scratch = join(dir, folder, `${round}`);
      const input = { ...base, round: 1, attempt: 1, findings: [], diff: "" };
      const request = { input, brief: "", cwd, scratch, keep: dir, logFile: join(dir, "log"), limits };
      const outcome = await agent?.run(request, () => undefined, new AbortController().signal);
      if (outcome?.end.kind !== "ok") throw new Error(`the agent did not end well: ${JSON.stringify(outcome)}`);
    };
  };
  const names = ["without a fence", "inside the fence"] as const;
  const figures = await interleave(ROUNDS, [
    { name: names[0], run: await starter("off", "open") },
    { name: names[1], run: await starter("required", "fenced") },
  ]);
  const [open, fenced] = names.map((name) => figures.find((figure) => figure.name === name)?.medianMs ?? Number.NaN);
  const cost = (fenced ?? Number.NaN) - (open ?? Number.NaN);
  const verdict = cost <= GOAL_MS ? "met" : "MISSED";
  return {
    title: `one start of an agent, in a repository of ${files} files`,
    figures,
    ratios: [],
    facts: { "the fence costs": `${cost.toFixed(1)} ms, goal ${GOAL_MS} ms: ${verdict}` },
  };
}
