import { describe, expect, it } from "vitest";
import { withEffects } from "../../src/dispatch/effects.ts";
import { approve, reject } from "../../src/dispatch/gate.ts";
import type { TaskResult } from "../../src/dispatch/report.ts";
import type { Fact } from "../../src/domain/fact.ts";
import { ordered, type OrderedHouse } from "../support/ordered.ts";
import { approve as fine, put, says, type Play, type StoryOptions } from "../support/story.ts";

const ada = { by: "ada", run: "by-hand" };
const ELSEWHERE = { "elsewhere.txt": "text\n" };
const writes: Play = async ({ findings }, cwd) =>
  await put(cwd, "src/a.txt", `a\nmine${findings.map(({ message }) => ` ${message.slice(0, 20)}`).join()}\n`);
const reviewed: Partial<StoryOptions> = { reviewer: async () => says(fine), checks: async () => 0 };

const run = async (house: OrderedHouse): Promise<TaskResult | undefined> => (await house.run())[0];
const tip = (house: OrderedHouse, branch = "dispatch/a--do-it"): Promise<string> =>
  house.repo.gitIn(house.repo.origin ?? "", "rev-parse", branch);
const starts = async (house: OrderedHouse): Promise<readonly string[]> =>
  (await house.facts()).flatMap((fact: Fact) => (fact.name === "assignment.started" ? [fact.data.role] : []));

describe("an order to rebase", () => {
  it("moves what a human approved onto the base, and everybody looks at it again but its coder", async () => {
    await using house = await ordered(writes, reviewed);
    const first = await run(house);
    const before = await tip(house);
    await approve(house.ports, ada, "A");
    const base = await house.repo.commitOnOrigin(ELSEWHERE);
    expect(await run(house)).toMatchObject({ state: "approved" });
    house.order("rebase");
    expect(await run(house)).toMatchObject({ state: "ready-for-human", pr: first?.pr, attempts: 1 });
    const after = await tip(house);
    expect(await house.repo.git("rev-parse", `${after}~1`)).toBe(base);
    const [onto, old, now] = [base, before, after].map((commit) => commit.slice(0, 12));
    expect(house.told).toEqual([
      `Rebased onto ${onto}: ${old} is now ${now}. It is checked and reviewed again, and the evidence above is brought up to date then.`,
    ]);
    const [pull] = await house.ports.forge.fetchPullRequests();
    expect(pull).toMatchObject({ head: after, draft: false });
    expect(pull?.body).toContain(`| this change | \`${after.slice(0, 12)}\` | passed |`);
    expect(await starts(house)).toEqual(["coder", "tester", "reviewer", "tester", "reviewer"]);
    expect(house.taken).toEqual([{ order: 1, isUnderstood: true }]);
    expect(await run(house)).toMatchObject({ state: "ready-for-human", reason: null });
    expect(await starts(house)).toHaveLength(5);
  });

  it("lets its coder make the change again where it conflicts, although a human approved it", async () => {
    await using house = await ordered(writes);
    await run(house);
    await approve(house.ports, ada, "A");
    await house.repo.commitOnOrigin({ "src/a.txt": "theirs\n" });
    house.order("rebase");
    expect(await run(house)).toMatchObject({ state: "ready-for-human", attempts: 2 });
    expect(house.told).toEqual([
      expect.stringMatching(/^It conflicts with main as it is now \(\w{12}\): src\/a\.txt\./),
    ]);
    expect(await house.repo.git("show", `${await tip(house)}:src/a.txt`)).toContain("mine main moved, and your");
  });

  it("says so where there is nothing to do, and starts nobody", async () => {
    await using house = await ordered(writes, reviewed);
    await run(house);
    const before = await tip(house);
    house.order("rebase");
    expect(await run(house)).toMatchObject({ state: "ready-for-human" });
    expect(house.told).toEqual([expect.stringMatching(/^It stands on main .*nothing to rebase\.$/)]);
    expect(await tip(house)).toBe(before);
    expect(await starts(house)).toEqual(["coder", "tester", "reviewer"]);
    expect(house.taken).toEqual([{ order: 1, isUnderstood: true }]);
  });

  it("does not touch what somebody else pushed, nor what was adopted from them", async () => {
    await using house = await ordered(writes);
    const branch = (await run(house))?.branch ?? "";
    const theirs = await house.repo.commitOnOrigin({ "src/theirs.txt": "mine\n" }, { branch });
    await house.repo.commitOnOrigin(ELSEWHERE);
    house.order("rebase");
    await run(house);
    expect(house.told).toEqual([expect.stringContaining("or holds commits of somebody else")]);
    expect(await tip(house)).toBe(theirs);
    // What a coder makes on top of theirs hides nothing of theirs.
    house.order("retry");
    expect(await run(house)).toMatchObject({ state: "ready-for-human" });
    house.order("fix more");
    expect(await run(house)).toMatchObject({ state: "ready-for-human" });
    const ours = await tip(house);
    expect(await house.repo.git("merge-base", theirs, ours)).toBe(theirs);
    await house.repo.commitOnOrigin({ "more.txt": "text\n" });
    house.order("rebase");
    await run(house);
    expect(await tip(house)).toBe(ours);
    expect(house.told).toHaveLength(2);
  });

  it("does not move a branch that a person has checked out", async () => {
    await using house = await ordered(writes);
    const branch = (await run(house))?.branch ?? "";
    await house.repo.git("worktree", "add", "-q", `${house.repo.temp}/look`, branch);
    await house.repo.commitOnOrigin(ELSEWHERE);
    const before = await tip(house);
    house.order("rebase");
    await run(house);
    expect(await tip(house)).toBe(before);
    expect(house.told).toEqual([expect.stringContaining("its branch is checked out")]);
  });

  it("gives way to who pushes at that moment, here as there", async () => {
    const at: { push: (() => Promise<unknown>) | null } = { push: null };
    await using house = await ordered(writes, {
      wrapPorts: (ports) =>
        withEffects(ports, async (effect, _, position) => {
          if (effect === "push" && position === "before") await at.push?.();
        }),
    });
    const branch = (await run(house))?.branch ?? "";
    const before = await tip(house);
    await house.repo.commitOnOrigin(ELSEWHERE);
    at.push = async () => await house.repo.commitOnOrigin({ "src/theirs.txt": "mine\n" }, { branch });
    house.order("rebase");
    expect(await run(house)).toMatchObject({ state: "ready-for-human", reason: null, attempts: 1 });
    expect(await house.repo.git("rev-parse", `refs/heads/${branch}`)).toBe(before);
    expect(house.told).toEqual([expect.stringMatching(/^Nothing was moved: /)]);
    expect(await house.repo.git("rev-parse", `${await tip(house)}~1`)).toBe(before);
    expect(await house.repo.gitIn(house.repo.origin ?? "", "ls-tree", "--name-only", branch, "src/")).toContain(
      "theirs",
    );
  });

  it("leaves what was paused, and what was withheld", async () => {
    const coder: Play = async (input, cwd, signal) => {
      await writes(input, cwd, signal);
      if (input.findings.length > 0) await put(cwd, ".github/x.yml", "on: push\n");
    };
    await using house = await ordered(coder);
    await run(house);
    const before = await tip(house);
    await house.repo.commitOnOrigin(ELSEWHERE);
    house.order("pause");
    house.order("rebase");
    expect(await run(house)).toMatchObject({ state: "parked" });
    expect(house.told).toEqual([expect.stringMatching(/^Nothing was moved: it is `parked` \(paused: bob/)]);
    house.order("resume");
    // Whatever was asked for before: the words are the coder's.
    house.order("fix the workflow");
    expect(await run(house)).toMatchObject({
      state: "needs-human",
      reason: expect.stringMatching(/^policy/) as string,
    });
    house.order("rebase");
    expect(await run(house)).toMatchObject({ state: "needs-human" });
    expect(house.told.at(-1)).toMatch(/^Nothing was moved: it is `needs-human` \(policy: /);
    expect(await tip(house)).toBe(before);
  });

  it("hides nothing that a review asked for at the head from which it moves", async () => {
    await using house = await ordered(writes);
    const first = await run(house);
    const before = await tip(house);
    await house.ports.forge.review(first?.pr ?? 0, "request_changes", before, "bob", "louder");
    await house.repo.commitOnOrigin(ELSEWHERE);
    house.order("rebase");
    expect(await run(house)).toMatchObject({ state: "ready-for-human", attempts: 2 });
    expect(await house.repo.git("show", `${await tip(house)}:src/a.txt`)).toContain("mine louder");
    expect(await house.repo.git("ls-tree", "--name-only", await tip(house))).toContain("elsewhere.txt");
  });

  it("judges what the watcher moved before, where nobody has looked at it", async () => {
    await using house = await ordered(writes, reviewed);
    await run(house);
    await house.repo.commitOnOrigin(ELSEWHERE);
    const { rebaseWaiting } = await import("../../src/dispatch/rebase-waiting.ts");
    await rebaseWaiting(house.ports, { isPaused: async () => false }, ada, house.settings);
    expect(house.told).toEqual([expect.stringMatching(/ Nothing is checked or reviewed by that: .* until somebody /)]);
    house.order("rebase");
    expect(await run(house)).toMatchObject({ state: "ready-for-human" });
    expect(await starts(house)).toEqual(["coder", "tester", "reviewer", "tester", "reviewer"]);
    expect(house.told).toHaveLength(1);
  });

  it("goes with what was asked for besides", async () => {
    await using house = await ordered(writes);
    await run(house);
    await reject(house.ports, ada, "A", "louder", 5);
    await house.repo.commitOnOrigin(ELSEWHERE);
    house.order("rebase");
    expect(await run(house)).toMatchObject({ state: "ready-for-human", attempts: 2 });
    expect(await house.repo.git("show", `${await tip(house)}:src/a.txt`)).toContain("mine louder");
    expect(await house.repo.git("ls-tree", "--name-only", await tip(house))).toContain("elsewhere.txt");
  });
});

describe("an order to rebase is obeyed once, although the run was killed at", () => {
  it.each([
    "branch 2 before",
    "branch 2 after",
    "push 2 before",
    "push 2 after",
    "pull-request 2 after",
    "comment 1 after",
    "order 1 before",
    "order 1 after",
  ])("%s", async (moment) => {
    let isDue = true;
    await using house = await ordered(writes, {
      ...reviewed,
      wrapPorts: (ports) =>
        withEffects(ports, async (effect, nth, at) => {
          if (!isDue || `${effect} ${nth} ${at}` !== moment) return;
          isDue = false;
          throw new Error("the machine went down");
        }),
    });
    await run(house);
    const base = await house.repo.commitOnOrigin(ELSEWHERE);
    house.order("rebase");
    await expect(house.run()).rejects.toThrow("the machine went down");
    expect(await run(house)).toMatchObject({ state: "ready-for-human", reason: null, attempts: 1 });
    expect(await house.repo.git("rev-parse", `${await tip(house)}~1`)).toBe(base);
    expect(await starts(house)).toEqual(["coder", "tester", "reviewer", "tester", "reviewer"]);
    expect(new Set(house.told).size).toBe(1);
    expect(house.taken).toEqual([{ order: 1, isUnderstood: true }]);
    expect(await run(house)).toMatchObject({ state: "ready-for-human" });
    expect(await starts(house)).toHaveLength(5);
  });

  it("order 1 before, where it conflicts", async () => {
    let isDue = true;
    await using house = await ordered(writes, {
      wrapPorts: (ports) =>
        withEffects(ports, async (effect, nth, at) => {
          if (!isDue || `${effect} ${nth} ${at}` !== "order 1 before") return;
          isDue = false;
          throw new Error("the machine went down");
        }),
    });
    await run(house);
    await house.repo.commitOnOrigin({ "src/a.txt": "theirs\n" });
    house.order("rebase");
    await expect(house.run()).rejects.toThrow("the machine went down");
    expect(await run(house)).toMatchObject({ state: "ready-for-human", attempts: 2 });
    expect(await run(house)).toMatchObject({ state: "ready-for-human", attempts: 2 });
    expect(house.told).toHaveLength(1);
  });
});
