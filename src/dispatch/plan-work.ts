import { planRun, type Plan } from "../domain/plan.ts";
import { chooseAgent } from "../domain/routing.ts";
import { spawnSeconds } from "../domain/fan-out.ts";
import { type AgentSpawn, extraSeconds, spawnOf, type SpawnSample } from "../domain/spawn.ts";
import type { Sample } from "../domain/estimate.ts";
import type { Changing } from "../domain/schedule.ts";
import type { Fact } from "../domain/fact.ts";
import type { BrokenDown } from "./break-down.ts";
import { dueOf } from "./due.ts";
import type { Ports, Settings } from "./ports.ts";

/** Before anything was measured: a cold worktree and a process, without a model's warm-up. */
export const SPAWN_SEED_SECONDS = 1;

export interface PlannedWork extends Plan {
  /** Of what S is made up, where it is not set by hand. */
  readonly spawn: { readonly laneSeconds: number; readonly agents: readonly AgentSpawn[] };
}

/** Only what this run could start is planned; what rests is reported, not scheduled. */
export async function planWork(
  ports: Ports,
  settings: Settings,
  work: BrokenDown,
  changing: readonly Changing[] = [],
): Promise<PlannedWork> {
  const facts = await ports.journal.read({ names: ["lane.measured", "assignment.ended"] });
  const due = work.tasks.filter((task) => dueOf(task, work.views.get(task.id)).kind !== "rest");
  const agents = [...ports.agents.values()];
  const starts = agents.map((agent) => spawnOf(agent, samples(facts)));
  const laneSeconds = spawnSeconds(secondsOf(facts, "cold"), secondsOf(facts, "warm"), SPAWN_SEED_SECONDS);
  const extra = new Map(starts.map((one) => [one.agent, extraSeconds(one)]));
  const plan = planRun({
    tasks: due,
    done: work.done,
    samples: samplesOf(work),
    configured: settings.taskSeconds,
    spawnSeconds: settings.spawnSeconds ?? laneSeconds,
    jobs: settings.jobs,
    changing,
    agentFor: (task) => chooseAgent(agents, "coder", task.skills) ?? "coder",
    // Set by hand, it is all of it.
    agentSeconds: (agent) => (settings.spawnSeconds === null ? (extra.get(agent) ?? 0) : 0),
  });
  return { ...plan, spawn: { laneSeconds, agents: starts } };
}

const samples = (facts: readonly Fact[]): readonly SpawnSample[] =>
  facts.flatMap((fact) =>
    fact.name === "assignment.ended" && fact.data.start !== undefined
      ? [{ ...fact.data.start, agent: fact.data.agent }]
      : [],
  );

function secondsOf(facts: readonly Fact[], start: "cold" | "warm"): readonly number[] {
  return facts.flatMap((fact) =>
    fact.name === "lane.measured" && fact.data.start === start ? [fact.data.seconds] : [],
  );
}

function samplesOf({ views }: BrokenDown): readonly Sample[] {
  return [...views.values()]
    .filter((view) => view.seconds > 0)
    .map((view) => ({
      kind: view.kind,
      seconds: view.seconds,
      censored: view.state.name === "failed" || view.state.name === "cancelled",
    }));
}
