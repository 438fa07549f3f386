import { describe, expect, it } from "vitest";
import { openFaults, readFaults } from "../../src/adapters/process/faults.ts";
import { withEffects } from "../../src/dispatch/effects.ts";
import { approve, cancel, merge, reject, retry } from "../../src/dispatch/gate.ts";
import { caught } from "../support/caught.ts";
import { aFinding, anItem } from "../support/domain-data.ts";
import { memoryJournal } from "../../src/adapters/postgres/memory-journal.ts";
import {
  approve as approves,
  put,
  says,
  storyHouse,
  writing,
  type Play,
  type StoryHouse,
  type StoryOptions,
} from "../support/story.ts";

const A = anItem("A");
const human = { by: "a human", run: "r" };

interface Forgetful extends StoryHouse {
  /** The database is gone; git and the forge are not. */
  forget(): void;
  starts(): Promise<number>;
}

async function forgetful(options: Partial<StoryOptions>, fault = ""): Promise<Forgetful> {
  let journal = memoryJournal();
  const faults = readFaults(fault) ?? [];
  const house = await storyHouse({
    items: [A],
    ...options,
    wrapPorts: (ports) =>
      withEffects(
        {
          ...ports,
          get journal() {
            return journal;
          },
        },
        openFaults(faults),
      ),
  });
  return Object.assign(house, {
    forget: () => void (journal = memoryJournal()),
    starts: async () => (await journal.read({ names: ["assignment.started"] })).length,
  });
}

const sentBackOnce: Play = async ({ round }) => {
  const verdict =
    round === 1 ? ({ decision: "request_changes", findings: [aFinding("mend")], summary: "" } as const) : approves;
  return { result: { kind: "valid", summary: "", verdict, usage: null, costUsd: 0.25 } };
};

/** Sent back by a human, made again by its coder, broken off at the push of that, and then forgotten. */
async function brokenRework(fault: string): Promise<Forgetful & { turns(): number }> {
  let turns = 0;
  const coder: Play = async (_, cwd) => await put(cwd, "src/A.txt", `${(turns += 1)}\n`);
  const house = await forgetful({ coder }, fault);
  await house.run();
  await reject(house.ports, human, "A", "more", 5);
  await house.run();
  house.forget();
  return Object.assign(house, { turns: () => turns });
}

/** A commit on top of ours, with our words: amended. */
async function byAHuman(house: StoryHouse): Promise<string> {
  await house.repo.git("switch", "-q", "--detach", "dispatch/a--title-of-a");
  await house.repo.git("commit", "-q", "--amend", "--no-edit", "--allow-empty");
  const amended = await house.repo.commitId("HEAD");
  await house.repo.git("switch", "-q", "main");
  return amended;
}

describe("without its database", () => {
  it("a run knows an open pull request again, with rounds, starts and spend, and starts nobody", async () => {
    const coder: Play = async (input, cwd, signal) => {
      await writing(input, cwd, signal);
      return { result: { kind: "valid", summary: "", verdict: null, usage: null, costUsd: 1 } };
    };
    await using house = await forgetful({ coder, reviewer: sentBackOnce });
    const [before] = await house.run();
    expect(before).toMatchObject({ state: "ready-for-human", pr: 1, rounds: 2, attempts: 2, costUsd: 2.5 });
    house.forget();
    const [after] = await house.run();
    expect(after).toEqual({ ...before, usage: null });
    expect(await house.starts()).toBe(0);
  });

  it("a human's approval stands, and can be merged", async () => {
    await using house = await forgetful({});
    await house.run();
    await approve(house.ports, human, "A");
    house.forget();
    expect((await house.run())[0]).toMatchObject({ state: "approved", pr: 1 });
    await merge(house.ports, human, "A");
    house.forget();
    expect(await house.run()).toEqual([]);
  });

  it("of a task's pull requests the last one counts", async () => {
    await using house = await forgetful({});
    await house.run();
    await cancel(house.ports, human, "A");
    await retry(house.ports, human, "A", "code");
    expect((await house.run())[0]).toMatchObject({ state: "ready-for-human", pr: 2 });
    house.forget();
    expect((await house.run())[0]).toMatchObject({ state: "ready-for-human", pr: 2 });
    house.forget();
    await reject(house.ports, human, "A", "more salt", 5);
    expect((await house.run())[0]).toMatchObject({ state: "ready-for-human", pr: 2, attempts: 3 });
    expect(await house.ports.forge.fetchPullRequests()).toHaveLength(2);
  });

  it("a human's word reaches a task that is known by its pull request alone", async () => {
    await using house = await forgetful({ items: [A, anItem("B")] });
    await house.run();
    house.forget();
    expect(await caught(cancel(house.ports, human, "b"))).toMatchObject({ code: "unknown_task" });
    await cancel(house.ports, human, "B");
    await approve(house.ports, human, "A");
    await merge(house.ports, human, "A");
    expect((await house.run()).map(({ id, state }) => [id, state])).toEqual([["B", "cancelled"]]);
    const states = (await house.ports.forge.fetchPullRequests()).map(({ task, state }) => [task, state] as const);
    expect(Object.fromEntries(states)).toEqual({ A: "merged", B: "closed" });
  });

  it("what waits for a human goes on waiting, for the same reason", async () => {
    const reviewer: Play = async () => says({ decision: "request_changes", findings: [aFinding("no")], summary: "" });
    await using house = await forgetful({ reviewer });
    const [before] = await house.run();
    expect(before?.state).toBe("needs-human");
    house.forget();
    const [after] = await house.run();
    expect(after).toMatchObject({ state: "needs-human", reason: before?.reason, pr: 1 });
    expect(await house.starts()).toBe(0);
  });

  it("a coder's finished turn that nobody saw is judged and published, not made again", async () => {
    await using house = await forgetful({}, "push:1:before:throw");
    const [task] = await house.run();
    expect(task).toMatchObject({ state: "failed", pr: null });
    const head = await house.ports.repository.readBranch(task?.branch ?? "");
    house.forget();
    expect((await house.run())[0]).toMatchObject({ state: "ready-for-human", pr: 1, attempts: 0 });
    expect((await house.ports.forge.fetchPullRequests())[0]?.head).toBe(head);
  });

  it("what we pushed last is known by its committer: it is ours to go on from, and nobody else's", async () => {
    await using house = await brokenRework("push:2:after:throw");
    const [task] = await house.run();
    expect(task?.reason).toBeNull();
    expect(task?.state).toBe("ready-for-human");

    house.forget();
    await house.repo.git("push", "-q", "origin", `+${await byAHuman(house)}:refs/heads/${task?.branch ?? ""}`);
    await house.run();
    await reject(house.ports, human, "A", "and more", 5);
    expect((await house.run())[0]?.reason).toMatch(/^conflict: somebody pushed/);
  });

  it("a finished rework that nobody saw is judged as the answer to what was asked, not made again", async () => {
    await using house = await brokenRework("push:2:before:throw");
    const [task] = await house.run();
    expect([task?.state, task?.reason, house.turns()]).toEqual(["ready-for-human", null, 2]);
    expect(await house.repo.git("show", `${task?.branch ?? ""}:src/A.txt`)).toBe("2");
  });

  it("a branch of that name which is not ours is saved, and the coder begins on the base", async () => {
    await using house = await forgetful({});
    await house.repo.git("branch", "dispatch/a--title-of-a");
    await house.repo.git("switch", "-q", "dispatch/a--title-of-a");
    const theirs = await house.repo.commit("mine", { "mine.txt": "mine\n" });
    await house.repo.git("switch", "-q", "main");
    const [task] = await house.run();
    expect(task).toMatchObject({ state: "ready-for-human", attempts: 1 });
    expect(await house.repo.git("rev-parse", "refs/dispatch/salvage/A/1")).toBe(theirs);
    expect(await house.repo.git("ls-tree", "--name-only", task?.branch ?? "")).not.toContain("mine.txt");
  });

  it("an item whose pull request was closed stays closed", async () => {
    await using house = await forgetful({ coder: async (_input, cwd) => await put(cwd, "a.txt", "a\n") });
    await house.run();
    await house.ports.forge.close(1, "a human", "no need");
    house.forget();
    expect((await house.run())[0]).toMatchObject({ state: "closed", pr: 1 });
  });
});

it("a merge that ended before everything was put away is finished by the next word or the next run", async () => {
  for (const again of ["merge", "run"] as const) {
    await using house = await forgetful({}, "unpublish:1:before:throw");
    const [task] = await house.run();
    await approve(house.ports, human, "A");
    await expect(merge(house.ports, human, "A")).rejects.toThrow("DISPATCH_FAULT");
    if (again === "merge") expect(await merge(house.ports, human, "A")).toMatchObject({ state: "merged" });
    else await house.run();
    expect(await house.ports.repository.fetchPublished(task?.branch ?? "")).toBeNull();
    expect(await house.ports.repository.readBranch(task?.branch ?? "")).toBeNull();
    expect((await house.facts()).filter(({ name }) => name === "task.settled")).toHaveLength(1);
  }
});
