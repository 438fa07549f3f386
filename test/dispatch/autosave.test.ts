import { expect, it } from "vitest";
import { rm, symlink, writeFile } from "node:fs/promises";
import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { approve, merge, retry } from "../../src/dispatch/gate.ts";
import { anItem } from "../support/domain-data.ts";
import { put, storyHouse, writing, type Play, type StoryHouse } from "../support/story.ts";
import type { Clock } from "../../src/ports/clock.ts";

const human = { by: "a human", run: "r" };

/** A clock whose waits of this length end when the test says so; `saved` resolves when what followed has been done. */
function bell(milliseconds: number) {
  let wake: ((value: boolean) => void) | null = null;
  let asleep: (() => void) | null = null;
  return {
    clock: (clock: Clock): Clock => ({
      ...clock,
      wait: (time, signal) =>
        time !== milliseconds
          ? clock.wait(time, signal)
          : new Promise((resolve) => {
              wake = resolve;
              signal.addEventListener("abort", () => resolve(false), { once: true });
              asleep?.();
            }),
    }),
    /** Lets the next save be made and waits until it is. */
    async ring(): Promise<void> {
      const again = new Promise<void>((resolve) => (asleep = resolve));
      wake?.(true);
      await again;
    },
  };
}

const MINUTES = 5 * 60;

async function house(
  coder: (ring: () => Promise<void>) => Play,
  seconds: number | null = MINUTES,
): Promise<StoryHouse> {
  const { clock, ring } = bell(MINUTES * 1000);
  const limits = { wallSeconds: 60, idleSeconds: 60, outputMb: 10, changedFiles: 50, autosaveSeconds: seconds };
  return await storyHouse({
    items: [anItem("A")],
    reviewer: null,
    settings: { limits, attempts: 1 },
    coder: coder(ring),
    wrapPorts: (ports) => ({ ...ports, clock: clock(ports.clock) }),
  });
}

const refs = async ({ repo }: StoryHouse): Promise<readonly string[]> =>
  (await repo.git("for-each-ref", "--format=%(refname)", "refs/dispatch/salvage/")).split("\n").filter(Boolean);
const exits = { end: { kind: "exit_code", exitCode: 1 } } as const;

it("saves what a coder has so far under one ref that moves on, touches nothing of it, and needs it no more once it has landed", async () => {
  const seen: string[] = [];
  let one: StoryHouse | null = null;
  const git = (...args: readonly string[]): Promise<string> =>
    one?.repo.git(...args) ?? Promise.reject(new Error("early"));
  one = await house((ring) => async (_input, cwd) => {
    await put(cwd, "src/new.txt", "first\n");
    await ring();
    seen.push(await git("show", "refs/dispatch/salvage/A/1:src/new.txt"));
    const first = await git("rev-parse", "refs/dispatch/salvage/A/1");
    await ring();
    seen.push((await git("rev-parse", "refs/dispatch/salvage/A/1")) === first ? "unmoved" : "moved");
    await put(cwd, "src/new.txt", "second\n");
    await rm(join(cwd, "src/a.txt"));
    const before = execFileSync("git", ["status", "--porcelain"], { cwd, encoding: "utf8" });
    await ring();
    seen.push(await git("show", "refs/dispatch/salvage/A/1:src/new.txt"));
    seen.push(await git("ls-tree", "--name-only", "-r", "refs/dispatch/salvage/A/1"));
    seen.push(
      execFileSync("git", ["status", "--porcelain"], { cwd, encoding: "utf8" }) === before ? "same" : "changed",
    );
    seen.push(String((await git("for-each-ref", "refs/dispatch/salvage/")).split("\n").length));
  });
  await using open = one;
  expect((await open.run())[0]?.state).toBe("ready-for-human");
  expect(seen).toEqual(["first", "unmoved", "second", "README.md\nsrc/new.txt", "same", "1"]);
  expect(await refs(open)).toEqual([]);
  expect((await open.facts()).filter(({ name }) => name === "work.salvaged")).toHaveLength(1);
});

it("leaves the last state of a turn that failed where its saves were", async () => {
  await using one = await house((ring) => async (_input, cwd) => {
    await put(cwd, "src/new.txt", "some\n");
    await ring();
    await put(cwd, "src/new.txt", "more\n");
    return exits;
  });
  const [task] = await one.run();
  expect(task?.reason).toMatch(/; its work is saved as refs\/dispatch\/salvage\/A\/1$/);
  expect(await refs(one)).toEqual(["refs/dispatch/salvage/A/1"]);
  expect(await one.repo.git("show", "refs/dispatch/salvage/A/1:src/new.txt")).toBe("more");
});

it("has what was there when the worktree is gone, and when the dispatcher never came to the end of the turn", async () => {
  await using one = await house((ring) => async (_input, cwd) => {
    await put(cwd, "src/new.txt", "some\n");
    await ring();
    await rm(cwd, { recursive: true });
  });
  const [task] = await one.run();
  expect(task?.reason).toMatch(/^worktree_gone: .*; its work is saved as refs\/dispatch\/salvage\/A\/1$/);
  expect(await one.repo.git("show", "refs/dispatch/salvage/A/1:src/new.txt")).toBe("some");
});

it("reads no file of the user through a link, whenever an agent makes it, and bears pipes and much else", async () => {
  const seen: string[] = [];
  let one: StoryHouse | null = null;
  const git = (...args: readonly string[]): Promise<string> =>
    one?.repo.git(...args) ?? Promise.reject(new Error("early"));
  one = await house((ring) => async (_input, cwd) => {
    await put(cwd, "run.sh", "#!/bin/sh\n");
    execFileSync("chmod", ["+x", join(cwd, "run.sh")]);
    await symlink("a.txt", join(cwd, "src/link"));
    execFileSync("sh", ["-c", "mkfifo pipe"], { cwd });
    await writeFile(join(cwd, "big.bin"), Buffer.alloc(21 * 1024 * 1024));
    await ring();
    seen.push(await git("ls-tree", "-r", "refs/dispatch/salvage/A/1"));
    // git lists the tracked file as modified; its folder is a link to where the user has one of the same name.
    await put(join(cwd, "../outside"), "a.txt", "the user's\n");
    await rm(join(cwd, "src"), { recursive: true });
    await symlink("../outside", join(cwd, "src"));
    await ring();
    seen.push(await git("ls-tree", "-r", "refs/dispatch/salvage/A/1"));
    seen.push(await git("show", "refs/dispatch/salvage/A/1:src"));
    return exits;
  });
  await using open = one;
  await open.run();
  expect(seen[0]).toMatch(/100755 blob \w+\trun\.sh/);
  expect(seen[0]).toMatch(/120000 blob \w+\tsrc\/link/);
  expect(seen[0]).not.toMatch(/big|pipe/);
  expect(seen.slice(1)).toEqual([expect.stringMatching(/120000 blob \w+\tsrc$/m), "../outside"]);
});

it("saves nothing where it is off", async () => {
  let waits = 0;
  await using one = await storyHouse({
    items: [anItem("A")],
    reviewer: null,
    settings: { limits: { wallSeconds: 60, idleSeconds: 60, outputMb: 10, changedFiles: 50, autosaveSeconds: null } },
    wrapPorts: (ports) => ({
      ...ports,
      repository: { ...ports.repository, captureLive: () => Promise.reject(new Error(`${++waits}`)) },
    }),
  });
  await one.run();
  expect(waits).toBe(0);
});

it("begins with saved work after a retry that asks for it: one commit on the base of now, and the brief says so", async () => {
  let turn = 0;
  const briefs: (string | undefined)[] = [];
  await using one = await house(() => async (input, cwd) => {
    turn += 1;
    briefs.push(input.saved);
    if (turn > 1) return await put(cwd, "src/second.txt", "second\n");
    await put(cwd, "src/first.txt", "first\n");
    return exits;
  });
  expect((await one.run())[0]?.state).toBe("failed");
  const [ref = ""] = await refs(one);
  // What came into the base meanwhile stays there.
  await one.repo.commitOnOrigin({ "elsewhere.txt": "new\n" });
  await retry(one.ports, human, "A", "code", ref);
  const [task] = await one.run();
  expect(task).toMatchObject({ state: "ready-for-human", reason: null });
  expect(briefs).toEqual([undefined, ref]);
  const branch = task?.branch ?? "";
  expect((await one.repo.gitIn(one.repo.origin ?? "", "rev-list", "--count", `main..${branch}`)).trim()).toBe("1");
  expect(await one.repo.gitIn(one.repo.origin ?? "", "diff", "--name-only", `main..${branch}`)).toBe(
    "src/first.txt\nsrc/second.txt",
  );
  const began = (await one.facts()).findLast(({ name }) => name === "episode.started");
  expect(began?.data).toMatchObject({ why: `retried; with the files of ${ref}` });
  await approve(one.ports, human, "A");
  await merge(one.ports, human, "A");
  expect(await refs(one)).toEqual([ref]);
});

it("begins at the base where saved work is in conflict with it, or gone, and says so", async () => {
  let turn = 0;
  await using one = await house(() => async (input, cwd, signal) => {
    turn += 1;
    if (turn % 2 === 0) return await writing(input, cwd, signal);
    await put(cwd, "src/a.txt", `mine ${turn}\n`);
    return exits;
  });
  await one.run();
  const [ref = ""] = await refs(one);
  await one.repo.commitOnOrigin({ "src/a.txt": "theirs\n" });
  await retry(one.ports, human, "A", "code", ref);
  expect((await one.run())[0]?.state).toBe("ready-for-human");
  const why = (await one.facts()).findLast(({ name }) => name === "episode.started")?.data;
  expect(why).toMatchObject({ why: expect.stringContaining("is in conflict") as string });
  await retry(one.ports, human, "A", "code", "refs/dispatch/salvage/A/77");
  await one.run();
  const then = (await one.facts()).findLast(({ name }) => name === "episode.started")?.data;
  expect(then).toMatchObject({ why: expect.stringContaining("is not there any more") as string });
});
