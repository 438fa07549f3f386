import { holdsBack } from "../domain/backpressure.ts";
import { backlogOrder, bottomLevels, pickNext } from "../domain/schedule.ts";
import type { Plan } from "../domain/plan.ts";
import type { Task } from "../domain/task.ts";
import type { Base } from "../ports/repository.ts";
import type { BrokenDown } from "./break-down.ts";
import { watchCancellations } from "./cancellations.ts";
import { dueOf, type Due } from "./due.ts";
import { record, type PortsWithEngine, type Settings } from "./ports.ts";
import { readHold } from "./hold.ts";
import { contain } from "./contain.ts";
import { startEpisode } from "./start-episode.ts";

export interface LaneWork {
  readonly work: BrokenDown;
  readonly selected: readonly Task[];
  readonly plan: Plan;
  readonly base: Base;
}

/**
 * As many lanes as the rule allows, each taking the next task that is worth most to the whole. What is ready is
 * what nothing unmerged stands before, so that the set only shrinks within a run.
 */
export async function runLanes(
  ports: PortsWithEngine,
  settings: Settings,
  lanes: LaneWork,
  signal: AbortSignal,
): Promise<void> {
  const { work, selected, plan } = lanes;
  const planned = new Map(plan.tasks.map((task, order) => [task.id, { ...task, order }]));
  const levels = bottomLevels(selected, (task) => planned.get(task.id)?.estimateSeconds ?? 0);
  const order = backlogOrder(selected);
  const waiting = new Map(selected.filter((task) => isReady(task, work)).map((task) => [task.id, task]));
  const running = new Map<string, Task>();
  let last: Promise<unknown> = Promise.resolve();
  await using _watch = watchCancellations(ports, () => [...running.keys()]);

  const ends = await Promise.allSettled(Array.from({ length: plan.fanOut.lanes }, (_, lane) => runLane(lane + 1)));
  await ports.claims.flush();
  for (const end of ends) if (end.status === "rejected") throw end.reason;

  /** One lane after the other: what the first takes counts for the second. */
  async function takeNext(): Promise<Task | null> {
    const turn = last.then(async () => {
      const hold = await readHold(ports, settings, [...running.keys()]);
      const free = [...waiting.values()].filter(({ id }) => hold === null || !holdsBack(hold, work.views.get(id)));
      const task = pickNext(free, [...running.values()], levels, order);
      if (task === null) return null;
      waiting.delete(task.id);
      running.set(task.id, task);
      return task;
    });
    last = turn.catch(() => null);
    return await turn;
  }

  async function runLane(lane: number): Promise<void> {
    for (;;) {
      signal.throwIfAborted();
      const task = await takeNext();
      if (task === null) return;
      const view = work.views.get(task.id);
      await contain(ports, settings, task, async () => {
        const claimed = await ports.claims.acquire(task.id);
        if (claimed.kind === "elsewhere") return await recordRefusal(ports, settings.run, task, claimed);
        await using _claim = claimed;
        await startEpisode(ports, settings, { task, lane, base: lanes.base, due: dueOf(task, view), view });
      });
      running.delete(task.id);
    }
  }
}

function isReady(task: Task, work: BrokenDown): boolean {
  const due: Due = dueOf(task, work.views.get(task.id));
  return due.kind !== "rest" && task.after.every((id) => work.done.has(id));
}

/** Another laptop has it. Its pull request will be found on the forge; if it gives up, the next run here asks again. */
async function recordRefusal(
  ports: PortsWithEngine,
  run: string,
  task: Task,
  { by, until }: { readonly by: string; readonly until: string },
): Promise<void> {
  const scope = { run, task: task.id, episode: 0 };
  await record(ports, scope, `${task.id}/claimed/${run}`, { name: "claim.refused", data: { by, until } });
}
