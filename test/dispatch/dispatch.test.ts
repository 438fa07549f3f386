import { describe, expect, it } from "vitest";
import { approve, merge, reject, retry, cancel } from "../../src/dispatch/gate.ts";
import { rebaseWaiting } from "../../src/dispatch/rebase-waiting.ts";
import { Stopped } from "../../src/ports/steps.ts";
import { caught } from "../support/caught.ts";
import { anItem } from "../support/domain-data.ts";
import { put, storyHouse, writing, type Play, type StoryHouse } from "../support/story.ts";

const human = { by: "a human", run: "by-hand" };
const items = (n: number) =>
  Array.from({ length: n }, (_, i) => anItem(`T-${i + 1}`, { title: `Task ${i + 1}`, estimateSeconds: 60 }));

describe("a backlog", () => {
  it("of eight tasks at once loses none, and each pull request holds its own file alone", async () => {
    await using house = await storyHouse({ items: items(8), settings: { jobs: 8 } });
    const tasks = await house.run();
    expect(tasks.map(({ state }) => state)).toEqual(Array.from({ length: 8 }, () => "ready-for-human"));
    const pullRequests = await house.ports.forge.fetchPullRequests();
    expect(new Set(pullRequests.map(({ number }) => number)).size).toBe(8);
    for (const { task, head } of pullRequests)
      expect(await house.repo.git("diff", "--name-only", "main", head)).toBe(`src/${task}.txt`);
  });

  it("keeps a failure to its own task", async () => {
    const coder: Play = async (input, cwd, signal) => {
      if (input.task.id === "T-2") throw new Error("the adapter broke");
      await writing(input, cwd, signal);
    };
    await using house = await storyHouse({ items: items(3), coder });
    const tasks = await house.run();
    expect(tasks.map(({ state }) => state)).toEqual(["ready-for-human", "failed", "ready-for-human"]);
    expect(tasks[1]?.reason).toMatch(/^crashed: .*the adapter broke/);
  });

  it("does not call a task failed that could not be begun: it is told, its siblings go on, the next run begins it", async () => {
    let broken = true;
    await using house = await storyHouse({
      items: items(2),
      wrapPorts: (ports) => ({
        ...ports,
        claims: {
          ...ports.claims,
          async acquire(task) {
            if (broken && task === "T-1") throw new Error("no claim today");
            return await ports.claims.acquire(task);
          },
        },
      }),
    });
    const { unbegun } = await house.dispatched();
    expect(unbegun).toEqual([{ task: "T-1", why: "no claim today" }]);
    broken = false;
    expect((await house.run()).map(({ state }) => state)).toEqual(["ready-for-human", "ready-for-human"]);
    const facts = await house.facts();
    expect(facts.filter(({ name }) => name === "task.failed" || name === "task.ready").map(({ task }) => task)).toEqual(
      ["T-2", "T-1"],
    );
  });

  it("holds a task back until what it comes after is merged", async () => {
    await using house = await storyHouse({ items: [anItem("A"), anItem("B", { after: ["A"] })] });
    const first = await house.run();
    expect(first.map(({ state }) => state)).toEqual(["ready-for-human", "blocked"]);
    expect(first[1]?.waitingFor).toContain("merge A");
    await approve(house.ports, human, "A");
    await merge(house.ports, human, "A");
    const second = await house.run();
    expect(second.map(({ id, state }) => [id, state])).toEqual([["B", "ready-for-human"]]);
  });

  it("starts from the new base after a merge, so that a later pull request holds no earlier change", async () => {
    await using house = await storyHouse({ items: [anItem("A"), anItem("B", { after: ["A"] })] });
    await house.run();
    await approve(house.ports, human, "A");
    await merge(house.ports, human, "A");
    await house.run();
    const base = await house.repository.fetchBase();
    const pullRequest = (await house.ports.forge.fetchPullRequests()).find(({ task }) => task === "B");
    expect(await house.repo.git("diff", "--name-only", base.commit, pullRequest?.head ?? "")).toBe("src/B.txt");
  });

  it("goes on where a stopped run was, without repeating what was finished", async () => {
    const starts: string[] = [];
    const stop = new AbortController();
    const coder: Play = async (input, cwd, signal) => {
      starts.push(input.task.id);
      await writing(input, cwd, signal);
      if (input.task.id === "T-2" && !stop.signal.aborted) {
        stop.abort();
        if (!signal.aborted) await new Promise((resolve) => signal.addEventListener("abort", resolve, { once: true }));
        return { end: { kind: "cancelled" } };
      }
      return {};
    };
    await using house = await storyHouse({ items: items(2), coder, settings: { jobs: 1 } });
    await expect(house.dispatched(stop.signal)).rejects.toBeInstanceOf(Stopped);
    expect(await house.repo.git("show", "refs/dispatch/salvage/T-2/1:src/T-2.txt")).toContain("T-2");
    const tasks = await house.run();
    expect(tasks.map(({ state }) => state)).toEqual(["ready-for-human", "ready-for-human"]);
    expect(starts).toEqual(["T-1", "T-2", "T-2"]);
  });
});

describe("a human", () => {
  it("approves and merges, and the branch is put away here and on origin", async () => {
    await using house = await storyHouse({ items: [anItem("A")] });
    await house.run();
    await approve(house.ports, human, "A");
    const merged = await merge(house.ports, human, "A");
    expect(merged.state).toBe("merged");
    expect(await house.repo.gitIn(house.repo.origin ?? "", "show", "main:src/A.txt")).toContain("A round 1");
    expect(await house.repo.git("branch", "--list", "dispatch/*")).toBe("");
    expect(await house.repo.gitIn(house.repo.origin ?? "", "branch", "--list", "dispatch/*")).toBe("");
    expect(await house.run()).toEqual([]);
  });

  it("cannot merge what was not approved at its head", async () => {
    await using house = await storyHouse({ items: [anItem("A")] });
    await house.run();
    expect(await caught(merge(house.ports, human, "A"))).toMatchObject({ code: "not_approved" });
  });

  it("sends a task back, and their words are the coder's brief on the same pull request", async () => {
    const heard: string[] = [];
    const coder: Play = async (input, cwd) => {
      heard.push(`round ${input.round}`, ...input.findings.map(({ message }) => message));
      await put(cwd, "src/A.txt", `${input.findings.length} findings\n`);
    };
    await using house = await storyHouse({ items: [anItem("A")], coder });
    await house.run();
    await reject(house.ports, human, "A", "name it better", 5);
    const [task] = await house.run();
    expect(task).toMatchObject({ state: "ready-for-human", pr: 1 });
    expect(heard).toEqual(["round 1", "round 2", "name it better"]);
    expect(await house.repo.git("show", `${task?.branch ?? ""}:src/A.txt`)).toBe("1 findings");
  });

  it("retries a failed task from the start", async () => {
    let broken = true;
    const coder: Play = async (input, cwd, signal) => (broken ? undefined : await writing(input, cwd, signal));
    await using house = await storyHouse({ items: [anItem("A")], coder });
    expect((await house.run())[0]?.state).toBe("failed");
    broken = false;
    expect((await house.run())[0]?.state).toBe("failed");
    await retry(house.ports, human, "A", "code");
    expect((await house.run())[0]).toMatchObject({ state: "ready-for-human", pr: 1 });
  });

  it("takes a failed task up again by changing its text", async () => {
    const coder: Play = async (input, cwd, signal) =>
      input.task.body === "" ? undefined : await writing(input, cwd, signal);
    await using house = await storyHouse({ items: [anItem("A")], coder });
    expect((await house.run())[0]?.state).toBe("failed");
    house.items = [anItem("A", { body: "in the folder src" })];
    expect((await house.run())[0]?.state).toBe("ready-for-human");
  });

  it("cancels a task, and a retry opens another pull request under a name of its own", async () => {
    await using house = await storyHouse({ items: [anItem("A", { title: "Add a file" })] });
    await house.run();
    await cancel(house.ports, human, "A");
    expect((await house.run())[0]?.state).toBe("cancelled");
    await retry(house.ports, human, "A", "code");
    expect((await house.run())[0]).toMatchObject({
      state: "ready-for-human",
      pr: 2,
      branch: "dispatch/a--add-a-file-2",
    });
  });
});

describe("somebody who pushes to a task branch", () => {
  it("is never pushed over: the task becomes theirs to settle", async () => {
    await using house = await storyHouse({ items: [anItem("A")] });
    const [first] = await house.run();
    const branch = first?.branch ?? "";
    const theirs = await house.repo.commitOnOrigin({ "src/theirs.txt": "mine\n" }, { branch });
    await reject(house.ports, human, "A", "once more", 5);
    const [second] = await house.run();
    expect(second).toMatchObject({ state: "needs-human" });
    expect(second?.reason).toMatch(/^conflict: somebody pushed/);
    expect((await house.repo.refs(house.repo.origin ?? ""))[`refs/heads/${branch}`]).toBe(theirs);
  });

  it("is left alone by the watcher when the base moves", async () => {
    await using house = await storyHouse({ items: [anItem("A")] });
    const [first] = await house.run();
    const branch = first?.branch ?? "";
    const theirs = await house.repo.commitOnOrigin({ "src/theirs.txt": "mine\n" }, { branch });
    await house.repo.commitOnOrigin({ "src/base.txt": "moved\n" });
    const idle = { isPaused: async () => false };
    expect(await rebaseWaiting(house.ports, idle, human, house.settings)).toEqual([{ task: "A", outcome: "busy" }]);
    expect((await house.repo.refs(house.repo.origin ?? ""))[`refs/heads/${branch}`]).toBe(theirs);
  });
});

describe("a base that moves", () => {
  it("gets waiting branches replayed onto it, with the same change and the same pull request", async () => {
    await using house = await storyHouse({ items: [anItem("A")] });
    const [first] = await house.run();
    await house.repo.commitOnOrigin({ "src/base.txt": "moved\n" });
    const idle = { isPaused: async () => false };
    expect(await rebaseWaiting(house.ports, idle, human, house.settings)).toEqual([{ task: "A", outcome: "rebased" }]);
    expect(await rebaseWaiting(house.ports, idle, human, house.settings)).toEqual([]);
    const [pullRequest] = await house.ports.forge.fetchPullRequests();
    const base = await house.repository.fetchBase();
    expect(pullRequest).toMatchObject({ number: first?.pr, state: "open" });
    expect(await house.repo.git("diff", "--name-only", base.commit, pullRequest?.head ?? "")).toBe("src/A.txt");
  });

  it("to another history parks what waits, and stops nothing", async () => {
    await using house = await storyHouse({ items: [anItem("A")] });
    await house.run();
    const { repo } = house;
    const root = await repo.git("commit-tree", await repo.git("rev-parse", "HEAD^{tree}"), "-m", "another root");
    await repo.git("push", "-q", "--force", "origin", `${root}:refs/heads/main`);
    const [task] = await house.run();
    expect(task).toMatchObject({ state: "parked" });
    expect(task?.reason).toMatch(/^conflict: .*nothing in common/);
  });
});

describe("a backlog that breaks while agents work", () => {
  it("does not hide what they did", async () => {
    const broken = [anItem("A"), anItem("A")];
    const coder: Play = async (input, cwd, signal) => {
      await writing(input, cwd, signal);
      house.items = broken;
    };
    await using house: StoryHouse = await storyHouse({ items: [anItem("A")], coder });
    expect((await house.run())[0]).toMatchObject({ id: "A", state: "ready-for-human" });
  });
});

describe("two tasks on the same lines", () => {
  it("end as two pull requests, the second made again by its coder after the merge of the first", async () => {
    const coder: Play = async (input, cwd) =>
      await put(cwd, "src/a.txt", `${input.task.id} on ${input.base.slice(0, 4)}\n`);
    await using house = await storyHouse({ items: items(2), coder });
    const [, before] = await house.run();
    await approve(house.ports, human, "T-1");
    await merge(house.ports, human, "T-1");
    const [again] = await house.run();
    expect(again).toMatchObject({ id: "T-2", state: "ready-for-human", pr: before?.pr, attempts: 2 });
    await approve(house.ports, human, "T-2");
    expect((await merge(house.ports, human, "T-2")).state).toBe("merged");
  });
});
