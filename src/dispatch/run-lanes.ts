import { holdsBack } from "../domain/backpressure.ts";
import { backlogOrder, bottomLevels, type Changing, pickNext } from "../domain/schedule.ts";
import type { Plan } from "../domain/plan.ts";
import type { Task } from "../domain/task.ts";
import type { Base } from "../ports/repository.ts";
import type { BrokenDown } from "./break-down.ts";
import { watchCancellations } from "./cancellations.ts";
import { dueOf, type Due } from "./due.ts";
import type { PortsWithEngine, Settings } from "./ports.ts";
import { followBranch, recordRefusal } from "./elsewhere.ts";
import type { Mending } from "./heal.ts";
import { readHold } from "./hold.ts";
import { contain, sentence } from "./contain.ts";
import { showing } from "./show.ts";
import { startEpisode } from "./start-episode.ts";

const ROOM_EVERY_MS = 500;

/** Something was wrong around it, and the next run tries again. */
export interface Unbegun {
  readonly task: string;
  readonly why: string;
}

export interface LaneWork {
  readonly work: BrokenDown;
  readonly selected: readonly Task[];
  readonly plan: Plan;
  readonly base: Base;
  /** What open pull requests change. */
  readonly changing: readonly Changing[];
  readonly mending: Mending;
}

/**
 * As many lanes as the rule allows, each taking the next task that is worth most to the whole. What is ready is
 * what nothing unmerged stands before, so that the set only shrinks within a run. Gives what broke before it began.
 */
export async function runLanes(
  ports: PortsWithEngine,
  settings: Settings,
  lanes: LaneWork,
  signal: AbortSignal,
): Promise<readonly Unbegun[]> {
  const { work, selected, plan } = lanes;
  const planned = new Map(plan.tasks.map((task, order) => [task.id, { ...task, order }]));
  const levels = bottomLevels(selected, (task) => planned.get(task.id)?.estimateSeconds ?? 0);
  const order = backlogOrder(selected);
  const waiting = new Map(selected.filter((task) => isReady(task, work)).map((task) => [task.id, task]));
  const running = new Map<string, Task>();
  let last: Promise<unknown> = Promise.resolve();
  const unbegun: Unbegun[] = [];
  await using _watch = watchCancellations(ports, () => [...running.keys()]);

  // With several hosts there is room for more while they come, and less when they go.
  const own = plan.fanOut.lanes;
  const count = ports.engine.isShared ? waiting.size : own;
  const ends = await Promise.allSettled(Array.from({ length: count }, (_, lane) => runLane((lane % own) + 1)));
  await ports.claims.flush();
  for (const end of ends) if (end.status === "rejected") throw end.reason;
  return unbegun;

  /** One lane after the other: what the first takes counts for the second. */
  async function takeNext(): Promise<Task | null> {
    const turn = last.then(async () => {
      await room();
      const hold = await readHold(ports, settings, [...running.keys()]);
      const free = [...waiting.values()].filter(({ id }) => hold === null || !holdsBack(hold, work.views.get(id)));
      const task = pickNext(free, [...running.values()], levels, order, lanes.changing);
      if (task === null) return null;
      waiting.delete(task.id);
      running.set(task.id, task);
      return task;
    });
    last = turn.catch(() => null);
    return await turn;
  }

  async function room(): Promise<void> {
    while (ports.engine.isShared && running.size >= (await ports.engine.lanes(own))) {
      await ports.clock.wait(ROOM_EVERY_MS, signal);
      signal.throwIfAborted();
    }
  }

  async function runLane(lane: number): Promise<void> {
    for (;;) {
      signal.throwIfAborted();
      const task = await takeNext();
      if (task === null) return;
      // One after the other: the first has its agent while the others are still mended.
      await lanes.mending.of(task.id);
      const view = work.views.get(task.id);
      const broken = await contain(ports, settings, task, async () => {
        const request = { task, lane, base: lanes.base, due: dueOf(task, view), view };
        // Whoever takes it from the queue claims it.
        if (ports.engine.isShared) {
          await followBranch(ports, task.id, view?.branch ?? null);
          return await showing(ports, task.id, view, () => startEpisode(ports, settings, request));
        }
        const claimed = await ports.claims.acquire(task.id);
        if (claimed.kind === "elsewhere") return await recordRefusal(ports, settings.run, task.id, claimed);
        await using _claim = claimed;
        return await showing(ports, task.id, view, () => startEpisode(ports, settings, request));
      });
      if (broken !== null) unbegun.push({ task: task.id, why: sentence(broken) });
      running.delete(task.id);
    }
  }
}

function isReady(task: Task, work: BrokenDown): boolean {
  const due: Due = dueOf(task, work.views.get(task.id));
  return due.kind !== "rest" && task.after.every((id) => work.done.has(id));
}
