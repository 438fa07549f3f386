import { existsSync } from "node:fs";
import { readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { anItem, aFinding } from "../support/domain-data.ts";
import { approve, put, says, storyHouse, writing, type Play } from "../support/story.ts";

const A = anItem("A", { title: "Add a file" });
const objects =
  (message: string): Play =>
  async () =>
    says({ decision: "request_changes", findings: [aFinding(message)], summary: "not yet" });

describe("one task", () => {
  it("goes from the backlog to a pull request with exactly its change", async () => {
    await using house = await storyHouse({ items: [A] });
    const before = await house.repo.print();
    const [task] = await house.run();
    expect(task).toMatchObject({
      id: "A",
      state: "ready-for-human",
      pr: 1,
      rounds: 1,
      attempts: 1,
      branch: "dispatch/a--add-a-file",
    });
    const [pullRequest] = await house.ports.forge.fetchPullRequests();
    expect(pullRequest).toMatchObject({ task: "A", state: "open", draft: false, branch: "dispatch/a--add-a-file" });
    const changes = await house.repository.readChanges("main", pullRequest?.head ?? "").catch(() => null);
    expect(changes ?? (await house.repo.git("diff", "--name-only", "main", pullRequest?.head ?? ""))).toEqual(
      "src/A.txt",
    );
    expect(await house.repo.print()).toEqual(before);
  });

  it("is not worked on again by a second run", async () => {
    let starts = 0;
    const coder: Play = async (input, cwd, signal) => {
      starts += 1;
      await writing(input, cwd, signal);
    };
    await using house = await storyHouse({ items: [A], coder });
    await house.run();
    const [task] = await house.run();
    expect(task).toMatchObject({ state: "ready-for-human", pr: 1 });
    expect(starts).toBe(1);
    expect(await house.ports.forge.fetchPullRequests()).toHaveLength(1);
  });

  it("is fixed when the review sends it back, and the findings are the next brief", async () => {
    const heard: string[] = [];
    const coder: Play = async (input, cwd, signal) => {
      heard.push(...input.findings.map(({ message }) => message));
      await writing(input, cwd, signal);
    };
    const reviewer: Play = async (input, cwd, signal) =>
      input.round === 1 ? await objects("round amounts")(input, cwd, signal) : says(approve);
    await using house = await storyHouse({ items: [A], coder, reviewer });
    const [task] = await house.run();
    expect(task).toMatchObject({ state: "ready-for-human", rounds: 2, attempts: 2 });
    expect(heard).toEqual(["round amounts"]);
  });

  it("stops for a human when a fix leaves the same finding, with a draft that shows the work", async () => {
    await using house = await storyHouse({ items: [A], reviewer: objects("still wrong") });
    const [task] = await house.run();
    expect(task).toMatchObject({ state: "needs-human", rounds: 2, pr: 1 });
    expect(task?.reason).toMatch(/^no_progress: /);
    expect((await house.ports.forge.fetchPullRequests())[0]).toMatchObject({ draft: true });
  });

  it("stops for a human after three rounds", async () => {
    const reviewer: Play = async ({ round }) =>
      says({
        decision: "request_changes",
        findings: [aFinding("x".repeat(round), { path: `f${"x".repeat(round)}` })],
        summary: "",
      });
    await using house = await storyHouse({ items: [A], reviewer });
    const [task] = await house.run();
    expect(task).toMatchObject({ state: "needs-human", rounds: 3 });
    expect(task?.reason).toMatch(/^rounds: /);
  });

  it("is tried again after a crash, with the half-done work saved", async () => {
    const coder: Play = async (input, cwd, signal) => {
      await writing(input, cwd, signal);
      return input.attempt === 1 ? { end: { kind: "crashed", signal: "SIGKILL" } } : {};
    };
    await using house = await storyHouse({ items: [A], coder });
    const [task] = await house.run();
    expect(task).toMatchObject({ state: "ready-for-human", attempts: 2 });
    expect(await house.repo.git("show", "refs/dispatch/salvage/A/1:src/A.txt")).toBe("A round 1 attempt 1");
  });

  it("fails after as many starts as the configuration allows, naming how it ended", async () => {
    const coder: Play = async () => ({ end: { kind: "exit_code", exitCode: 3 } });
    await using house = await storyHouse({ items: [A], coder });
    const [task] = await house.run();
    expect(task).toMatchObject({ state: "failed", attempts: 2, pr: null });
    expect(task?.reason).toMatch(/^exit_code: .*3/);
  });

  it("fails without a pull request when the coder changes nothing", async () => {
    await using house = await storyHouse({ items: [A], coder: async () => undefined });
    const [task] = await house.run();
    expect(task).toMatchObject({ state: "failed", attempts: 1, pr: null });
    expect(task?.reason).toMatch(/^no_change: /);
    expect(await house.ports.forge.fetchPullRequests()).toEqual([]);
  });

  it("is never approved by a verdict that cannot be read", async () => {
    await using house = await storyHouse({
      items: [A],
      reviewer: async () => ({ result: { kind: "invalid", why: "not JSON" } }),
      checks: async () => 0,
    });
    const [task] = await house.run();
    expect(task).toMatchObject({ state: "needs-human", rounds: 1 });
    expect(task?.reason).toMatch(/^invalid_verdict: .*not JSON/);
    const [pull] = await house.ports.forge.fetchPullRequests();
    expect(pull?.body).toContain("- round 1: tester approves");
    expect(pull?.body).toContain("- round 1 was cut short: invalid_verdict: the reviewer gave no verdict");
    expect(pull?.body).toContain("- rounds: 1, ");
  });

  it("has a word beside it that stays true when it is merged", async () => {
    const told: string[] = [];
    await using house = await storyHouse({
      items: [A],
      checks: async () => 0,
      wrapPorts: (ports) => {
        const showVerdict: typeof ports.forge.showVerdict = async (_, { sentence }) => void told.push(sentence);
        return { ...ports, forge: { ...ports.forge, showVerdict } };
      },
    });
    await house.run();
    expect([...new Set(told)]).toEqual([
      "Checks and review pass after one round; no tests were changed. Whether it is merged is for a human to say.",
    ]);
  });

  it("is withheld when it touches a protected path, and its work is kept", async () => {
    const coder: Play = async (_input, cwd) => await put(cwd, ".github/workflows/x.yml", "on: push\n");
    await using house = await storyHouse({ items: [A], coder });
    const [task] = await house.run();
    expect(task).toMatchObject({ state: "needs-human", pr: null });
    expect(task?.reason).toMatch(/^policy: .*\.github\/workflows\/x\.yml/);
    expect(await house.repo.git("show", "refs/dispatch/salvage/A/1:.github/workflows/x.yml")).toBe("on: push");
  });

  it("survives a coder that deletes its worktree", async () => {
    const coder: Play = async (input, cwd, signal) => {
      if (input.attempt === 1) await rm(cwd, { recursive: true });
      else await writing(input, cwd, signal);
    };
    await using house = await storyHouse({ items: [A], coder });
    const [task] = await house.run();
    expect(task).toMatchObject({ state: "ready-for-human", attempts: 2 });
  });

  it("carries three runs of the checks as evidence", async () => {
    const coder: Play = async (_input, cwd) => {
      await put(cwd, "src/a.txt", "b\n");
      await put(cwd, "test/a.txt", "b\n");
    };
    const checks = async (cwd: string): Promise<number> => {
      const wanted = existsSync(join(cwd, "test/a.txt")) ? await readFile(join(cwd, "test/a.txt"), "utf8") : "a\n";
      return (await readFile(join(cwd, "src/a.txt"), "utf8")) === wanted ? 0 : 1;
    };
    await using house = await storyHouse({ items: [A], coder, checks });
    const [task] = await house.run();
    expect(task).toMatchObject({ state: "ready-for-human" });
    const pullRequest = await house.ports.forge.fetchPullRequest(1);
    expect(pullRequest?.body).toContain("new tests fail without the change: yes");
    const kinds = (await house.facts()).flatMap((fact) =>
      fact.name === "checks.ran" ? [[fact.data.kind, fact.data.exitCode]] : [],
    );
    expect(kinds).toEqual([
      ["base", 0],
      ["head", 0],
      ["without_change", 1],
    ]);
  });

  it("is a human's to judge when the base is red and the change cannot be told apart", async () => {
    await using house = await storyHouse({ items: [A], checks: async () => 1 });
    const [task] = await house.run();
    expect(task).toMatchObject({ state: "needs-human", attempts: 1 });
  });
});
