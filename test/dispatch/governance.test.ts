import { describe, expect, it } from "vitest";
import { approve } from "../../src/dispatch/gate.ts";
import type { Settings } from "../../src/dispatch/ports.ts";
import { publishWithheld } from "../../src/dispatch/withheld.ts";
import type { Policy, RoleRules } from "../../src/domain/authorize.ts";
import { aFinding, anItem, aPolicy } from "../support/domain-data.ts";
import { approve as approves, put, says, storyHouse, writing, type Play, type StoryHouse } from "../support/story.ts";

const A = anItem("A");
const human = { by: "a human", run: "r" };
const coder = (own: Partial<RoleRules>): Partial<Settings> => ({ policy: aPolicy({ coder: own }) });
const role = (name: "reviewer" | "coder", own: Partial<RoleRules>): Partial<Settings> => {
  const { roles, ...policy } = aPolicy();
  const changed: Policy["roles"] = { ...roles, [name]: { ...roles[name], ...own } };
  return { policy: { ...policy, roles: changed } };
};
const started = async (house: StoryHouse, name: string): Promise<number> =>
  (await house.facts()).filter((fact) => fact.name === "assignment.started" && fact.data.role === name).length;

describe("the policy of a role", () => {
  it("keeps what it may not change off its branch, saved, until a human lets it through", async () => {
    await using house = await storyHouse({ items: [A], coder: writing, settings: coder({ deny: ["src/**"] }) });
    const [task] = await house.run();
    expect(task).toMatchObject({ state: "needs-human", pr: null });
    expect(task?.reason).toBe("policy: paths were changed that the role may not touch: src/A.txt");
    await publishWithheld(house.ports, human, "A", { allow: "policy", fence: "none", policy: "p" });
    await approve(house.ports, human, "A", { allow: "policy" });
    const { compliance } = await house.dispatched();
    expect(compliance).toMatchObject({ verdict: "pass", policy: house.settings.policy.hash });
    const allowed = (await house.facts()).find((fact) => fact.name === "change.allowed");
    expect(allowed?.data).toMatchObject({ by: "a human", code: "policy" });
  });

  it("counts what all rounds changed together, before anything is pushed", async () => {
    const reviewer: Play = async ({ round }) =>
      says(round === 1 ? { decision: "request_changes", findings: [aFinding("more")], summary: "" } : approves);
    const one: Play = async ({ round }, cwd) => await put(cwd, `src/${round}.txt`, "text\n");
    await using house = await storyHouse({ items: [A], coder: one, reviewer, settings: coder({ maxFiles: 1 }) });
    const [task] = await house.run();
    expect(task).toMatchObject({ state: "needs-human", pr: null });
    expect(task?.reason).toBe("policy: 2 files were changed, the role may change 1");
    expect(await house.ports.repository.fetchPublished(task?.branch ?? "")).toBeNull();
  });

  it("can keep a role from opening pull requests: nothing is pushed, and the work is kept", async () => {
    await using house = await storyHouse({ items: [A], settings: coder({ openPullRequest: false }) });
    const [task] = await house.run();
    expect(task?.reason).toMatch(/^policy: its role may not open a pull request/);
    expect(await house.ports.repository.fetchPublished(task?.branch ?? "")).toBeNull();
    expect(await house.repo.git("show", "refs/dispatch/salvage/A/1:src/A.txt")).toBe("A round 1 attempt 1");
  });

  it("does not start an agent that reaches further", async () => {
    const settings = { policy: { ...role("coder", { network: "model" }).policy, reach: { coder: "open" } } };
    await using house = await storyHouse({ items: [A], settings: settings as Partial<Settings> });
    const [task] = await house.run();
    expect(task?.reason).toMatch(/^policy: coder was not started: its network is "open"/);
    expect(await started(house, "coder")).toBe(0);
  });

  it("stops the spending of a role on a task, and shows the human what it bought", async () => {
    const reviewer: Play = async () => {
      const verdict = { decision: "request_changes", findings: [aFinding("no")], summary: "" } as const;
      return { result: { kind: "valid", summary: "", verdict, usage: null, costUsd: 1.5 } };
    };
    await using house = await storyHouse({ items: [A], reviewer, settings: role("reviewer", { maxTaskUsd: 1 }) });
    const [task] = await house.run();
    expect(task?.reason).toBe(
      "budget: reviewer was not started: its role has spent $1.50 on this task, and may spend $1.00",
    );
    expect(task).toMatchObject({ state: "needs-human", pr: 1 });
    expect([await started(house, "reviewer"), await started(house, "coder")]).toEqual([1, 2]);
  });

  it("stops a coder that has spent its money in the same way", async () => {
    const dear: Play = async (input, cwd, signal) => {
      await writing(input, cwd, signal);
      return { result: { kind: "valid", summary: "", verdict: null, usage: null, costUsd: 2 } };
    };
    const reviewer: Play = async () => says({ decision: "request_changes", findings: [aFinding("no")], summary: "" });
    await using house = await storyHouse({ items: [A], coder: dear, reviewer, settings: coder({ maxTaskUsd: 2 }) });
    const [task] = await house.run();
    expect(task).toMatchObject({ state: "needs-human", pr: 1, attempts: 1 });
    expect(task?.reason).toMatch(/^budget: coder was not started/);
  });
});

describe("the record of a run", () => {
  it("says what it had to keep to, that it did, and what was looked through before it left", async () => {
    await using house = await storyHouse({ items: [A], settings: { weaknesses: ["agents ran without a fence: so"] } });
    const { compliance } = await house.dispatched();
    const facts = await house.facts();
    const { hash, text } = house.settings.policy;
    expect(facts.find((fact) => fact.name === "run.started")?.data).toMatchObject({
      policy: { hash, effective: text },
    });
    expect(compliance).toEqual({ verdict: "exceptions", reasons: ["agents ran without a fence: so"], policy: hash });
    expect(facts.find((fact) => fact.name === "run.ended")?.data).toMatchObject({ compliance });
    const names = facts.map(({ name }) => name);
    expect(names.indexOf("change.inspected")).toBeLessThan(names.indexOf("branch.pushed"));
    const [pullRequest] = await house.ports.forge.fetchPullRequests();
    expect(pullRequest?.body).toContain(`policy: \`${hash.slice(0, 12)}\``);
  });
});

describe("a reviewer that promised to touch nothing", () => {
  const judging =
    (path: string): Play =>
    async (_, cwd) => {
      await put(cwd, path, "mine\n");
      return says(approves);
    };
  const judgedBy = async (path: string) => {
    const files = { "README.md": "# shop\n", ".gitignore": "*.log\n" };
    await using house = await storyHouse({ items: [A], files, readsOnly: true, reviewer: judging(path) });
    return (await house.run())[0];
  };

  it.each(["notes.txt", "README.md", "src/A.txt"])("is not believed once it wrote %s", async (path) => {
    expect(await judgedBy(path)).toMatchObject({
      state: "needs-human",
      reason: expect.stringMatching(/^invalid_verdict: .*the reviewer changed files that it was to judge/) as string,
    });
  });

  it("may leave what nobody keeps", async () => {
    expect(await judgedBy("debug.log")).toMatchObject({ state: "ready-for-human" });
  });
});
