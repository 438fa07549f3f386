import { estimateSeconds, type Sample } from "./estimate.ts";
import { decideFanOut, isInline, payingPieces, type FanOut } from "./fan-out.ts";
import { conflictsWith, type Conflict } from "./overlap.ts";
import { backlogOrder, bottomLevels, byUrgency, planLanes, type Changing } from "./schedule.ts";
import type { Task } from "./task.ts";

export interface PlannedTask {
  readonly id: string;
  readonly title: string;
  readonly after: readonly string[];
  readonly files: readonly string[];
  readonly estimateSeconds: number;
  readonly agent: string;
  /** From 1; null for a task that waits for others. */
  readonly lane: number | null;
  /** It joins an open lane instead of opening one; still its own branch, commit and pull request. */
  readonly inline: boolean;
}

/** docs/contract.md §7, without its version. */
export interface Plan {
  /** Every open task, in the order in which they would start; those that wait come last. */
  readonly tasks: readonly PlannedTask[];
  readonly fanOut: FanOut;
  readonly conflicts: readonly Conflict[];
  /** null where no price is known. */
  readonly costUsd: number | null;
  /** Of the tasks that are ready: when a human merges what the others wait for is not ours to foretell. */
  readonly etaSeconds: number;
}

export interface PlanInput {
  readonly tasks: readonly Task[];
  /** Ids whose work is in the base. */
  readonly done: ReadonlySet<string>;
  readonly samples: readonly Sample[];
  /** `fanOut.taskSeconds` of the configuration. */
  readonly configured: number | null;
  /** Of a lane, without what its agent's start adds. */
  readonly spawnSeconds: number;
  readonly jobs: number;
  readonly agentFor: (task: Task) => string;
  /** What the first start of an agent on one more lane adds; default: nothing. */
  readonly agentSeconds?: (agent: string) => number;
  /** What a task is expected to cost; null where nobody knows. */
  readonly costFor?: (task: Task) => number | null;
  /** What open pull requests change. */
  readonly changing?: readonly Changing[];
}

/** What a run would do: which tasks, in which order and lanes, and why so many. */
export function planRun(input: PlanInput): Plan {
  const { done, agentFor, agentSeconds = () => 0, changing = [] } = input;
  const open = input.tasks.filter(({ id }) => !done.has(id));
  const ready = open.filter(({ after }) => after.every((id) => done.has(id)));
  const estimates = new Map(open.map((task) => [task.id, estimateSeconds(task, input.samples, input.configured)]));
  const seconds = ({ id }: Task): number => estimates.get(id) as number;
  const order = backlogOrder(open);
  const levels = bottomLevels(open, seconds);

  const mean = (of: (task: Task) => number): number =>
    ready.reduce((sum, task) => sum + of(task), 0) / Math.max(1, ready.length);
  const taskSeconds = mean(seconds);
  const spawnSeconds = input.spawnSeconds + mean((task) => agentSeconds(agentFor(task)));
  const pieces = payingPieces(ready.map(seconds), spawnSeconds);
  const fanOut = decideFanOut({ n: ready.length, taskSeconds, spawnSeconds, maxLanes: input.jobs, pieces });
  const lanes = planLanes({ ready, lanes: fanOut.lanes, seconds, spawnSeconds, levels, order, open: changing });
  const placed = new Map(lanes.placements.map((placement) => [placement.task.id, placement]));

  const planned = (task: Task): PlannedTask => {
    const { id, title, after, files } = task;
    const place = placed.get(id);
    const small = isInline(seconds(task), spawnSeconds, fanOut.decision);
    const inline = place !== undefined && small && !(place.opens && place.lane > 0);
    return {
      id,
      title,
      after,
      files,
      estimateSeconds: seconds(task),
      agent: agentFor(task),
      lane: place === undefined ? null : place.lane + 1,
      inline,
    };
  };
  const waiting = open.filter(({ id }) => !placed.has(id));
  const sequence = [
    ...lanes.placements.map(({ task }) => task),
    ...inWaves(waiting, (id) => done.has(id) || placed.has(id), byUrgency(levels, order)),
  ];
  return {
    tasks: sequence.map(planned),
    fanOut,
    conflicts: conflictsWith(open, changing),
    costUsd: totalCost(open, input.costFor),
    etaSeconds: lanes.etaSeconds,
  };
}

/** Those that wait, wave by wave as what they wait for gets done; at the end what waits for something outside. */
function inWaves(
  waiting: readonly Task[],
  settled: (id: string) => boolean,
  compare: (a: Task, b: Task) => number,
): readonly Task[] {
  const behind = new Map(waiting.map(({ id }): [string, string[]] => [id, []]));
  const stuck = new Set<string>();
  for (const { id, after } of waiting) {
    for (const before of after) {
      behind.get(before)?.push(id);
      if (!settled(before) && !behind.has(before)) stuck.add(id);
    }
  }
  // Read backwards, the longest chain behind a task is the longest one before it.
  const backwards = [...behind].map(([id, after]) => ({ id, after }));
  const waves = bottomLevels(backwards, ({ id }) => (stuck.has(id) ? Infinity : 1));
  const wave = ({ id }: Task): number => waves.get(id) as number;
  return waiting.toSorted((a, b) => (wave(a) === wave(b) ? compare(a, b) : wave(a) - wave(b)));
}

function totalCost(tasks: readonly Task[], costFor: PlanInput["costFor"]): number | null {
  const known = tasks.map((task) => costFor?.(task) ?? null).filter((cost) => cost !== null);
  return known.length === 0 ? null : known.reduce((sum, cost) => sum + cost, 0);
}
