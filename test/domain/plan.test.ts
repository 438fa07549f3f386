import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { planRun, type PlanInput } from "../../src/domain/plan.ts";
import { aTask } from "../support/domain-data.ts";

const planOf = (with_: Partial<PlanInput>) =>
  planRun({
    tasks: [],
    done: new Set(),
    samples: [],
    configured: null,
    spawnSeconds: 1,
    jobs: 4,
    agentFor: ({ id }) => `agent of ${id}`,
    ...with_,
  });

describe("a plan", () => {
  it("has every open task: ready ones on lanes in their order, then those that wait", () => {
    const tasks = [
      aTask("D", { after: ["C"], priority: 1 }),
      aTask("C", { after: ["A"] }),
      aTask("A", { estimateSeconds: 4, files: ["a.ts"] }),
      aTask("B", { estimateSeconds: 9, after: ["old"] }),
      aTask("F", { after: ["E"] }),
      aTask("E", { after: ["failed-elsewhere"], estimateSeconds: 100 }),
      aTask("old"),
    ];
    const plan = planOf({ tasks, done: new Set(["old"]), configured: 6 });
    expect(plan.tasks.map(({ id, lane }) => [id, lane])).toEqual([
      ["A", 1],
      ["B", 2],
      ["C", null],
      ["D", null],
      ["E", null],
      ["F", null],
    ]);
    expect(plan.tasks[0]).toEqual({
      id: "A",
      title: "Title of A",
      after: [],
      files: ["a.ts"],
      estimateSeconds: 4,
      agent: "agent of A",
      lane: 1,
      inline: false,
    });
    expect(plan.fanOut).toMatchObject({ n: 2, taskSeconds: 6.5, spawnSeconds: 1, lanes: 2, decision: "fan-out" });
    expect(plan.etaSeconds).toBe(10);
    expect(plan.costUsd).toBeNull();
  });

  it("lets a small task join an open lane and says so; what opens a lane is not inline", () => {
    const tasks = [aTask("tiny"), aTask("A"), aTask("B"), aTask("C")].map((task, nth) => ({
      ...task,
      estimateSeconds: nth === 0 ? 0.5 : 20,
    }));
    const plan = planOf({ tasks, spawnSeconds: 2 });
    expect(plan.fanOut.lanes).toBe(3);
    expect(plan.tasks.filter(({ inline }) => inline).map(({ id }) => id)).toEqual(["tiny"]);
  });

  it("says inline for everything on one lane, and for nothing that waits", () => {
    const plan = planOf({
      tasks: [aTask("A"), aTask("B"), aTask("C", { after: ["A"] })],
      configured: 1,
      spawnSeconds: 60,
    });
    expect(plan.fanOut.decision).toBe("inline");
    expect(plan.tasks.map(({ id, lane, inline }) => [id, lane, inline])).toEqual([
      ["A", 1, true],
      ["B", 1, true],
      ["C", null, false],
    ]);
    expect(plan.etaSeconds).toBe(2);
  });

  it("names overlaps of what is open, and adds up the prices that are known", () => {
    const files = ["README.md"];
    const tasks = [aTask("A", { files }), aTask("B", { files }), aTask("C", { files })];
    const plan = planOf({ tasks, done: new Set(["C"]), costFor: ({ id }) => (id === "A" ? 0.5 : null) });
    expect(plan.conflicts).toEqual([{ a: "A", b: "B", files }]);
    expect(plan.costUsd).toBe(0.5);
  });

  it("weighs what starting its agents adds to a lane, by how many tasks each of them has", () => {
    const tasks = [aTask("A"), aTask("B"), aTask("slow"), aTask("waits", { after: ["A"] })];
    const agentFor = ({ id }: { readonly id: string }) => (id === "slow" || id === "waits" ? "slow" : "quick");
    const agentSeconds = (agent: string) => (agent === "slow" ? 9 : 0.3);
    const of = (configured: number) => planOf({ tasks, configured, agentFor, agentSeconds }).fanOut;
    expect(of(2.2)).toMatchObject({ decision: "fan-out", why: "(3-1) x 2.2s = 4.4s > 4.2s spawn: 2 lanes" });
    expect(of(2.2).spawnSeconds).toBeCloseTo(1 + (9 + 0.3 + 0.3) / 3);
    expect(of(2)).toMatchObject({ decision: "inline" });
    expect(planOf({ agentSeconds }).fanOut.spawnSeconds).toBe(1);
  });

  it("of nothing is empty", () => {
    expect(planOf({})).toMatchObject({
      tasks: [],
      conflicts: [],
      costUsd: null,
      etaSeconds: 0,
      fanOut: { n: 0, lanes: 0 },
    });
  });

  it("has each open task exactly once, after those it waits for, on a lane exactly when it is ready", () => {
    const rows = fc.array(
      fc.tuple(fc.array(fc.nat(12), { maxLength: 2 }), fc.boolean(), fc.integer({ min: 1, max: 50 })),
      {
        maxLength: 12,
      },
    );
    fc.assert(
      fc.property(rows, fc.integer({ min: 1, max: 5 }), (items, jobs) => {
        const tasks = items.map(([after, , time], nth) =>
          aTask(`${nth}`, { estimateSeconds: time, after: after.filter((one) => one < nth).map(String) }),
        );
        const done = new Set(items.flatMap(([, isDone], nth) => (isDone ? [`${nth}`] : [])));
        const plan = planOf({ tasks: tasks.toReversed(), done, jobs });
        const order = plan.tasks.map(({ id }) => id);
        expect(order.toSorted()).toEqual(
          tasks
            .map(({ id }) => id)
            .filter((id) => !done.has(id))
            .toSorted(),
        );
        for (const { id, after, lane } of plan.tasks) {
          const open = after.filter((one) => !done.has(one));
          expect(lane === null).toBe(open.length > 0);
          for (const before of open) expect(order.indexOf(before)).toBeLessThan(order.indexOf(id));
          if (lane !== null) expect(lane).toBeLessThanOrEqual(plan.fanOut.lanes);
        }
        expect(plan.fanOut.n).toBe(plan.tasks.filter(({ lane }) => lane !== null).length);
      }),
    );
  });

  it("of 5 000 tasks in one chain, and of 5 000 at once, is made without running out of anything", () => {
    const chain = Array.from({ length: 5000 }, (_, nth) => aTask(`${nth}`, { after: nth === 0 ? [] : [`${nth - 1}`] }));
    expect(planOf({ tasks: chain }).tasks).toHaveLength(5000);
    const atOnce = Array.from({ length: 5000 }, (_, nth) => aTask(`${nth}`, { files: [`src/${nth}.ts`] }));
    expect(planOf({ tasks: atOnce, jobs: 64 }).tasks).toHaveLength(5000);
  });
});
