import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { checkTogether } from "../../src/dispatch/check-together.ts";
import { approve, merge, reject, retry } from "../../src/dispatch/gate.ts";
import { judgeSiblings, type Landing } from "../../src/dispatch/landing.ts";
import { readOpenWork } from "../../src/dispatch/outlook.ts";
import type { TaskResult } from "../../src/dispatch/report.ts";
import type { AgentInput } from "../../src/domain/assignment.ts";
import { foldTasks, type TaskView } from "../../src/domain/task-view.ts";
import { anItem } from "../support/domain-data.ts";
import { caught } from "../support/caught.ts";
import { put, storyHouse, type Play, type StoryHouse, type StoryOptions } from "../support/story.ts";

const human = { by: "a human", run: "by-hand" };
const never = new AbortController().signal;

const FILES = {
  "src/lib.js": "export const limit = 10;\n",
  "src/a.js": 'import { limit } from "./lib.js";\nexport const a = () => limit;\n',
  "src/far.js": "export const far = 1;\n",
};

async function mergeNext(house: StoryHouse, id: string): Promise<readonly Landing[]> {
  await approve(house.ports, human, id);
  await merge(house.ports, human, id, (seen) => checkTogether(house.ports, house.settings, seen, never));
  return await judgeSiblings(house.ports, house.settings);
}

async function viewOf(house: StoryHouse, id: string): Promise<TaskView | undefined> {
  return foldTasks(await house.facts()).get(id);
}

const byId = (tasks: readonly TaskResult[], id: string): TaskResult | undefined => tasks.find((task) => task.id === id);

/** `lib` lowers the limit, `user` needs it where it was, `far` has nothing to do with either. */
const coder: Play = async ({ task, findings }, cwd) => {
  if (task.id === "lib") return await put(cwd, "src/lib.js", "export const limit = 1;\n");
  if (task.id === "far") return await put(cwd, "src/far.js", "export const far = 2;\n");
  const least = findings.length === 0 ? 5 : 1;
  return await put(cwd, "src/a.js", `import { limit } from "./lib.js";\nexport const a = () => limit >= ${least};\n`);
};

async function checks(cwd: string): Promise<number> {
  const read = (path: string): Promise<string> => readFile(join(cwd, path), "utf8");
  const least = / >= (\d+)/.exec(await read("src/a.js"))?.[1] ?? "0";
  const limit = / = (\d+)/.exec(await read("src/lib.js"))?.[1] ?? "0";
  return Number(limit) >= Number(least) ? 0 : 1;
}

interface Watched {
  readonly house: StoryHouse;
  readonly briefs: AgentInput[];
  readonly checked: string[];
}

async function three(with_: Partial<StoryOptions> = {}): Promise<Watched> {
  const briefs: AgentInput[] = [];
  const checked: string[] = [];
  const house = await storyHouse({
    items: [anItem("lib"), anItem("user"), anItem("far")],
    files: FILES,
    checks: async (cwd) => {
      checked.push(await readFile(join(cwd, "src/a.js"), "utf8"));
      return await checks(cwd);
    },
    ...with_,
    // One after the other, so that pull requests are numbered as the items stand.
    settings: { jobs: 1, ...with_.settings },
    coder: async (input, cwd, signal) => {
      briefs.push(input);
      return await (with_.coder ?? coder)(input, cwd, signal);
    },
  });
  return { house, briefs, checked };
}

describe("a merge that breaks what waits", () => {
  it("takes the ready word from what imports the merged file, and from nobody else", async () => {
    const { house, checked } = await three();
    await using _house = house;
    await house.run();
    const before = checked.length;
    expect(await mergeNext(house, "lib")).toEqual([
      {
        task: "user",
        outcome: "unchecked",
        reason: expect.stringContaining("src/lib.js may matter to both") as string,
      },
      { task: "far", outcome: "apart", reason: null },
    ]);
    // It is quick: nothing was run for it.
    expect(checked).toHaveLength(before);
    expect((await viewOf(house, "user"))?.state).toMatchObject({ name: "queued", why: "unchecked" });
    expect((await viewOf(house, "far"))?.state.name).toBe("ready-for-human");
  });

  it("lets the coder mend what fails with the new base, from its own change and with what failed", async () => {
    const { house, briefs } = await three();
    await using _house = house;
    const before = byId(await house.run(), "user");
    await mergeNext(house, "lib");
    briefs.length = 0;
    const tasks = await house.run();
    expect(byId(tasks, "user")).toMatchObject({ state: "ready-for-human", pr: before?.pr, reason: null, attempts: 2 });
    expect(briefs.map(({ task }) => task.id)).toEqual(["user"]);
    const base = await house.repository.fetchBase();
    expect(briefs[0]?.base).toBe(base.commit);
    expect(briefs[0]?.findings.map(({ rule, message }) => [rule, message])).toEqual([
      ["checks", expect.stringContaining("`npm test` ends with exit code 1")],
    ]);
    // Its own change, on the base as it is now.
    expect(briefs[0]?.head).not.toBeNull();
    expect(await house.repository.readFile(briefs[0]?.head ?? "", "src/a.js")).toContain("limit >= 5");
    expect(await house.repository.readFile(briefs[0]?.head ?? "", "src/lib.js")).toContain("limit = 1");
    expect((await house.repo.refs())["refs/dispatch/salvage/user/1"]).toBeDefined();
    await mergeNext(house, "user");
    expect((await viewOf(house, "user"))?.state.name).toBe("merged");
  });

  it("tells the coder what the checks printed, and none of what is secret here", async () => {
    const secret = "kx71-not-for-anybody";
    const { house, briefs } = await three({
      env: { API_TOKEN: secret },
      wrapPorts: (ports) => ({
        ...ports,
        checks: {
          ...ports.checks,
          run: async (request, signal) => ({
            ...(await ports.checks.run(request, signal)),
            tail: `limit too low, sent with ${secret}\n`,
          }),
        },
      }),
    });
    await using _house = house;
    await house.run();
    await mergeNext(house, "lib");
    briefs.length = 0;
    await house.run();
    expect(briefs[0]?.findings[0]?.message).toMatch(/\nlimit too low, sent with \*\*\*$/);
    expect(JSON.stringify(await house.facts())).not.toContain(secret);
  });

  it("moves no head that passes with the new base, and it is ready again", async () => {
    const { house, checked, briefs } = await three({
      coder: async (input, cwd, signal) =>
        input.task.id === "lib"
          ? await put(cwd, "src/lib.js", "export const limit = 20;\n")
          : await coder(input, cwd, signal),
    });
    await using _house = house;
    await house.run();
    const head = (await viewOf(house, "user"))?.head;
    await mergeNext(house, "lib");
    const [before, coded] = [checked.length, briefs.length];
    expect(byId(await house.run(), "user")).toMatchObject({ state: "ready-for-human", reason: null });
    expect(checked).toHaveLength(before + 1);
    expect(briefs).toHaveLength(coded);
    expect((await viewOf(house, "user"))?.head).toBe(head);
    // What is known is not found out twice, by the merge neither.
    await house.run();
    await mergeNext(house, "user");
    expect(checked).toHaveLength(before + 1);
  });

  it("judges nothing by a base that is red by itself", async () => {
    let isRed = false;
    const { house, briefs } = await three({ checks: async (cwd) => (isRed ? 1 : await checks(cwd)) });
    await using _house = house;
    await house.run();
    await mergeNext(house, "lib");
    isRed = true;
    const coded = briefs.length;
    expect(byId(await house.run(), "user")).toMatchObject({ state: "ready-for-human" });
    expect(briefs).toHaveLength(coded);
    expect((await viewOf(house, "user"))?.landing).toMatchObject({ outcome: "unknown" });
  });

  it("parks what a human approved, and mends it when they say so", async () => {
    const { house, briefs } = await three();
    await using _house = house;
    await house.run();
    await approve(house.ports, human, "user");
    await mergeNext(house, "lib");
    const head = (await viewOf(house, "user"))?.head;
    briefs.length = 0;
    const parked = byId(await house.run(), "user");
    expect(parked).toMatchObject({
      state: "parked",
      waitingFor: expect.stringContaining("dispatch retry user") as string,
    });
    expect(parked?.reason).toMatch(/^checks_failed: main moved/);
    expect(briefs).toEqual([]);
    expect((await viewOf(house, "user"))?.head).toBe(head);
    await retry(house.ports, human, "user", "code");
    expect(byId(await house.run(), "user")).toMatchObject({ state: "ready-for-human" });
    expect(briefs[0]?.findings[0]?.rule).toBe("checks");
  });

  it("waits for a human when its coder leaves it as it is", async () => {
    const { house } = await three({
      coder: async (input, cwd, signal) => (input.findings.length > 0 ? undefined : await coder(input, cwd, signal)),
    });
    await using _house = house;
    await house.run();
    await mergeNext(house, "lib");
    expect(byId(await house.run(), "user")).toMatchObject({
      state: "needs-human",
      reason: "no_progress: the coder left 1 finding of the base that moved as it was",
    });
  });

  it("may be approved before the checks saw it, and is merged only if they pass", async () => {
    const { house } = await three();
    await using _house = house;
    await house.run();
    await mergeNext(house, "lib");
    expect(await caught(mergeNext(house, "user"))).toMatchObject({ code: "checks_failed" });
    expect((await viewOf(house, "user"))?.state).toMatchObject({
      name: "parked",
      reason: expect.stringMatching(/^checks_failed: /) as string,
    });
  });

  it("keeps the words of a human who sends back what was not checked yet", async () => {
    const { house, briefs } = await three();
    await using _house = house;
    await house.run();
    await mergeNext(house, "lib");
    await reject(house.ports, human, "user", "shorter, please", 5);
    briefs.length = 0;
    expect(byId(await house.run(), "user")).toMatchObject({ state: "ready-for-human" });
    expect(briefs[0]?.findings.map(({ message }) => message)).toEqual(["shorter, please"]);
  });

  it("is not ready again before a walk that began on an old base was checked with the new one", async () => {
    const { house, briefs } = await three();
    await using _house = house;
    await house.run();
    await mergeNext(house, "lib");
    await retry(house.ports, human, "user", "review");
    briefs.length = 0;
    expect(byId(await house.run(), "user")).toMatchObject({ state: "ready-for-human", attempts: 2 });
    expect(briefs[0]?.findings[0]?.rule).toBe("checks");
  });

  it("checks only what the run is about", async () => {
    const { house, checked } = await three();
    await using _house = house;
    await house.run();
    await mergeNext(house, "lib");
    const before = checked.length;
    expect(byId(await house.run(["far"]), "user")).toMatchObject({
      state: "queued",
      waitingFor: expect.stringMatching(/^base_moved: .*: dispatch run$/) as string,
    });
    expect(checked).toHaveLength(before);
  });

  it("without checks looks for conflicts alone", async () => {
    const { house } = await three({ checks: null });
    await using _house = house;
    await house.run();
    expect(await mergeNext(house, "lib")).toEqual([
      { task: "user", outcome: "apart", reason: null },
      { task: "far", outcome: "apart", reason: null },
    ]);
  });
});

/** All of them write the same line, each another. */
const sameLine: Play = async ({ task, base }, cwd) => await put(cwd, "src/a.js", `// ${task.id} on ${base}\n`);

describe("tasks on the same lines", () => {
  it("are told apart before anybody merges, with the order that costs least", async () => {
    const { house } = await three({
      coder: async (input, cwd, signal) =>
        input.task.id === "far" ? await coder(input, cwd, signal) : await sameLine(input, cwd, signal),
      checks: null,
    });
    await using _house = house;
    await house.run();
    const base = await house.repository.fetchBase();
    expect(await readOpenWork(house.ports, foldTasks(await house.facts()), base.commit)).toEqual({
      changing: [
        { id: "lib", files: ["src/a.js"] },
        { id: "user", files: ["src/a.js"] },
        { id: "far", files: ["src/far.js"] },
      ],
      conflicts: [{ a: "lib", b: "user", files: ["src/a.js"] }],
      order: ["far", "lib", "user"],
    });
  });

  it("let the second one be made again from the new base, with its earlier change to look at", async () => {
    const { house, briefs } = await three({ coder: sameLine, checks: null });
    await using _house = house;
    const before = await house.run();
    expect(await mergeNext(house, "lib")).toEqual([
      { task: "user", outcome: "conflict", reason: "conflict: main moved and both changed src/a.js" },
      { task: "far", outcome: "conflict", reason: "conflict: main moved and both changed src/a.js" },
    ]);
    expect((await viewOf(house, "user"))?.state).toMatchObject({ name: "queued", why: "moved" });
    expect(await caught(approve(house.ports, human, "user"))).toMatchObject({ code: "not_waiting" });
    briefs.length = 0;
    const tasks = await house.run();
    for (const id of ["user", "far"])
      expect(byId(tasks, id)).toMatchObject({ state: "ready-for-human", pr: byId(before, id)?.pr, reason: null });
    const told = briefs.find(({ task }) => task.id === "user");
    expect(told).toMatchObject({ head: null, round: 2 });
    expect(told?.findings[0]?.rule).toBe("conflict");
    expect(told?.findings[0]?.message).toContain("both changed src/a.js");
    expect(told?.findings[0]?.message).toContain("+// user on");
  });

  it("leave alone what another clone has mended since", async () => {
    let elsewhere: string | null = null;
    const { house, briefs } = await three({
      coder: sameLine,
      checks: null,
      wrapPorts: (ports) => ({
        ...ports,
        forge: {
          ...ports.forge,
          fetchPullRequests: async () =>
            (await ports.forge.fetchPullRequests()).map((one) =>
              one.task === "user" && elsewhere !== null ? { ...one, head: elsewhere } : one,
            ),
        },
      }),
    });
    await using _house = house;
    await house.run();
    await mergeNext(house, "lib");
    const { origin } = house.repo;
    const head = await house.repo.commitOnOrigin({ "src/user.js": "mended\n" }, { branch: "mended" });
    const branch = (await viewOf(house, "user"))?.branch ?? "";
    await house.repo.gitIn(origin ?? "", "update-ref", `refs/heads/${branch}`, head);
    elsewhere = head;
    briefs.length = 0;
    await house.run(["user"]);
    expect(briefs).toEqual([]);
    expect((await viewOf(house, "user"))?.state).toMatchObject({ name: "ready-for-human", head });
  });

  it("park an approved one, which only its human moves", async () => {
    const { house, briefs } = await three({ coder: sameLine, checks: null });
    await using _house = house;
    await house.run();
    await approve(house.ports, human, "user");
    await mergeNext(house, "lib");
    expect((await viewOf(house, "user"))?.state).toMatchObject({ name: "parked", wakeAt: null });
    briefs.length = 0;
    await house.run();
    expect(briefs.map(({ task }) => task.id)).toEqual(["far"]);
  });

  it("do not push each other around for ever", async () => {
    const { house } = await three({ coder: sameLine, checks: null, settings: { rounds: 2 } });
    await using _house = house;
    await house.run();
    for (const [nth, state] of ["ready-for-human", "ready-for-human", "needs-human"].entries()) {
      const base = await house.repository.fetchBase();
      await house.repo.commitOnOrigin({ "src/a.js": `// moved ${nth} after ${base.commit}\n` });
      expect(byId(await house.run(["user"]), "user")?.state).toBe(state);
    }
    expect((await viewOf(house, "user"))?.reason).toMatch(/^rounds: main moved under it 3 times/);
    // A human's word begins the count anew.
    await retry(house.ports, human, "user", "code");
    expect(byId(await house.run(["user"]), "user")?.state).toBe("ready-for-human");
  });

  it("are ready again when the base takes back what was in the way", async () => {
    const { house, briefs } = await three({ coder: sameLine, checks: null });
    await using _house = house;
    await house.run();
    await mergeNext(house, "lib");
    await house.repo.commitOnOrigin({ "src/a.js": FILES["src/a.js"] });
    briefs.length = 0;
    expect(byId(await house.run(), "user")).toMatchObject({ state: "ready-for-human" });
    expect(briefs).toEqual([]);
  });
});

describe("a base that moves while agents work", () => {
  it("is looked at before the run says that something is ready", async () => {
    let isMoved = false;
    const { house, briefs } = await three({
      items: [anItem("user")],
      coder: async (input, cwd, signal) => {
        if (!isMoved) await house.repo.commitOnOrigin({ "src/lib.js": "export const limit = 1;\n" });
        isMoved = true;
        return await coder(input, cwd, signal);
      },
    });
    await using _house = house;
    expect(byId(await house.run(), "user")).toMatchObject({ state: "ready-for-human", attempts: 2 });
    expect(briefs.map(({ round }) => round)).toEqual([1, 2]);
    const view = await viewOf(house, "user");
    expect(await house.repository.readFile(view?.head ?? "", "src/a.js")).toContain("limit >= 1");
  });
});

it("a task that names a file of an open pull request lets others go first", async () => {
  const order: string[] = [];
  const told: Play = async (input, cwd, signal) => {
    order.push(input.task.id);
    return await coder(input, cwd, signal);
  };
  await using house = await storyHouse({ items: [anItem("far")], files: FILES, coder: told, settings: { jobs: 1 } });
  await house.run();
  house.items = [anItem("far"), anItem("lib", { files: ["src/far.js"] }), anItem("user")];
  expect((await house.dispatched()).plan.conflicts).toEqual([{ a: "lib", b: "far", files: ["src/far.js"] }]);
  expect(order).toEqual(["far", "user", "lib"]);
  expect(existsSync(join(house.repo.dir, "src/far.js"))).toBe(true);
});
