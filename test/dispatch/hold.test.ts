import { expect, it } from "vitest";
import { readHold } from "../../src/dispatch/hold.ts";
import { exitOf } from "../../src/cli/commands/run.ts";
import { approve, merge, reject } from "../../src/dispatch/gate.ts";
import { anItem } from "../support/domain-data.ts";
import { memoryJournal } from "../../src/adapters/postgres/memory-journal.ts";
import { storyHouse, writing, type StoryHouse, type StoryOptions } from "../support/story.ts";

const human = { by: "a human", run: "r" };
const NONE = { maxOpen: null, perHour: null, quiet: [] };
const items = ["A", "B", "C"].map((id) => anItem(id));
const house = (
  backpressure: Partial<typeof NONE | { maxOpen: number; perHour: number }>,
  more: Partial<StoryOptions> = {},
): Promise<StoryHouse> => storyHouse({ items, settings: { backpressure: { ...NONE, ...backpressure } }, ...more });
const states = async (one: StoryHouse): Promise<readonly string[]> => (await one.run()).map(({ state }) => state);

it("opens no more pull requests than may be open, says of the rest what they wait for, and goes on after a merge", async () => {
  await using one = await house({ maxOpen: 2 });
  const first = await one.run();
  expect(first.map(({ state }) => state).toSorted()).toEqual(["parked", "ready-for-human", "ready-for-human"]);
  const parked = first.find(({ state }) => state === "parked");
  expect(parked).toMatchObject({
    reason: expect.stringMatching(/^open_limit: 2 pull requests/) as string,
    wakeAt: null,
  });
  expect(exitOf(first, "pr")).toBe(75);
  expect(await states(one)).toEqual(first.map(({ state }) => state));
  const done = first.find(({ state }) => state === "ready-for-human")?.id ?? "";
  await approve(one.ports, human, done);
  await merge(one.ports, human, done);
  expect(await states(one)).toEqual(["ready-for-human", "ready-for-human"]);
});

it("lets a task that was sent back go on: its pull request is open already", async () => {
  await using one = await house({ maxOpen: 1 });
  const done = (await one.run()).find(({ state }) => state === "ready-for-human")?.id ?? "";
  await reject(one.ports, human, done, "more", 5);
  const again = await one.run();
  expect(again.find(({ id }) => id === done)).toMatchObject({ state: "ready-for-human", attempts: 2 });
  expect(again.filter(({ state }) => state === "parked")).toHaveLength(2);
});

it("goes on with what was interrupted, however many there may be", async () => {
  const stop = new AbortController();
  await using one = await house(
    { maxOpen: 1 },
    {
      items: [anItem("A")],
      coder: async (input, cwd, signal) => {
        if (stop.signal.aborted) return await writing(input, cwd, signal);
        stop.abort();
        await new Promise<void>((done) => (signal.aborted ? done() : signal.addEventListener("abort", () => done())));
      },
      reviewer: null,
    },
  );
  await expect(one.dispatched(stop.signal)).rejects.toThrow("told to stop");
  expect(await readHold(one.ports, one.settings)).toMatchObject({ code: "open_limit" });
  expect((await one.run())[0]?.state).not.toBe("parked");
});

it("begins nothing on a disk that is nearly full", async () => {
  await using one = await house(
    {},
    { wrapPorts: (ports) => ({ ...ports, readDisk: async () => ({ free: 1, total: 1000 }) }) },
  );
  expect(await states(one)).toEqual(["parked", "parked", "parked"]);
  expect((await one.facts()).filter(({ name }) => name === "assignment.started")).toEqual([]);
});

it("says of what was interrupted that it rests, too, on a disk without room", async () => {
  const stop = new AbortController();
  await using one = await house(
    {},
    {
      items: [anItem("A")],
      coder: async (_input, _cwd, signal) => {
        stop.abort();
        await new Promise<void>((done) => (signal.aborted ? done() : signal.addEventListener("abort", () => done())));
      },
      wrapPorts: (ports) => ({
        ...ports,
        readDisk: async () => (stop.signal.aborted ? { free: 1, total: 1000, isFull: false } : null),
      }),
    },
  );
  await expect(one.dispatched(stop.signal)).rejects.toThrow("told to stop");
  const tasks = await one.run();
  expect(tasks).toMatchObject([{ state: "parked", reason: expect.stringMatching(/^disk: /) as string }]);
  expect(exitOf(tasks, "pr")).toBe(75);
});

it("leaves a task alone that another clone has claimed, says who, and takes it when it is free", async () => {
  let claimed = true;
  await using one = await house(
    {},
    {
      items: [anItem("A"), anItem("B")],
      wrapPorts: (ports) => ({
        ...ports,
        claims: {
          ...ports.claims,
          acquire: async (task) =>
            claimed && task === "A"
              ? { kind: "elsewhere", by: "a-laptop", until: "2999-01-01T00:00:00.000Z" }
              : await ports.claims.acquire(task),
        },
      }),
    },
  );
  const [first, second] = await one.run();
  expect(first).toMatchObject({ state: "blocked", waitingFor: "claimed by a-laptop until 2999-01-01T00:00:00.000Z" });
  expect(second?.state).toBe("ready-for-human");
  expect((await one.facts()).some(({ name, task }) => name === "assignment.started" && task === "A")).toBe(false);
  claimed = false;
  expect(await states(one)).toEqual(["ready-for-human", "ready-for-human"]);
});

it("counts what was found on the forge by when it was opened, not by when it was found", async () => {
  await using one = await house({ perHour: 1 }, { items: [] });
  const now = one.ports.clock.now();
  const holdOf = async (at: string | undefined): Promise<string | undefined> => {
    const journal = memoryJournal();
    const scope = { run: "r", task: "Z", episode: 1, at: new Date(now).toISOString() };
    const told = { pr: 7, commit: "c", rounds: 1, attempts: 1, costUsd: null, seconds: 1 };
    const data = at === undefined ? told : { ...told, at };
    await journal.append({ ...scope, key: "Z/1/adopted/told", name: "task.adopted", data });
    await journal.append({ ...scope, key: "Z/1/adopted/pr", name: "pr.opened", data: { number: 7, head: "c" } });
    return (await readHold({ ...one.ports, journal }, one.settings))?.code;
  };
  expect(await holdOf(new Date(now - 60_000).toISOString())).toBe("open_limit");
  expect(await holdOf(new Date(now - 2 * 3_600_000).toISOString())).toBeUndefined();
  expect(await holdOf(undefined)).toBeUndefined();
});
