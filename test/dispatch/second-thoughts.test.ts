import { describe, expect, it } from "vitest";
import { workCancelled } from "../../src/adapters/engine/work-errors.ts";
import { recordBroken } from "../../src/dispatch/contain.ts";
import { approve, cancel, merge, reject, retry } from "../../src/dispatch/gate.ts";
import { record, type Ports } from "../../src/dispatch/ports.ts";
import { publishWithheld, readWithheld } from "../../src/dispatch/withheld.ts";
import { caught } from "../support/caught.ts";
import { anItem } from "../support/domain-data.ts";
import { put, storyHouse, writing, type Play, type StoryHouse } from "../support/story.ts";

const human = { by: "a human", run: "by-hand" };
const A = anItem("A", { title: "Do it" });

const sameAlways: Play = async ({ task }, cwd) => await put(cwd, `src/${task.id}.txt`, "always the same\n");

type Word = (ports: Ports) => Promise<unknown>;

/** The first word is said between plan and beginning, the other one when that walk has ended. */
async function interrupted([before, after]: readonly [Word, Word?]): Promise<
  StoryHouse & { readonly ends: unknown[] }
> {
  const ends: unknown[] = [];
  const house = await storyHouse({
    items: [A],
    wrapStories: (told) => ({
      ...told,
      async task(steps, input) {
        if (ends.length === 0) await before(house.ports);
        const end = await told.task(steps, input);
        if (ends.push(end) === 1) await after?.(house.ports);
        return end;
      },
    }),
  });
  return Object.assign(house, { ends });
}

describe("a task that no run has taken up yet", () => {
  it("can be cancelled, is left alone, and is taken up again by a retry", async () => {
    await using house = await storyHouse({ items: [A] });
    await cancel(house.ports, human, "A");
    expect((await house.run())[0]).toMatchObject({ state: "cancelled", attempts: 0, pr: null });
    await retry(house.ports, human, "A", "code");
    expect((await house.run())[0]).toMatchObject({ state: "ready-for-human", attempts: 1, pr: 1 });
  });

  it("can be cancelled again after a retry", async () => {
    await using house = await storyHouse({ items: [A] });
    await cancel(house.ports, human, "A");
    await retry(house.ports, human, "A", "code");
    await cancel(house.ports, human, "A");
    expect((await house.run())[0]).toMatchObject({ state: "cancelled", attempts: 0 });
  });

  it("is cancelled once, however often that is said", async () => {
    await using house = await storyHouse({ items: [A] });
    for (const _ of ["first", "again"]) await cancel(house.ports, human, "A");
    expect(await house.ports.journal.read({ names: ["task.cancelled"] })).toHaveLength(1);
  });

  it("does not fail when the walk that was cancelled ends after it was begun anew", async () => {
    await using house = await storyHouse({ items: [A] });
    await cancel(house.ports, human, "A");
    await retry(house.ports, human, "A", "code");
    const begun = { from: "code", base: "b", why: "retried" } as const;
    const scope = { run: "r2", task: "A", episode: 2 };
    await record(house.ports, scope, "A/2/started", { name: "episode.started", data: begun });
    expect(await recordBroken(house.ports, "r1", "A", workCancelled("A/1"))).toBeNull();
    expect(await house.ports.journal.read({ names: ["task.failed"] })).toEqual([]);
    await recordBroken(house.ports, "r1", "A", new Error("broken"));
    expect(await house.ports.journal.read({ names: ["task.failed"] })).toHaveLength(1);
  });

  it("is not begun when it is cancelled after a run has planned it", async () => {
    await using house = await interrupted([(ports) => cancel(ports, human, "A")]);
    expect((await house.run())[0]).toMatchObject({ state: "cancelled", attempts: 0, pr: null });
    expect(house.ends).toEqual([{ kind: "off" }]);
  });

  it("begins under the next number when it is cancelled, and wanted again, after a run has planned it", async () => {
    await using house = await interrupted([
      (ports) => cancel(ports, human, "A"),
      (ports) => retry(ports, human, "A", "code"),
    ]);
    expect((await house.run())[0]).toMatchObject({ state: "ready-for-human", attempts: 1, pr: 1 });
    expect(house.ends).toMatchObject([{ kind: "off" }, { kind: "ready" }]);
  });

  it("is nobody's when the backlog does not know it either; a slip of the finger is seen, another number is not", async () => {
    await using house = await storyHouse({ items: [anItem("T-1a")] });
    await house.run();
    const code = "unknown_task";
    expect(await caught(cancel(house.ports, human, "t-1A"))).toMatchObject({
      code,
      hint: "did you mean T-1a? else: dispatch status",
    });
    expect(await caught(cancel(house.ports, human, "T-2a"))).toMatchObject({ code, hint: "dispatch status" });
  });
});

describe("a human who says", () => {
  it("two things about one head is heard twice by the coder", async () => {
    const heard: string[][] = [];
    const coder: Play = async (input, cwd, signal) => {
      heard.push(input.findings.map(({ message }) => message));
      await put(cwd, "src/a.txt", `${heard.length}\n`);
      void signal;
    };
    await using house = await storyHouse({ items: [A], coder });
    await house.run();
    await reject(house.ports, human, "A", "more salt", 5);
    await reject(house.ports, human, "A", "less pepper", 5);
    await house.run();
    expect(heard).toEqual([[], ["more salt", "less pepper"]]);
  });

  it("approve after all, before the coder has mended it, is told so", async () => {
    await using house = await storyHouse({ items: [A] });
    await house.run();
    await reject(house.ports, human, "A", "no", 5);
    const error = await caught(approve(house.ports, human, "A"));
    expect(error).toMatchObject({ code: "not_waiting", hint: "dispatch run A" });
  });

  it("retry while the task is under way is told how to begin anew", async () => {
    const tried: unknown[] = [];
    await using house = await storyHouse({
      items: [A],
      coder: async (input, cwd, signal) => {
        tried.push(await caught(retry(house.ports, human, "A", "code")));
        await writing(input, cwd, signal);
      },
    });
    await house.run();
    expect(tried).toMatchObject([{ code: "task_running" }]);
  });
});

describe("work that stands already", () => {
  it("goes on to the review when a retry of the coder changes nothing", async () => {
    let judged = 0;
    await using house = await storyHouse({
      items: [A],
      coder: sameAlways,
      reviewer: async () => {
        judged += 1;
        return judged === 1
          ? { end: { kind: "exit_code", exitCode: 1 } }
          : {
              result: {
                kind: "valid",
                summary: "",
                usage: null,
                costUsd: null,
                verdict: { decision: "approve", findings: [], summary: "" },
              },
            };
      },
      settings: { attempts: 1 },
    });
    expect((await house.run())[0]).toMatchObject({ state: "failed" });
    await retry(house.ports, human, "A", "code");
    expect((await house.run())[0]).toMatchObject({ state: "ready-for-human", attempts: 2, pr: 1 });
  });

  it("waits for a human when the coder leaves their word as it was", async () => {
    await using house = await storyHouse({ items: [A], coder: sameAlways });
    await house.run();
    await reject(house.ports, human, "A", "not like this", 5);
    const [task] = await house.run();
    expect(task).toMatchObject({ state: "needs-human", pr: 1 });
    expect(task?.reason).toBe("no_progress: the coder left 1 finding of a human as it was");
  });
});

describe("withheld work", () => {
  const coder: Play = async (_input, cwd) => await put(cwd, ".github/workflows/x.yml", "on: push\n");

  it("is published, approved and merged when a human names the reason, and the pull request says so", async () => {
    await using house = await storyHouse({ items: [A], coder });
    await house.run();
    const withheld = await readWithheld(house.ports, "A");
    expect(withheld?.code).toBe("policy");
    await publishWithheld(house.ports, human, "A", { allow: "policy", fence: "none", policy: "p" });
    const approved = await approve(house.ports, human, "A", { allow: "policy" });
    expect(approved).toMatchObject({ head: withheld?.commit, draft: false, review: "approved" });
    expect(approved.body).toContain("published on the word of a human");
    await merge(house.ports, human, "A");
    expect(await house.run()).toEqual([]);
    expect(await house.repo.gitIn(house.repo.origin ?? "", "show", "main:.github/workflows/x.yml")).toBe("on: push");
  });

  it("stays where it is when another reason is named", async () => {
    await using house = await storyHouse({ items: [A], coder });
    await house.run();
    await publishWithheld(house.ports, human, "A", { allow: "rounds", fence: "none", policy: "p" });
    expect(await house.ports.forge.fetchPullRequests()).toEqual([]);
  });

  it("is what no commit may hold, too, and the slot saves it", async () => {
    const nested: Play = async (_input, cwd) => {
      await put(cwd, "inner/file.txt", "inner\n");
      await house.repo.gitIn(`${cwd}/inner`, "init", "-q");
    };
    await using house = await storyHouse({ items: [A], coder: nested });
    const [task] = await house.run();
    expect(task).toMatchObject({ state: "needs-human", pr: null, seconds: 1 });
    expect(task?.reason).toMatch(/^policy: There is a git repository inside the worktree: inner\//);
    expect(await house.repo.git("show", "refs/dispatch/salvage/A/1:inner/file.txt")).toBe("inner");
  });
});

it("a coder that changes more files than the bound is tried again, then fails with its work saved", async () => {
  const coder: Play = async (_input, cwd) => {
    for (let n = 0; n < 5; n += 1) await put(cwd, `many/${n}.txt`, `${n}\n`);
  };
  const limits = { wallSeconds: 60, idleSeconds: 60, outputMb: 10, changedFiles: 3 };
  await using house = await storyHouse({ items: [A], coder, settings: { limits } });
  const [task] = await house.run();
  expect(task).toMatchObject({ state: "failed", attempts: 2 });
  expect(task?.reason).toMatch(/^output_limit: .*more than 3 files changed/);
  expect(await house.repo.git("show", "refs/dispatch/salvage/A/1:many/0.txt")).toBe("0");
});
