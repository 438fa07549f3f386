import { describe, expect, it } from "vitest";
import type { BrokenDown } from "../../src/dispatch/break-down.ts";
import { approve } from "../../src/dispatch/gate.ts";
import { statusReport, type Surroundings } from "../../src/dispatch/status.ts";
import { exitOf } from "../../src/cli/commands/run.ts";
import type { Hold } from "../../src/domain/backpressure.ts";
import type { Budget } from "../../src/domain/budget.ts";
import { REASON_CODES } from "../../src/domain/retry.ts";
import { emptyView } from "../../src/domain/task-facts.ts";
import { isActive, type TaskState } from "../../src/domain/task-state.ts";
import type { AgentOutcome } from "../../src/ports/agent.ts";
import type { Clock } from "../../src/ports/clock.ts";
import { anItem, aTask } from "../support/domain-data.ts";
import { put, says, storyHouse, UNBOUNDED, type StoryHouse, type StoryOptions } from "../support/story.ts";

const NOW = Date.parse("2026-03-04T12:00:00.000Z");
const [PAST, FUTURE] = ["2026-03-04T11:00:00.000Z", "2026-03-04T13:00:00.000Z"];
const common = { episode: 1, pr: null };

describe("status", () => {
  const withReason = (reason: string): readonly TaskState[] => [
    { ...common, name: "needs-human", reason },
    { ...common, name: "failed", reason },
    ...[null, PAST, FUTURE].map((wakeAt) => ({ ...common, name: "parked" as const, reason, wakeAt })),
  ];
  const states: readonly TaskState[] = [
    ...(["new", "retried", "rejected"] as const).map((why) => ({
      ...common,
      name: "queued" as const,
      from: "code" as const,
      why,
    })),
    { ...common, name: "blocked", on: "the merge of B" },
    ...(["coding", "testing", "reviewing", "fixing"] as const).map((name) => ({
      ...common,
      name,
      round: 1,
      attempt: 1,
    })),
    { ...common, name: "publishing", commit: "c" },
    { ...common, name: "ready-for-human", head: "c" },
    { ...common, name: "approved", head: "c", by: "b" },
    { ...common, name: "closed", why: "because" },
    { ...common, name: "cancelled", by: "b" },
    ...REASON_CODES.flatMap((code) => withReason(`${code}: a sentence`)),
  ];
  const holds: readonly (Hold | null)[] = [
    null,
    ...(["disk", "budget", "quiet_hours", "open_limit"] as const).flatMap((code) =>
      [null, FUTURE].map((wakeAt) => ({ code, reason: `${code}: a sentence`, wakeAt })),
    ),
  ];
  const claims = [null, { by: "a-laptop", until: FUTURE }];
  const bool = [true, false];

  it("always answers why a task waits that is neither at work nor at its end", () => {
    let asked = 0;
    const silent: string[] = [];
    for (const state of [null, ...states])
      for (const hold of holds)
        for (const after of [[], ["B"]])
          for (const claimed of claims)
            for (const isRunning of bool)
              for (const isTrusted of bool) {
                const task = aTask("A", { after });
                const views = new Map(state === null ? [] : [["A", { ...emptyView("A"), state, claimed }]]);
                const work: BrokenDown = { tasks: [task], merged: [], done: new Set(), views };
                const [row] = statusReport(work, around({ hold, isRunning, isTrusted })).tasks;
                const isAtWork = isRunning && state !== null && isActive(state) && row?.state !== "blocked";
                asked += 1;
                if (isAtWork || /\w{3}/.test(row?.waitingFor ?? "")) continue;
                silent.push(JSON.stringify({ state, hold, after, claimed, isRunning }));
              }
    expect(silent).toEqual([]);
    expect(asked).toBeGreaterThan(states.length * holds.length);
  });

  it("says what to type when the time has come, what holds what was interrupted, and who has to approve first", () => {
    const parked: TaskState = { ...common, name: "parked", reason: "rate_limited: a limit", wakeAt: PAST };
    const coding: TaskState = { ...common, name: "coding", round: 1, attempt: 1 };
    const of = (state: TaskState, more: Partial<Surroundings> = {}): string | null | undefined =>
      statusReport(
        { tasks: [aTask("A")], merged: [], done: new Set(), views: new Map([["A", { ...emptyView("A"), state }]]) },
        around(more),
      ).tasks[0]?.waitingFor;
    const hold: Hold = { code: "disk", reason: "disk: 3 MB are free", wakeAt: null };
    expect(of(parked)).toBe("dispatch run: its time has come");
    expect(of(parked, { isRunning: true })).toBe("the next look of the dispatcher: its time has come");
    expect(of({ ...parked, wakeAt: FUTURE })).toBe(`rate_limited: a limit, until ${FUTURE}`);
    expect(of(coding, { hold })).toBe("disk: 3 MB are free");
    expect(of(parked, { isTrusted: false })).toContain("dispatch trust");
    const saved = [{ task: "A", ref: "refs/dispatch/salvage/A/2", commit: "c", subject: "wip: A, not finished" }];
    expect(of({ ...common, name: "failed", reason: "idle: it was" }, { saved })).toBe(
      "dispatch retry A; to go on with its unfinished work (refs/dispatch/salvage/A/2): dispatch retry A --salvage",
    );
    // Finished, and another head took its place: the ref that was unfinished is the one before.
    const replaced = { task: "A", ref: "refs/dispatch/salvage/A/3", commit: "d", subject: "Do it" };
    const state = { ...common, name: "needs-human", reason: "conflict: it moved" } as const;
    expect(of(state, { saved: [replaced] })).not.toContain("salvage");
    expect(of(state, { saved: [...saved, replaced] })).toContain("(refs/dispatch/salvage/A/2): dispatch retry A ");
  });

  function around(more: Partial<Surroundings>): Surroundings {
    return {
      ...{ now: NOW, turns: [], saved: [], agents: 1, isRunning: false, isTrusted: true, paused: false },
      ...{ budget: UNBOUNDED, hold: null, open: { changing: [], conflicts: [], order: [] } },
      hosts: { living: [], unserved: [] },
      ...more,
    };
  }
});

/** A clock of the test's; nothing waits by it. */
function timed(): { at: number; readonly clock: (clock: Clock) => Clock } {
  const time = { at: NOW, clock: (clock: Clock): Clock => ({ ...clock, now: () => (time.at += 1) }) };
  return time;
}

interface TimedHouse extends AsyncDisposable {
  readonly house: StoryHouse;
  readonly time: { at: number };
}

async function timedHouse(options: StoryOptions & { readonly budget?: Partial<Budget> }): Promise<TimedHouse> {
  const time = timed();
  const budget = { ...UNBOUNDED, ...options.budget };
  const house = await storyHouse({
    ...options,
    wrapPorts: (ports) => ({ ...ports, clock: time.clock(ports.clock), budget }),
  });
  return { house, time, [Symbol.asyncDispose]: () => house[Symbol.asyncDispose]() };
}

const limited = (until: string): Partial<AgentOutcome> => ({ end: { kind: "rate_limited", until } });
const costs = (costUsd: number): Partial<AgentOutcome> => ({
  result: { kind: "valid", summary: "done", verdict: null, usage: null, costUsd },
});
const starts = async ({ facts }: StoryHouse, role: string): Promise<readonly (string | null)[]> =>
  (await facts()).flatMap((fact) => (fact.name === "assignment.started" && fact.data.role === role ? fact.task : []));

describe("a rate limit", () => {
  it("parks the task with what its coder has until it ends, uses up no attempt, and no other task asks that agent", async () => {
    const seen: (string | undefined)[] = [];
    await using it = await timedHouse({
      items: [anItem("A"), anItem("B")],
      reviewer: null,
      settings: { attempts: 1, jobs: 1 },
      coder: async (input, cwd) => {
        seen.push(input.saved);
        await put(cwd, `src/${input.task.id}-${seen.length}.txt`, "text\n");
        return input.task.id === "A" && it_.isLimited ? limited(FUTURE) : undefined;
      },
    });
    const { house, time } = it;
    const first = await house.run();
    expect(first).toMatchObject([
      { id: "A", state: "parked", wakeAt: FUTURE, reason: expect.stringMatching(/^rate_limited: /) as string },
      { id: "B", state: "parked", wakeAt: FUTURE, reason: expect.stringMatching(/coder was not started/) as string },
    ]);
    expect(exitOf(first, "pr")).toBe(75);
    // Its time has not come.
    expect((await house.run())[0]?.state).toBe("parked");
    expect(await starts(house, "coder")).toEqual(["A"]);
    it_.isLimited = false;
    time.at = Date.parse(FUTURE);
    const [a, b] = await house.run();
    expect([a?.state, b?.state]).toEqual(["ready-for-human", "ready-for-human"]);
    expect((await starts(house, "coder")).filter((task) => task === "B")).toHaveLength(1);
    expect(seen).toContain("refs/dispatch/salvage/A/1");
    const files = await house.repo.git("diff", "--name-only", `main...${a?.branch ?? ""}`);
    expect(files.split("\n")).toHaveLength(2);
  });

  it("that has passed already is waited for all the same, for a minute", async () => {
    await using it = await timedHouse({
      items: [anItem("A")],
      reviewer: null,
      coder: async () => limited("2026-01-01T00:00:00.000Z"),
    });
    const [task] = await it.house.run();
    expect(Date.parse(task?.wakeAt ?? "")).toBeGreaterThan(NOW + 60_000);
  });

  it("of a reviewer makes no coder work again", async () => {
    let isLimited = true;
    await using it = await timedHouse({
      items: [anItem("A")],
      reviewer: async () =>
        isLimited ? limited(FUTURE) : says({ decision: "approve", findings: [], summary: "fine" }),
    });
    const { house, time } = it;
    expect((await house.run())[0]).toMatchObject({ state: "parked", wakeAt: FUTURE });
    isLimited = false;
    time.at = Date.parse(FUTURE);
    expect((await house.run())[0]).toMatchObject({ state: "ready-for-human", pr: 1 });
    expect(await starts(house, "coder")).toHaveLength(1);
    expect(await starts(house, "reviewer")).toHaveLength(2);
  });
  const it_ = { isLimited: true };
});

describe("an agent whose key is refused", () => {
  it("is asked once, its tasks rest for a minute, and a run says that somebody has to log in", async () => {
    let isRefused = true;
    await using it = await timedHouse({
      items: [anItem("A"), anItem("B")],
      settings: { jobs: 1 },
      reviewer: null,
      coder: async (input, cwd) => {
        await put(cwd, `src/${input.task.id}.txt`, "text\n");
        return isRefused ? { end: { kind: "gave_up", why: "auth", message: "its server answered 401" } } : undefined;
      },
    });
    const { house, time } = it;
    const first = await house.run();
    expect(first.map(({ state, reason }) => [state, reason])).toEqual([
      ["parked", expect.stringMatching(/^auth: the agent gave up: its server answered 401/)],
      ["parked", expect.stringMatching(/^auth: coder was not started: the agent gave up/)],
    ]);
    expect(exitOf(first, "pr")).toBe(4);
    expect(await starts(house, "coder")).toEqual(["A"]);
    isRefused = false;
    time.at += 120_000;
    expect((await house.run()).map(({ state }) => state)).toEqual(["ready-for-human", "ready-for-human"]);
  });

  it("costs the task that it is about where nobody could mend it", async () => {
    const end = { kind: "gave_up", why: "refused", message: "I cannot help with that" } as const;
    await using it = await timedHouse({ items: [anItem("A")], reviewer: null, coder: async () => ({ end }) });
    const [task] = await it.house.run();
    expect(task).toMatchObject({ state: "failed", reason: "refused: the agent gave up: I cannot help with that" });
    expect(await starts(it.house, "coder")).toHaveLength(1);
  });
});

describe("money", () => {
  it("that was there after all lets a turn that was stopped for it go on soon, and fails nobody", async () => {
    let turns = 0;
    await using it = await timedHouse({
      items: [anItem("A")],
      reviewer: null,
      budget: { daily: 10 },
      coder: async (_, cwd) => {
        await put(cwd, "src/A.txt", `${(turns += 1)}\n`);
        const spent = { usage: null, costUsd: 1 };
        if (turns > 1) return { spent };
        return {
          end: { kind: "gave_up", why: "budget", message: "it had cost $1.00" },
          result: { kind: "none" },
          spent,
        };
      },
    });
    const { house, time } = it;
    const [first] = await house.run();
    expect(first).toMatchObject({ state: "parked", reason: expect.stringMatching(/^budget: /) as string });
    time.at = Date.parse(first?.wakeAt ?? "");
    expect((await house.run())[0]).toMatchObject({ state: "ready-for-human", attempts: 2 });
  });

  it("that a turn has spent stops it there, and it goes on with what it had on the next day", async () => {
    const allowed: (number | null | undefined)[] = [];
    const saved: (string | undefined)[] = [];
    const spent = { usage: null, costUsd: 2 };
    await using it = await timedHouse({
      items: [anItem("A")],
      reviewer: null,
      budget: { daily: 1.5 },
      coder: async (input, cwd, _signal, limits) => {
        allowed.push(limits?.usd);
        saved.push(input.saved);
        await put(cwd, `src/${input.task.id}-${allowed.length}.txt`, "half\n");
        if (allowed.length > 1) return { spent: { usage: null, costUsd: 0 } };
        return {
          end: { kind: "gave_up", why: "budget", message: "it had cost $2.00" },
          result: { kind: "none" },
          spent,
        };
      },
    });
    const { house, time } = it;
    const [first] = await house.run();
    expect(first).toMatchObject({ state: "parked", costUsd: 2 });
    expect(first?.reason).toMatch(/^budget: \$2\.00 was spent today, and \$1\.50 may be/);
    time.at = Date.parse(first?.wakeAt ?? "");
    expect((await house.run())[0]).toMatchObject({ state: "ready-for-human", pr: 1 });
    expect([allowed, saved]).toEqual([
      [1.5, 1.5],
      [undefined, "refs/dispatch/salvage/A/1"],
    ]);
  });

  it("spent for today lets nothing begin until tomorrow, and what was finished is not made again", async () => {
    await using it = await timedHouse({
      items: ["A", "B", "C"].map((id) => anItem(id)),
      settings: { jobs: 1 },
      budget: { daily: 3 },
      reviewer: null,
      coder: async (input, cwd) => {
        await put(cwd, `src/${input.task.id}.txt`, "text\n");
        return costs(2);
      },
    });
    const { house, time } = it;
    const first = await house.run();
    expect(first.map(({ state }) => state)).toEqual(["ready-for-human", "ready-for-human", "parked"]);
    const midnight = new Date(new Date(NOW).setHours(24, 0, 0, 0)).toISOString();
    expect(first[2]).toMatchObject({
      reason: "budget: $4.00 was spent today, and $3.00 may be",
      wakeAt: midnight,
    });
    expect(exitOf(first, "pr")).toBe(5);
    time.at = Date.parse(midnight);
    expect((await house.run()).map(({ state }) => state)).toEqual(Array(3).fill("ready-for-human"));
    expect(await starts(house, "coder")).toEqual(["A", "B", "C"]);
  });

  it("that runs out between two turns of a task lets it rest there; its reviewer goes on where it stood", async () => {
    await using it = await timedHouse({
      items: [anItem("A")],
      budget: { daily: 1 },
      coder: async (input, cwd) => {
        await put(cwd, `src/${input.task.id}.txt`, "text\n");
        return costs(1);
      },
    });
    const { house, time } = it;
    expect((await house.run())[0]).toMatchObject({
      state: "parked",
      reason: expect.stringMatching(/^budget: /) as string,
    });
    expect(await starts(house, "reviewer")).toEqual([]);
    time.at += 24 * 3_600_000;
    expect((await house.run())[0]).toMatchObject({ state: "ready-for-human" });
    expect(await starts(house, "coder")).toEqual(["A"]);
  });

  it("of one task is a human's to lift: what was made by then is a draft", async () => {
    await using it = await timedHouse({
      items: [anItem("A")],
      budget: { perTask: 1 },
      coder: async (input, cwd) => {
        await put(cwd, `src/${input.task.id}.txt`, "text\n");
        return costs(1);
      },
    });
    const [task] = await it.house.run();
    expect(task).toMatchObject({
      state: "needs-human",
      pr: 1,
      reason: "budget: reviewer was not started: $1.00 was spent on this task, and $1.00 may be",
    });
    await approve(it.house.ports, { by: "a human", run: "r" }, "A", { allow: "budget" });
  });

  it("of a run is new in the next one", async () => {
    const run = { usd: 1, since: new Date(NOW).toISOString() };
    const budget = { ...UNBOUNDED, run };
    await using it = await timedHouse({
      items: [anItem("A"), anItem("B")],
      settings: { jobs: 1 },
      reviewer: null,
      budget,
      coder: async (input, cwd) => {
        await put(cwd, `src/${input.task.id}.txt`, "text\n");
        return costs(1);
      },
    });
    const first = await it.house.run();
    expect(first.map(({ state }) => state)).toEqual(["ready-for-human", "parked"]);
    expect(exitOf(first, "pr")).toBe(5);
    expect(first[1]?.reason).toBe("budget: $1.00 was spent in this run (--budget), and $1.00 may be");
  });
});
