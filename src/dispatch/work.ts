import { roleBranch } from "../domain/branch-name.ts";
import type { AssignmentStart } from "../domain/assignment.ts";
import { lastWords } from "../domain/display.ts";
import { hasErrorCode } from "../domain/errors.ts";
import type { Agent, AgentOutcome } from "../ports/agent.ts";
import type { Kept } from "../ports/repository.ts";
import { Stopped } from "../ports/steps.ts";
import type { Preparation, Worktree } from "../ports/worktrees.ts";
import { agentInput, filesFor } from "./agent-input.ts";
import { scopeOf } from "./bookends.ts";
import { autosave } from "./autosave.ts";
import { brief, briefParts } from "./brief.ts";
import type { Start } from "./count-start.ts";
import { failure, type AssignmentInput, type AssignmentOutcome } from "./episode.ts";
import { harvest } from "./harvest.ts";
import { checkFirst, judged } from "./judging.ts";
import { recordLane } from "./lane-meter.ts";
import { missingAgent, proposalOf } from "./outcomes.ts";
import { isoTime, record, type Ports } from "./ports.ts";
import { preparation } from "./prepare.ts";
import { salvage } from "./salvage.ts";

/** Lease, pause, run, take what it made, give back. */
export async function work(
  ports: Ports,
  input: AssignmentInput,
  start: Start,
  signal: AbortSignal,
): Promise<AssignmentOutcome> {
  const began = ports.clock.monotonic();
  const agent = ports.agents.get(input.agent);
  if (agent === undefined) return missingAgent(input);
  const { episode } = input;
  const red = await checkFirst(ports, input, signal);
  if (red !== null) {
    await recordEnd(ports, input, start, { ...red.outcome, engine: agent.engine, lane: "cold" }, red.result);
    return red.result;
  }
  const files = await filesFor(ports, input);
  // What `setup` is to believe of the files: those of unfinished work are not the base's.
  const about = { commit: files ?? input.commit, base: episode.base.commit, owner: episode.task.id };
  await using worktree = await lease(ports, input, files, preparation(ports, about, signal));
  const setup = await ports.checks.prepare({ ...about, cwd: worktree.path }, signal);
  if (setup !== null && setup.exitCode !== 0)
    return failure("exit_code", `setup \`${setup.command}\` exited with ${setup.exitCode}${lastWords(setup.tail)}`);
  if (input.role === "coder")
    await recordLane(ports, scopeOf(input.episode), `${start.key}/lane`, input.episode.lane, since(ports, began));
  const lane = ports.lanes.ready(episode.lane, agent.name);
  const { outcome, saved } = await runAgent(ports, input, agent, worktree, start, signal);
  if (signal.aborted) {
    await salvage(ports, input, worktree, saved);
    throw new Stopped("the run was stopped while an agent worked; its files are saved");
  }
  const result = notAtOnce(ports.clock.now(), await take(ports, input, worktree, outcome, saved));
  await recordEnd(ports, input, start, { ...outcome, engine: agent.engine, lane }, result);
  return result;
}

/** What a turn gave, as its role has it. */
async function take(
  ports: Ports,
  input: AssignmentInput,
  worktree: Worktree,
  outcome: AgentOutcome,
  saved: Kept | null,
): Promise<AssignmentOutcome> {
  if (input.role === "coder") return await harvest(ports, input, worktree, outcome, saved);
  if (input.role === "planner") return proposalOf(input, outcome);
  return await judged(ports, input, worktree, outcome);
}

const LEAST_WAIT_MS = 60_000;

/** An agent that names a time that is past would be started again and again. */
function notAtOnce(now: number, result: AssignmentOutcome): AssignmentOutcome {
  if (result.kind !== "failed" || result.wakeAt === undefined) return result;
  const soonest = isoTime(now + LEAST_WAIT_MS);
  return result.wakeAt > soonest ? result : { ...result, wakeAt: soonest };
}

async function lease(
  ports: Ports,
  input: AssignmentInput,
  files: string | null,
  ready: Preparation,
): Promise<Worktree> {
  const { role, round, commit, episode } = input;
  const { id } = episode.task;
  const branch = role === "coder" ? episode.branch : roleBranch(role, id, round);
  const holder = `${id}/${role}/${round}/${input.attempt}`;
  const { run, lane } = episode;
  const own = files === null ? {} : { files };
  const request = { holder, run, task: id, role, lane, commit, ...own, branch, preparation: ready };
  return await ports.worktrees.acquire(request).catch(async (error: unknown) => {
    if (role !== "coder" || !hasErrorCode(error, "branch_exists")) throw error;
    // An interrupted start left the task branch further on. What it held is not lost (the agent's last finished turn
    // was saved), and this turn begins where the last recorded one ended.
    await ports.repository.moveBranch(branch, commit, await ports.repository.readBranch(branch));
    return await ports.worktrees.acquire(request);
  });
}

const since = (ports: Ports, began: number): number => (ports.clock.monotonic() - began) / 1000;

async function runAgent(
  ports: Ports,
  input: AssignmentInput,
  agent: Agent,
  worktree: Worktree,
  start: Start,
  signal: AbortSignal,
): Promise<{ readonly outcome: AgentOutcome; readonly saved: Kept | null }> {
  await using _flags = await worktree.pauseWatcher();
  const scratch = await ports.paths.makeScratch(start.key);
  const limits = { ...input.episode.rules.limits, usd: start.allowedUsd };
  const typed = await agentInput(ports, input);
  const keep = await ports.paths.keepFor(input.episode.task.id, input.agent);
  const about = { cwd: worktree.path, scratch, keep, logFile: start.logFile, limits };
  const parts = briefParts(typed, agent.readsOnly === true ? "words" : "file");
  const words = (await ports.prompts.render(input.role, parts)) ?? brief(parts);
  const own = ports.prompts.wordsOf(input.agent);
  const told = own === "" ? words : `${own}\n\n${words}`;
  const request = { input: typed, brief: told, ...about };
  await using saving = autosave(ports, input, start, worktree);
  const outcome = await agent.run(
    request,
    (event) => ports.narrator.agent(input.episode.task.id, input.role, event),
    signal,
  );
  await saving[Symbol.asyncDispose]();
  await ports.paths.dropScratch(scratch);
  return { outcome, saved: saving.saved };
}

async function recordEnd(
  ports: Ports,
  input: AssignmentInput,
  start: Start,
  outcome: AgentOutcome & Pick<AssignmentStart, "engine" | "lane">,
  result: AssignmentOutcome,
): Promise<void> {
  const { role, round, attempt, agent } = input;
  const { engine, lane, first } = outcome;
  const said = outcome.spent ?? (outcome.result.kind === "valid" ? outcome.result : null);
  await record(ports, scopeOf(input.episode), `${start.key}/end`, {
    name: "assignment.ended",
    data: {
      role,
      round,
      attempt,
      agent,
      end: outcome.end,
      seconds: outcome.seconds,
      usage: said?.usage ?? null,
      costUsd: said?.costUsd ?? null,
      ...(outcome.spent?.model === undefined ? {} : { model: outcome.spent.model }),
      ...(first === undefined ? {} : { start: { engine, lane, ...first } }),
      reason: result.kind === "failed" ? result.reason : null,
    },
  });
  if (outcome.checks !== undefined) {
    const { command, exitCode, seconds } = outcome.checks;
    await record(ports, scopeOf(input.episode), `${start.key}/checks`, {
      name: "checks.ran",
      data: { kind: "head", commit: input.commit, command, exitCode, seconds, round },
    });
  }
  if (result.kind === "verdict")
    await record(ports, scopeOf(input.episode), `${start.key}/verdict`, {
      name: "verdict.given",
      data: { role, round, agent, commit: input.commit, ...result.verdict },
    });
}
