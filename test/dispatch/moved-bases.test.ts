import { describe, expect, it } from "vitest";
import { withEffects } from "../../src/dispatch/effects.ts";
import { checkTogether } from "../../src/dispatch/check-together.ts";
import { approve, merge, reject } from "../../src/dispatch/gate.ts";
import { rebaseWaiting, type Rebased } from "../../src/dispatch/rebase-waiting.ts";
import { publishWithheld, readWithheld } from "../../src/dispatch/withheld.ts";
import { caught } from "../support/caught.ts";
import { anItem } from "../support/domain-data.ts";
import { put, storyHouse, type Play, type StoryHouse } from "../support/story.ts";

const A = anItem("A");
const human = { by: "a human", run: "r" };
const idle = { isPaused: async () => false };
const look = (house: StoryHouse): Promise<readonly Rebased[]> =>
  rebaseWaiting(house.ports, idle, human, house.settings);
const tip = (house: StoryHouse, branch: string): Promise<string> =>
  house.repo.gitIn(house.repo.origin ?? "", "rev-parse", branch);

describe("a file that the base renames to a protected path", () => {
  const files = { "ci/build.yml": "on: push\njobs: []\nmore: 1\nand: 2\nlast: 3\n" };
  const coder: Play = async (_input, cwd) => await put(cwd, "ci/build.yml", `${files["ci/build.yml"]}run: theirs\n`);

  async function renamed(): Promise<StoryHouse> {
    const house = await storyHouse({ items: [A], files, coder });
    expect((await house.run())[0]).toMatchObject({ state: "ready-for-human" });
    await house.repo.git("switch", "-q", "main");
    await put(house.repo.dir, ".github/workflows/keep", "");
    await house.repo.git("mv", "ci/build.yml", ".github/workflows/build.yml");
    await house.repo.commit("renamed");
    await house.repo.git("push", "-q", "origin", "main");
    return house;
  }

  it("is not changed by a rebase that nobody looked through", async () => {
    await using house = await renamed();
    const [before] = await house.ports.forge.fetchPullRequests();
    expect(await look(house)).toEqual([{ task: "A", outcome: "held" }]);
    expect((await house.ports.forge.fetchPullRequests())[0]?.head).toBe(before?.head);
    expect(await tip(house, before?.branch ?? "")).toBe(before?.head);
  });

  it("is not changed by a merge either, although it was approved before", async () => {
    await using house = await renamed();
    await approve(house.ports, human, "A");
    const never = new AbortController().signal;
    const merging = merge(house.ports, human, "A", (seen) => checkTogether(house.ports, house.settings, seen, never));
    expect(await caught(merging)).toMatchObject({
      code: "policy",
      hint: "begin anew from there: dispatch retry A, then dispatch run",
    });
    expect(await house.repo.gitIn(house.repo.origin ?? "", "show", "main:.github/workflows/build.yml")).not.toContain(
      "theirs",
    );
  });
});

it("what a human let through stays let through on another base", async () => {
  const coder: Play = async (_input, cwd) => await put(cwd, ".github/x.yml", "on: push\n");
  await using house = await storyHouse({ items: [A], coder });
  await house.run();
  await publishWithheld(house.ports, human, "A", { allow: "policy", fence: "none", policy: "p" });
  await approve(house.ports, human, "A", { allow: "policy" });
  await house.repo.commitOnOrigin({ "elsewhere.txt": "text\n" });
  const never = new AbortController().signal;
  const merged = merge(house.ports, human, "A", (seen) => checkTogether(house.ports, house.settings, seen, never));
  expect(await merged).toMatchObject({ state: "merged" });
});

it("what somebody put onto a waiting branch here is not published by the watcher", async () => {
  await using house = await storyHouse({ items: [A] });
  const [task] = await house.run();
  const branch = task?.branch ?? "";
  const before = await tip(house, branch);
  await house.repo.git("switch", "-q", branch);
  await house.repo.commit("by another agent", { "src/theirs.txt": "theirs\n" });
  await house.repo.git("switch", "-q", "main");
  await house.repo.commitOnOrigin({ "elsewhere.txt": "text\n" });
  expect(await look(house)).toEqual([{ task: "A", outcome: "busy" }]);
  expect(await tip(house, branch)).toBe(before);
});

it("what another clone of ours pushed is not moved from where this one was left behind", async () => {
  await using house = await storyHouse({ items: [A] });
  const branch = (await house.run())[0]?.branch ?? "";
  const behind = await tip(house, branch);
  await reject(house.ports, human, "A", "more", 5);
  await house.run();
  const newer = await tip(house, branch);
  await house.repo.git("update-ref", `refs/heads/${branch}`, behind);
  await house.repo.commitOnOrigin({ "elsewhere.txt": "text\n" });
  expect(await look(house)).toEqual([{ task: "A", outcome: "busy" }]);
  expect(await tip(house, branch)).toBe(newer);
});

it.each(["push 2 after", "pull-request 2 after", "comment 1 before", "comment 1 after"])(
  "a rebase that ended at %s is known as ours: a human can send the task back",
  async (moment) => {
    let isDue = true;
    await using house = await storyHouse({
      items: [A],
      wrapPorts: (ports) =>
        withEffects(ports, async (effect, nth, at) => {
          if (!isDue || `${effect} ${nth} ${at}` !== moment) return;
          isDue = false;
          throw new Error("the machine went down");
        }),
    });
    await house.run();
    await house.repo.commitOnOrigin({ "elsewhere.txt": "text\n" });
    await expect(look(house)).rejects.toThrow("the machine went down");
    await reject(house.ports, human, "A", "more", 5);
    expect((await house.run())[0]).toMatchObject({ state: "ready-for-human", reason: null });
  },
);

it("an approval is of the head that was seen", async () => {
  await using house = await storyHouse({ items: [A] });
  await house.run();
  const [seen] = await house.ports.forge.fetchPullRequests();
  await reject(house.ports, human, "A", "more", 5);
  await house.run();
  expect(await caught(approve(house.ports, human, "A", { seen: seen?.head ?? "" }))).toMatchObject({
    code: "head_moved",
  });
  expect((await house.run())[0]).toMatchObject({ state: "ready-for-human" });
});

it("what is let through is the commit that was withheld, never what an earlier start left", async () => {
  const coder: Play = async ({ attempt }, cwd) => {
    if (attempt === 1) {
      await put(cwd, ".github/e.yml", "on: push\n");
      return { end: { kind: "exit_code", exitCode: 9 } };
    }
    await put(cwd, "inner/file.txt", "inner\n");
    return {};
  };
  await using house = await storyHouse({
    items: [A],
    coder: async (input, cwd, signal) => {
      const said = await coder(input, cwd, signal);
      if (input.attempt === 2) await house.repo.gitIn(`${cwd}/inner`, "init", "-q");
      return said;
    },
  });
  const [task] = await house.run();
  expect(task?.reason).toMatch(/^policy: There is a git repository inside/);
  expect(await readWithheld(house.ports, "A")).toBeNull();
  await publishWithheld(house.ports, human, "A", { allow: "policy", fence: "none", policy: "p" });
  expect(await house.ports.forge.fetchPullRequests()).toEqual([]);
});
