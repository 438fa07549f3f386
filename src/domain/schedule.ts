import { certainOverlap } from "./overlap.ts";
import type { Task } from "./task.ts";

/** Of each task: its own seconds and those of the longest chain of tasks that wait for it. */
export function bottomLevels<T extends Pick<Task, "id" | "after">>(
  tasks: readonly T[],
  seconds: (task: T) => number,
): ReadonlyMap<string, number> {
  const nodes = new Map(tasks.map((task) => [task.id, { task, own: seconds(task), tail: 0, waiting: 0 }]));
  const before = (task: T) => task.after.map((id) => nodes.get(id)).filter((node) => node !== undefined);
  for (const task of tasks) for (const node of before(task)) node.waiting += 1;
  const settled = [...nodes.values()].filter((node) => node.waiting === 0);
  for (const { task, own, tail } of settled) {
    for (const node of before(task)) {
      node.tail = Math.max(node.tail, own + tail);
      node.waiting -= 1;
      if (node.waiting === 0) settled.push(node);
    }
  }
  return new Map([...nodes].map(([id, { own, tail }]) => [id, own + tail]));
}

/** Where each task stands in the backlog. */
export const backlogOrder = (tasks: readonly Pick<Task, "id">[]): ReadonlyMap<string, number> =>
  new Map(tasks.map(({ id }, index) => [id, index]));

/** The user's priority (smaller is sooner, none is last), then the longest chain behind it, then the order of the backlog. */
export function byUrgency(
  levels: ReadonlyMap<string, number>,
  order: ReadonlyMap<string, number>,
): (a: Task, b: Task) => number {
  const level = ({ id }: Task): number => levels.get(id) ?? 0;
  const place = ({ id }: Task): number => order.get(id) ?? order.size;
  return (a, b) => {
    if (a.priority !== b.priority) return (a.priority ?? Infinity) - (b.priority ?? Infinity);
    return level(b) - level(a) || place(a) - place(b);
  };
}

/** A task and the files that it changes, or says that it will. */
export type Changing = Pick<Task, "id" | "files">;

/**
 * What a free lane takes. A task that names the same file as a running one steps behind other ready work, and so does
 * one that names a file of an open pull request: meanwhile that may be merged. When nothing else is ready it goes all
 * the same, since users' items are kept apart only where that costs nothing.
 */
export function pickNext(
  ready: readonly Task[],
  running: readonly Task[],
  levels: ReadonlyMap<string, number>,
  order: ReadonlyMap<string, number>,
  open: readonly Changing[] = [],
): Task | null {
  return choose(ready.toSorted(byUrgency(levels, order)), running, open);
}

function choose(byUrgency: readonly Task[], running: readonly Task[], open: readonly Changing[]): Task | null {
  const clashes = ({ id, files }: Task, others: readonly Changing[]): boolean =>
    others.some((other) => other.id !== id && certainOverlap(files, other.files));
  const isApart = (task: Task): boolean => !clashes(task, running);
  return (
    byUrgency.find((task) => isApart(task) && !clashes(task, open)) ?? byUrgency.find(isApart) ?? byUrgency[0] ?? null
  );
}

export interface Placement {
  readonly task: Task;
  readonly lane: number;
  readonly startSeconds: number;
  readonly endSeconds: number;
  /** The first of its lane: with it the lane is opened. */
  readonly opens: boolean;
}

export interface LanePlan {
  /** Every ready task once, in the order of starting. */
  readonly placements: readonly Placement[];
  readonly etaSeconds: number;
}

export interface LaneInput {
  /** Tasks that wait for nothing. */
  readonly ready: readonly Task[];
  readonly lanes: number;
  readonly seconds: (task: Task) => number;
  /** Lane 0 is open; each other one can begin when it has been spawned. */
  readonly spawnSeconds: number;
  readonly levels: ReadonlyMap<string, number>;
  readonly order: ReadonlyMap<string, number>;
  /** What open pull requests change. */
  readonly open?: readonly Changing[];
}

/** Plays the run: the lane that is free first takes the next task. */
export function planLanes({ ready, lanes, seconds, spawnSeconds, levels, order, open = [] }: LaneInput): LanePlan {
  const waiting = ready.toSorted(byUrgency(levels, order));
  const free = Array.from({ length: Math.max(1, lanes) }, (_, lane) => (lane === 0 ? 0 : spawnSeconds));
  const used = new Set<number>();
  const placements: Placement[] = [];
  const last = new Map<number, Placement>();
  for (;;) {
    const startSeconds = Math.min(...free);
    const lane = free.indexOf(startSeconds);
    const running = [...last.values()].filter(({ endSeconds }) => endSeconds > startSeconds).map(({ task }) => task);
    const task = choose(waiting, running, open);
    if (task === null) break;
    waiting.splice(waiting.indexOf(task), 1);
    const endSeconds = startSeconds + seconds(task);
    const placement = { task, lane, startSeconds, endSeconds, opens: !used.has(lane) };
    used.add(lane);
    last.set(lane, placement);
    placements.push(placement);
    free[lane] = endSeconds;
  }
  return { placements, etaSeconds: Math.max(0, ...[...last.values()].map(({ endSeconds }) => endSeconds)) };
}
