import { readdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { withEffects } from "../../src/dispatch/effects.ts";
import { Stopped } from "../../src/ports/steps.ts";
import type { AgentInput } from "../../src/domain/assignment.ts";
import type { Fact } from "../../src/domain/fact.ts";
import { aFinding, anItem, aPolicy } from "../support/domain-data.ts";
import { approve, put, says, storyHouse, type Play, type StoryHouse, type StoryOptions } from "../support/story.ts";

/** Each file in `test` names a word that some file in `src` has to hold. */
async function checks(cwd: string): Promise<number> {
  const all = async (folder: string): Promise<readonly string[]> => {
    const names = await readdir(join(cwd, folder)).catch(() => []);
    return await Promise.all(names.map((name) => readFile(join(cwd, folder, name), "utf8")));
  };
  const [sources, tests] = await Promise.all([all("src"), all("test")]);
  return tests.every((word) => sources.join("").includes(word.trim())) ? 0 : 1;
}

const coder: Play = async ({ round }, cwd) => await put(cwd, "src/a.txt", round === 1 ? "apple\n" : "apple pear\n");

const adding =
  (word: string, said = approve): Play =>
  async (_, cwd) => {
    await put(cwd, "test/word.txt", `${word}\n`);
    return says(said);
  };

const house = (tester: Play, more: Partial<StoryOptions> = {}): Promise<StoryHouse> =>
  storyHouse({ items: [anItem("A")], coder, tester, checks, ...more });

const judged = (facts: readonly Fact[]): readonly unknown[] =>
  facts.flatMap((fact) => (fact.name === "tests.judged" ? [fact.data] : []));

async function bodyOf({ ports }: StoryHouse): Promise<string> {
  const [pullRequest] = await ports.forge.fetchPullRequests();
  return pullRequest?.body ?? "";
}

const salvaged = async ({ repository }: StoryHouse): Promise<number> => (await repository.readSalvage()).length;

describe("tests that a tester writes", () => {
  it("become a commit of its own on the task's branch when they fail without the change and pass with it", async () => {
    const reviewed: string[] = [];
    const reviewer: Play = async ({ head, diff }) => {
      reviewed.push(`${head?.length} ${diff.includes("+++ b/test/word.txt")}`);
      return says(approve);
    };
    await using site = await house(adding("apple"), { reviewer });
    expect(await site.run()).toMatchObject([{ state: "ready-for-human", rounds: 1, attempts: 1 }]);
    const { git } = site.repo;
    const branch = "dispatch/a--title-of-a";
    expect(await git("diff", "--name-only", "main", branch)).toBe("src/a.txt\ntest/word.txt");
    expect(await git("log", "--format=%an", `main..${branch}`)).toBe("tester\ncoder");
    const message = await git("log", "-1", "--format=%B", branch);
    expect(message).toMatch(/\n\nDispatch-Task: A\n.*\nDispatch-Agent: tester\/1\.0\.0\nDispatch-Round: 1\s*$/);
    expect(judged(await site.facts())).toEqual([
      { round: 1, agent: "tester", files: ["test/word.txt"], adopted: true, why: "", ref: null },
    ]);
    expect(reviewed).toEqual(["40 true"]);
    const body = await bodyOf(site);
    expect(body).toContain("- round 1: tester: 1 file of tests adopted");
    expect(body).toContain("new tests fail without the change: yes");
    expect(await salvaged(site)).toBe(0);
    expect(await git("branch", "--list", "dispatch-test/*")).toBe("");
  });

  it("stay out when they pass without the change, which the pull request says", async () => {
    await using site = await house(adding("a"));
    expect(await site.run()).toMatchObject([{ state: "ready-for-human" }]);
    expect(await site.repo.git("diff", "--name-only", "main", "dispatch/a--title-of-a")).toBe("src/a.txt");
    expect(await bodyOf(site)).toContain(
      "not adopted: they pass without the change (kept as refs/dispatch/salvage/A/1)",
    );
    expect(await site.repo.git("show", "refs/dispatch/salvage/A/1:test/word.txt")).toBe("a");
  });

  it("are what the coder has to mend when they fail on the change, and are adopted when that is done", async () => {
    const heard: AgentInput[] = [];
    const asks = { decision: "request_changes", findings: [], summary: "no pears" } as const;
    const tester: Play = async (input, cwd, signal) => {
      if (input.round === 1) return await adding("pear", asks)(input, cwd, signal);
      // They lie there already.
      expect(await readFile(join(cwd, "test/word.txt"), "utf8")).toBe("pear\n");
      expect(input.saved).toBe("refs/dispatch/salvage/A/1");
      return says(approve);
    };
    const listening: Play = async (input, cwd, signal) => {
      heard.push(input);
      return await coder(input, cwd, signal);
    };
    await using site = await house(tester, { coder: listening });
    expect(await site.run()).toMatchObject([{ state: "ready-for-human", rounds: 2 }]);
    const [finding] = heard[1]?.findings ?? [];
    expect(finding).toMatchObject({ severity: "blocker", rule: "tests", path: "test/word.txt" });
    expect(finding?.message).toContain("+pear");
    expect(await site.repo.git("log", "--format=%an", "main..dispatch/a--title-of-a")).toBe("tester\ncoder\ncoder");
    expect(judged(await site.facts())).toMatchObject([
      { round: 1, adopted: false, why: "they fail on the head" },
      { round: 2, adopted: true },
    ]);
    expect(await salvaged(site)).toBe(0);
  });

  it("wait for their change also through a round in which the checks refuse it", async () => {
    const words = ["", "apple", "", "apple pear"];
    const stumbling: Play = async ({ round }, cwd) => await put(cwd, "src/a.txt", `${words[round] ?? ""}\n`);
    const asks = { decision: "request_changes", findings: [], summary: "no pears" } as const;
    const tester: Play = async (input, cwd, signal) =>
      input.round === 1 ? await adding("pear", asks)(input, cwd, signal) : says(approve);
    const files = { "src/a.txt": "apple\n", "test/old.txt": "apple\n" };
    const coding: Play = async (input, cwd, signal) =>
      input.round === 1 ? await put(cwd, "src/b.txt", "berry\n") : await stumbling(input, cwd, signal);
    await using site = await house(tester, { files, coder: coding });
    expect(await site.run()).toMatchObject([{ state: "ready-for-human", rounds: 3 }]);
    expect(judged(await site.facts())).toMatchObject([{ adopted: false }, { round: 3, adopted: true }]);
  });

  it("that are wrong are taken back by their tester, who hears that they failed before anybody mends anything", async () => {
    const begun: unknown[] = [];
    const tester: Play = async (input, cwd, signal) => {
      begun.push(input.saved);
      if (input.attempt === 1) return await adding("plum")(input, cwd, signal);
      await rm(join(cwd, "test/word.txt"));
      return says(approve);
    };
    await using site = await house(tester);
    expect(await site.run()).toMatchObject([{ state: "ready-for-human", rounds: 1, attempts: 1 }]);
    expect(await site.repo.git("diff", "--name-only", "main", "dispatch/a--title-of-a")).toBe("src/a.txt");
    expect(begun).toEqual([undefined, "refs/dispatch/salvage/A/1"]);
  });

  it("do not stand against the word of a tester who approves all the same, twice", async () => {
    await using site = await house(adding("plum"));
    expect(await site.run()).toMatchObject([{ state: "ready-for-human", rounds: 1, attempts: 1 }]);
    expect(await bodyOf(site)).toContain("not adopted: they fail on the head (kept as refs/dispatch/salvage/A/1)");
  });

  it("that nobody can satisfy end with a human, not in a loop", async () => {
    const asks = { decision: "request_changes", findings: [], summary: "no plums" } as const;
    let round = 0;
    const restless: Play = async (_, cwd) => await put(cwd, "src/a.txt", `apple ${(round += 1)}\n`);
    await using site = await house(adding("plum", asks), { coder: restless });
    const [task] = await site.run();
    expect(task).toMatchObject({ state: "needs-human", rounds: 2 });
    expect(task?.reason).toMatch(/^no_progress: /);
  });

  it("are taken alone: whatever else the tester changed, also by deleting, is not", async () => {
    const tester: Play = async (input, cwd, signal) => {
      await put(cwd, "src/a.txt", "sabotage\n");
      await rm(join(cwd, "test/old.txt"));
      return await adding("apple")(input, cwd, signal);
    };
    await using site = await house(tester, { files: { "src/b.txt": "berry\n", "test/old.txt": "berry\n" } });
    expect(await site.run()).toMatchObject([{ state: "ready-for-human" }]);
    const { git } = site.repo;
    expect(await git("diff", "--name-only", "main", "dispatch/a--title-of-a")).toBe("src/a.txt\ntest/word.txt");
    expect(await git("show", "dispatch/a--title-of-a:src/a.txt")).toBe("apple");
    expect(await bodyOf(site)).toContain("adopted: what it did to src/a.txt, test/old.txt was not taken");
  });

  it("are judged by the rules of testers, and the rest of the change by those of coders", async () => {
    const rules = (allow: readonly string[]) => {
      const { roles, ...policy } = aPolicy({ coder: { allow: ["src/**"] } });
      return { policy: { ...policy, roles: { ...roles, tester: { ...roles.tester, allow } } } };
    };
    await using site = await house(adding("apple"), { settings: rules(["test/**"]) });
    expect(await site.run()).toMatchObject([{ state: "ready-for-human" }]);
    expect(judged(await site.facts())).toMatchObject([{ adopted: true }]);
    await using other = await house(adding("apple"), { settings: rules(["spec/**"]) });
    expect(await other.run()).toMatchObject([{ state: "ready-for-human" }]);
    expect(judged(await other.facts())).toMatchObject([{ adopted: false, ref: null }]);
  });

  it("that hold a secret go nowhere", async () => {
    const secret = "correct-horse-battery";
    await using site = await house(adding(`apple ${secret}`), { env: { MY_TOKEN: secret } });
    expect(await site.run()).toMatchObject([{ state: "ready-for-human" }]);
    expect(JSON.stringify(await site.facts())).not.toContain(secret);
    expect(judged(await site.facts())).toMatchObject([{ adopted: false, ref: null }]);
    expect(await salvaged(site)).toBe(0);
  });
});

describe("a tester that thinks", () => {
  it("is not asked about what the checks refuse", async () => {
    let asked = 0;
    const tester: Play = async () => {
      asked += 1;
      return says(approve);
    };
    const files = { "src/b.txt": "berry\n", "test/old.txt": "berry\n" };
    const broken: Play = async ({ round }, cwd) =>
      await put(cwd, "src/b.txt", round === 1 ? "broken\n" : "more berry\n");
    await using site = await house(tester, { coder: broken, files });
    expect(await site.run()).toMatchObject([{ state: "ready-for-human", rounds: 2 }]);
    expect(asked).toBe(1);
  });

  it("may object on a base that is red: its findings are its own", async () => {
    const tester: Play = async ({ round }) =>
      says(round === 1 ? { decision: "request_changes", findings: [aFinding("mend")], summary: "" } : approve);
    const files = { "src/b.txt": "berry\n", "test/old.txt": "pear\n" };
    const mends: Play = async ({ round }, cwd) => await put(cwd, "src/b.txt", `pear ${round}\n`);
    await using site = await house(tester, { coder: mends, files });
    expect(await site.run()).toMatchObject([{ state: "ready-for-human", rounds: 2 }]);
  });

  it("adds nothing where a red base leaves open what its tests say", async () => {
    const files = { "src/b.txt": "berry\n", "test/old.txt": "pear\n" };
    const mends: Play = async (_, cwd) => await put(cwd, "src/b.txt", "pear\n");
    await using site = await house(adding("pear"), { coder: mends, files });
    expect(await site.run()).toMatchObject([{ state: "ready-for-human" }]);
    expect(judged(await site.facts())).toMatchObject([
      { adopted: false, why: "the checks fail on the base by themselves" },
    ]);
  });

  it.each([
    ["checks", 3],
    ["branch", 2],
    ["salvage-drop", 1],
  ] as const)("leaves its tests on the branch once, wherever the run stops: after %s %i", async (effect, nth) => {
    let isStopped = false;
    const wrapPorts: StoryOptions["wrapPorts"] = (ports) =>
      withEffects(ports, async (name, times, at) => {
        if (isStopped || name !== effect || times !== nth || at !== "after") return;
        isStopped = true;
        throw new Stopped("here");
      });
    await using site = await house(adding("apple"), { wrapPorts });
    await site.run().catch(() => undefined);
    expect(isStopped).toBe(true);
    expect(await site.run()).toMatchObject([{ state: "ready-for-human" }]);
    expect(await site.repo.git("log", "--format=%an", "main..dispatch/a--title-of-a")).toBe("tester\ncoder");
  });
});
