import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { backlogOrder, bottomLevels, byUrgency, pickNext, planLanes } from "../../src/domain/schedule.ts";
import type { Task } from "../../src/domain/task.ts";
import { aTask } from "../support/domain-data.ts";

const seconds = ({ estimateSeconds }: Pick<Task, "estimateSeconds">) => estimateSeconds ?? 1;
const levelsOf = (tasks: readonly Task[]) => bottomLevels(tasks, seconds);
const lasting = (id: string, estimateSeconds: number, with_: Partial<Task> = {}) =>
  aTask(id, { estimateSeconds, ...with_ });

describe("the bottom level of a task", () => {
  it("is its own time and that of the longest chain behind it", () => {
    const tasks = [
      lasting("C", 10, { after: ["A", "B"] }),
      lasting("A", 1),
      lasting("B", 2, { after: ["elsewhere"] }),
      lasting("D", 3, { after: ["C"] }),
      lasting("E", 5, { after: ["A"] }),
    ];
    expect(Object.fromEntries(levelsOf(tasks))).toEqual({ A: 14, B: 15, C: 13, D: 3, E: 5 });
  });

  it("is never shorter than that of anything behind it plus its own time", () => {
    const edges = fc.array(fc.array(fc.nat(9), { maxLength: 3 }), { maxLength: 10 });
    fc.assert(
      fc.property(edges, (rows) => {
        const tasks = rows.map((row, nth) =>
          lasting(`${nth}`, nth + 1, { after: row.filter((one) => one < nth).map(String) }),
        );
        const levels = levelsOf(tasks);
        for (const { id, after } of tasks)
          for (const before of after)
            expect(levels.get(before)).toBeGreaterThanOrEqual(Number(before) + 1 + (levels.get(id) ?? 0));
      }),
    );
  });
});

describe("the next task", () => {
  const next = (ready: readonly Task[], running: readonly Task[] = []) =>
    pickNext(ready, running, levelsOf(ready), backlogOrder(ready))?.id ?? null;

  it("is the user's most urgent, then the longest, then the first of the backlog", () => {
    expect(next([lasting("A", 9), lasting("B", 1, { priority: 1 }), lasting("C", 1, { priority: 2 })])).toBe("B");
    expect(next([lasting("A", 1), lasting("B", 2), lasting("C", 2)])).toBe("B");
    expect(next([])).toBeNull();
  });

  it("steps behind other work while a running one names the same file, and goes when nothing else is ready", () => {
    const files = ["a.ts"];
    const running = [aTask("R", { files })];
    expect(next([lasting("A", 9, { files }), lasting("B", 1)], running)).toBe("B");
    expect(next([lasting("A", 9, { files }), lasting("B", 1, { files })], running)).toBe("A");
  });

  it("does not wait for an overlap that is only probable", () => {
    expect(next([lasting("A", 9, { files: ["src/**"] }), lasting("B", 1)], [aTask("R", { files: ["src/**"] })])).toBe(
      "A",
    );
  });

  it("comes in a total order that knows tasks it has no numbers for", () => {
    const compare = byUrgency(new Map(), new Map([["A", 0]]));
    expect([aTask("B"), aTask("A")].sort(compare).map(({ id }) => id)).toEqual(["A", "B"]);
    expect(compare(aTask("A", { priority: null }), aTask("B", { priority: 3 }))).toBeGreaterThan(0);
    expect(compare(aTask("A", { priority: 3 }), aTask("B", { priority: 3 }))).toBeLessThan(0);
  });
});

describe("lanes", () => {
  const plan = (ready: readonly Task[], lanes: number, spawnSeconds = 0) =>
    planLanes({ ready, lanes, seconds, spawnSeconds, levels: levelsOf(ready), order: backlogOrder(ready) });

  it("take the next task when they are free; only the first is open from the start", () => {
    const { placements, etaSeconds } = plan([lasting("A", 4), lasting("B", 3), lasting("C", 2)], 2, 1);
    expect(placements.map(({ task, ...rest }) => ({ id: task.id, ...rest }))).toEqual([
      { id: "A", lane: 0, startSeconds: 0, endSeconds: 4, opens: true },
      { id: "B", lane: 1, startSeconds: 1, endSeconds: 4, opens: true },
      { id: "C", lane: 0, startSeconds: 4, endSeconds: 6, opens: false },
    ]);
    expect(etaSeconds).toBe(6);
  });

  it("keep tasks that name the same file apart in time where other work is ready", () => {
    const files = ["a.ts"];
    const ready = [lasting("A", 5, { files }), lasting("B", 5, { files }), lasting("C", 4), lasting("D", 4)];
    expect(plan(ready, 2).placements.map(({ task }) => task.id)).toEqual(["A", "C", "D", "B"]);
  });

  it("hand over between tasks that name the same file without a detour: the first has ended", () => {
    const files = ["a.ts"];
    const ready = [lasting("A", 5, { files }), lasting("B", 4, { files }), lasting("C", 3)];
    expect(plan(ready, 1).placements.map(({ task }) => task.id)).toEqual(["A", "B", "C"]);
  });

  it("are none without tasks", () => {
    expect(plan([], 0)).toEqual({ placements: [], etaSeconds: 0 });
  });

  it("take every ready task exactly once, one at a time, and end within twice the best possible", () => {
    const ready = fc
      .array(
        fc.tuple(
          fc.double({ min: 0.1, max: 1000, noNaN: true }),
          fc.option(fc.nat(3)),
          fc.constantFrom([], ["a"], ["b"]),
        ),
        {
          maxLength: 40,
        },
      )
      .map((rows) =>
        rows.map(([time, priority, files], nth) => lasting(`${nth}`, time, { priority, files: [...files] })),
      );
    fc.assert(
      fc.property(ready, fc.integer({ min: 1, max: 8 }), (tasks, lanes) => {
        const { placements, etaSeconds } = plan(tasks, lanes);
        expect(placements.map(({ task }) => task.id).toSorted()).toEqual(tasks.map(({ id }) => id).toSorted());
        const work = tasks.reduce((sum, task) => sum + seconds(task), 0);
        const longest = Math.max(0, ...tasks.map(seconds));
        expect(etaSeconds).toBeLessThanOrEqual(2 * Math.max(longest, work / lanes) + 1e-6);
        expect(etaSeconds).toBeGreaterThanOrEqual(Math.max(longest, work / lanes) - 1e-6);
        for (let lane = 0; lane < lanes; lane += 1) {
          const own = placements.filter((placement) => placement.lane === lane);
          for (const [index, placement] of own.slice(1).entries())
            expect(placement.startSeconds).toBe(own[index]?.endSeconds);
          expect(own.filter(({ opens }) => opens).length).toBe(Math.min(1, own.length));
        }
      }),
    );
  });
});

describe("a task that names a file of an open pull request", () => {
  const open = [{ id: "O", files: ["src/a.ts"] }];
  const next = (ready: readonly Task[], running: readonly Task[] = []): string | undefined =>
    pickNext(ready, running, levelsOf(ready), backlogOrder(ready), open)?.id;

  it("lets others go first, and goes when there are none", () => {
    const touching = aTask("A", { files: ["src/a.ts"] });
    expect(next([touching, aTask("B")])).toBe("B");
    expect(next([touching])).toBe("A");
  });

  it("goes before one that would run beside another on the same file", () => {
    const running = [aTask("R", { files: ["src/r.ts"] })];
    expect(next([aTask("A", { files: ["src/r.ts"] }), aTask("B", { files: ["src/a.ts"] })], running)).toBe("B");
  });

  it("is not kept from its own pull request", () => {
    expect(next([aTask("O", { files: ["src/a.ts"] }), aTask("B")])).toBe("O");
  });
});
