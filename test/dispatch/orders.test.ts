import { describe, expect, it } from "vitest";
import { approve, reject } from "../../src/dispatch/gate.ts";
import type { TaskResult } from "../../src/dispatch/report.ts";
import { ordered } from "../support/ordered.ts";
import { put, type Play } from "../support/story.ts";

const rounds: Play = async ({ round, findings }, cwd) =>
  await put(cwd, "src/a.txt", `${round} ${findings.map(({ message }) => message).join()}\n`);

const only = (results: readonly TaskResult[]): TaskResult | undefined => results[0];

describe("an order beside a pull request", () => {
  it("to fix something is the coder's next brief", async () => {
    await using house = await ordered(rounds);
    const first = only(await house.run());
    house.order("fix the colour");
    expect(only(await house.run())).toMatchObject({ state: "ready-for-human", pr: first?.pr, attempts: 2 });
    expect(await house.repo.git("show", `${first?.branch}:src/a.txt`)).toContain("the colour");
    expect(house.taken).toEqual([{ order: 1, isUnderstood: true }]);
    expect(only(await house.run())).toMatchObject({ attempts: 2 });
  });

  it("is obeyed so often, then a person has to take over", async () => {
    await using house = await ordered(rounds);
    await house.run();
    for (const what of ["one", "two", "three", "four", "five", "six"]) {
      house.order(`fix ${what}`);
      await house.run();
    }
    expect(only(await house.run())).toMatchObject({
      state: "needs-human",
      reason: expect.stringMatching(/^rounds: a human asked for changes 6 times; the last: six/) as string,
    });
  });

  it("to pause holds it until it is to go on", async () => {
    await using house = await ordered(rounds);
    await house.run();
    house.order("pause");
    expect(only(await house.run())).toMatchObject({ state: "parked", wakeAt: null });
    expect(only(await house.run())).toMatchObject({
      state: "parked",
      reason: expect.stringMatching(/^paused: bob/) as string,
    });
    house.order("resume");
    expect(only(await house.run())).toMatchObject({ state: "ready-for-human", attempts: 1 });
  });

  it("to resume forgets nothing that was asked for before", async () => {
    await using house = await ordered(rounds);
    await house.run();
    house.order("fix the colour");
    house.order("resume");
    expect(only(await house.run())).toMatchObject({ state: "ready-for-human", attempts: 2 });
  });

  it("to fix something waits where a person paused it, and is not passed over by those who look again", async () => {
    await using house = await ordered(rounds);
    await house.run();
    house.order("pause");
    house.order("fix the colour");
    expect(only(await house.run())).toMatchObject({ state: "parked", attempts: 1 });
    house.order("resume");
    house.order("fix the size");
    const last = only(await house.run());
    expect(last).toMatchObject({ state: "ready-for-human", attempts: 2 });
    expect(await house.repo.git("show", `${last?.branch}:src/a.txt`)).toMatch(/the colour,the size/);
  });

  it("to fix something begins what has failed again", async () => {
    let turns = 0;
    const fails: Play = async (input, cwd, signal) => {
      turns += 1;
      if (turns > 1 && turns < 4) return { end: { kind: "exit_code", exitCode: 1 } };
      return await rounds(input, cwd, signal);
    };
    await using house = await ordered(fails);
    await house.run();
    house.order("fix the colour");
    expect(only(await house.run())).toMatchObject({ state: "failed" });
    house.order("fix the size");
    expect(only(await house.run())).toMatchObject({ state: "ready-for-human" });
  });

  it("to stop closes it", async () => {
    await using house = await ordered(rounds);
    const first = only(await house.run());
    house.order("stop");
    expect(only(await house.run())).toMatchObject({ state: "cancelled" });
    expect(await house.ports.forge.fetchPullRequest(first?.pr ?? 0)).toMatchObject({ state: "closed" });
  });

  it("to retry begins anew, and to explain says where it stands", async () => {
    await using house = await ordered(rounds);
    await house.run();
    house.order("explain");
    house.order("retry");
    expect(only(await house.run())).toMatchObject({ state: "ready-for-human", attempts: 2 });
    expect(house.told).toEqual([
      expect.stringMatching(
        /^It is ready, and waits for your review: .* Rounds of review: 0, starts of the coder: 1\.$/,
      ),
    ]);
  });

  it("that is none is answered with those that there are", async () => {
    await using house = await ordered(rounds);
    await house.run();
    house.order("merge it");
    expect(only(await house.run())).toMatchObject({ state: "ready-for-human", attempts: 1 });
    expect(house.taken).toEqual([{ order: 1, isUnderstood: false }]);
    expect(house.told[0]).toContain("fix WHAT, retry, pause, resume, stop, explain, rebase, budget USD.");
  });

  it("is obeyed once, although the run was killed before it was ticked off", async () => {
    await using house = await ordered(rounds);
    await house.run();
    house.order("fix the colour");
    expect(only(await house.run())).toMatchObject({ attempts: 2 });
    house.taken.length = 0;
    expect(only(await house.run())).toMatchObject({ state: "ready-for-human", attempts: 2 });
    expect(house.taken).toEqual([{ order: 1, isUnderstood: true }]);
  });
});

describe("changes that somebody asks for on the forge", () => {
  it("count on what another one approved, once", async () => {
    await using house = await ordered(rounds);
    const first = only(await house.run());
    const { forge } = house.ports;
    const head = (await forge.fetchPullRequest(first?.pr ?? 0))?.head ?? "";
    await approve(house.ports, { by: "ada", run: "by-hand" }, "A");
    await forge.review(first?.pr ?? 0, "request_changes", head, "bob", "not yet");
    expect(only(await house.run())).toMatchObject({ state: "ready-for-human", attempts: 2 });
    expect(only(await house.run())).toMatchObject({ attempts: 2 });
  });

  it("are heard of what agents could not settle, and what was said here is not obeyed again there", async () => {
    const same: Play = async (_, cwd) => await put(cwd, "src/a.txt", "the same\n");
    await using house = await ordered(same);
    const first = only(await house.run());
    await reject(house.ports, { by: "ada", run: "by-hand" }, "A", "more", 5);
    expect(only(await house.run())).toMatchObject({ state: "needs-human", attempts: 2 });
    expect(only(await house.run())).toMatchObject({ state: "needs-human", attempts: 2 });
    const { forge } = house.ports;
    const head = (await forge.fetchPullRequest(first?.pr ?? 0))?.head ?? "";
    await forge.review(first?.pr ?? 0, "request_changes", head, "bob", "something else");
    expect(only(await house.run())).toMatchObject({ attempts: 3 });
  });
});
