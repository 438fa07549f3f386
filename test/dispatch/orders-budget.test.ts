import { describe, expect, it } from "vitest";
import { withEffects } from "../../src/dispatch/effects.ts";
import type { TaskResult } from "../../src/dispatch/report.ts";
import type { Budget } from "../../src/domain/budget.ts";
import { parsePullRequest } from "../../src/domain/pull-request-text.ts";
import type { Ports } from "../../src/dispatch/ports.ts";
import type { AgentOutcome } from "../../src/ports/agent.ts";
import { ordered, type OrderedHouse } from "../support/ordered.ts";
import { approve as fine, put, says, UNBOUNDED, type Play } from "../support/story.ts";

const bounded =
  (budget: Partial<Budget>) =>
  (ports: Ports): Ports => ({ ...ports, budget: { ...UNBOUNDED, ...budget } });
const costs = (costUsd: number): Partial<AgentOutcome> => ({
  result: { kind: "valid", summary: "done", verdict: null, usage: null, costUsd },
});
const dear: Play = async ({ round, findings }, cwd) => {
  await put(cwd, "src/a.txt", `${round} ${findings.map(({ message }) => message).join()}\n`);
  return costs(1);
};
const reviewer: Play = async () => says(fine);
const run = async (house: OrderedHouse): Promise<TaskResult | undefined> => (await house.run())[0];
const starts = async (house: OrderedHouse): Promise<readonly string[]> =>
  (await house.facts()).flatMap((fact) => (fact.name === "assignment.started" ? [fact.data.role] : []));
const capOnForge = async (house: OrderedHouse): Promise<number | undefined> =>
  parsePullRequest((await house.ports.forge.fetchPullRequests())[0]?.body ?? "")?.capUsd;

describe("an order with a budget", () => {
  it("lets a task go on that its cap had stopped, where it stood", async () => {
    await using house = await ordered(dear, { reviewer, wrapPorts: bounded({ perTask: 1 }) });
    expect(await run(house)).toMatchObject({ state: "needs-human", pr: 1 });
    expect(await starts(house)).toEqual(["coder"]);
    house.order("budget 1.5");
    expect(await run(house)).toMatchObject({ state: "ready-for-human", reason: null });
    expect(await starts(house)).toEqual(["coder", "reviewer"]);
    expect(await capOnForge(house)).toBe(1.5);
    expect(house.told).toEqual([]);
    expect(house.taken).toEqual([{ order: 1, isUnderstood: true }]);
    house.order("explain");
    await run(house);
    expect(house.told).toEqual([expect.stringContaining("starts of the coder: 1, cost: $1.00, cap: $1.50.")]);
  });

  it("is too small where more was spent: that is said, and nobody starts", async () => {
    await using house = await ordered(dear, { reviewer, wrapPorts: bounded({ perTask: 1 }) });
    await run(house);
    house.order("budget 0.5");
    expect(await run(house)).toMatchObject({ state: "needs-human" });
    expect(house.told).toEqual(["It stays where it is: $1.00 was spent on this task, and $0.50 may be."]);
    expect(await starts(house)).toEqual(["coder"]);
    house.order("budget 5");
    expect(await run(house)).toMatchObject({ state: "ready-for-human" });
  });

  it("is a cap where there was none", async () => {
    await using house = await ordered(dear);
    expect(await run(house)).toMatchObject({ state: "ready-for-human" });
    house.order("budget 1");
    expect(await run(house)).toMatchObject({ state: "ready-for-human" });
    expect(await capOnForge(house)).toBe(1);
    house.order("fix more");
    expect(await run(house)).toMatchObject({
      state: "needs-human",
      reason: "budget: coder was not started: $1.00 was spent on this task, and $1.00 may be",
    });
  });

  it("forgets nothing that was asked for while there was no money", async () => {
    await using house = await ordered(dear, { wrapPorts: bounded({ perTask: 1 }) });
    await run(house);
    house.order("fix the colour");
    expect(await run(house)).toMatchObject({ state: "needs-human" });
    house.order("budget 9");
    expect(await run(house)).toMatchObject({ state: "ready-for-human", attempts: 2 });
    expect(await house.repo.git("show", "dispatch/a--do-it:src/a.txt")).toContain("the colour");
    expect(await run(house)).toMatchObject({ attempts: 2 });
  });

  it("lifts no cap but that of the task", async () => {
    await using house = await ordered(dear, { wrapPorts: bounded({ perTask: 1, daily: 1 }) });
    await run(house);
    house.order("budget 9");
    house.order("fix the colour");
    expect(await run(house)).toMatchObject({
      state: "parked",
      reason: "budget: $1.00 was spent today, and $1.00 may be",
    });
  });

  it("of no money at all, or of too much, is none of ours", async () => {
    await using house = await ordered(dear, { wrapPorts: bounded({ perTask: 1 }) });
    await run(house);
    house.order("budget 0");
    house.order("budget 99999");
    await run(house);
    expect(house.taken).toEqual([1, 2].map((order) => ({ order, isUnderstood: false })));
    expect(house.told[0]).toMatch(/^Nothing was done: .*`\/dispatch budget USD`/);
    expect(await capOnForge(house)).toBeUndefined();
  });

  it.each(["pull-request 2 before", "pull-request 2 after", "order 1 before"])(
    "is obeyed once, although the run was killed at %s",
    async (moment) => {
      let isDue = true;
      await using house = await ordered(dear, {
        reviewer,
        wrapPorts: (ports) =>
          withEffects(bounded({ perTask: 1 })(ports), async (effect, nth, at) => {
            if (!isDue || `${effect} ${nth} ${at}` !== moment) return;
            isDue = false;
            throw new Error("the machine went down");
          }),
      });
      await run(house);
      house.order("budget 5");
      await expect(house.run()).rejects.toThrow("the machine went down");
      expect(await run(house)).toMatchObject({ state: "ready-for-human" });
      expect(await starts(house)).toEqual(["coder", "reviewer"]);
      expect(await run(house)).toMatchObject({ state: "ready-for-human" });
      expect(await starts(house)).toEqual(["coder", "reviewer"]);
    },
  );
});
