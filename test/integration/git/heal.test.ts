import { existsSync } from "node:fs";
import { mkdir, readdir, readFile, rm, truncate, writeFile } from "node:fs/promises";
import { hostname } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
import type { GitRepository } from "../../../src/adapters/git/repository.ts";
import { openWorktrees } from "../../../src/adapters/git/worktrees.ts";
import { childScript } from "../../support/child-script.ts";
import { gitIn, type GitRepo, gitRepo, writeFiles } from "../../support/git-repo.ts";
import { opened } from "../../support/open-git.ts";

/** A few by default: each takes seconds, and chance is not better proven by ten. `GIT_KILLS=100` is a campaign. */
const KILLS = Number(process.env["GIT_KILLS"] ?? 3);
const FLAG = "skip-auto-rebase-watcher";

async function healed(repo: GitRepo) {
  const repository = await opened(repo);
  const worktrees = openWorktrees({ repository, pauseMain: true });
  const saved = await (await worktrees.heal()).all();
  return { repository, worktrees, saved };
}

/** As if whoever holds leases had died. */
async function bury({ slots }: GitRepository): Promise<void> {
  const owner = { host: hostname(), pid: 4_194_305, bootId: "", startTime: "", space: "" };
  await slots.update((all) => [
    all.map((slot) => (slot.lease === null ? slot : { ...slot, lease: { ...slot.lease, owner } })),
    undefined,
  ]);
}

/** All files of a task that any ref leads to. */
async function readWork(repo: GitRepo, task: string): Promise<string> {
  const refs = Object.keys(await repo.refs()).filter((ref) => ref.includes(`/${task}/`) || ref.includes(`/${task}--`));
  const trees = await Promise.all(refs.map((ref) => repo.git("ls-tree", "-r", "--name-only", ref)));
  return trees.join("\n");
}

/** What anybody may do in the repository, a minute after a crash. */
async function strangerWorks(repo: GitRepo): Promise<void> {
  await repo.git("fsck", "--strict");
  await repo.git("fetch", "-q", "origin", repo.base);
  await repo.git("worktree", "add", "-q", "--detach", join(repo.temp, "strangers"));
  await repo.git("worktree", "remove", join(repo.temp, "strangers"));
  await repo.git("branch", "strangers");
  await repo.git("branch", "-q", "-D", "strangers");
}

test(
  `killed at any moment (${KILLS} times; GIT_KILLS=n for more), the repository is mended, usable by others, and nothing published is lost`,
  { timeout: 60_000 + KILLS * 30_000 },
  async () => {
    await using repo = await gitRepo(
      Object.fromEntries(Array.from({ length: 200 }, (_, i) => [`f/${i}.txt`, `${i}\n`])),
    );
    await repo.write({ "f/1.txt": "dirty\n" });
    const before = await repo.print();
    const state = join(repo.temp, "state");
    const published: string[][] = [];
    for (let seed = 0; seed < KILLS; seed += 1) {
      await using churn = childScript("git/churn.ts", repo.dir, state, String(seed));
      await churn.line(/^ready$/);
      // Spread over cold starts, work and warm starts.
      await sleep(((seed + 0.5) * 900) / KILLS);
      await churn.kill();
      const said = churn.lines.map((line) => line.split(" "));
      published.push(...said.filter(([what]) => what === "published"));

      const { repository, worktrees } = await healed(repo);
      await strangerWorks(repo);
      expect(await repo.print()).toEqual(before);
      for (const [what, task] of said)
        if (what === "wrote") expect(await readWork(repo, task ?? "")).toContain("new-4.txt");
      expect((await repository.slots.read()).map(({ state: now }) => now)).not.toContain("leased");
      expect(existsSync(join(repo.dir, ".git", FLAG))).toBe(false);
      expect(Object.keys(await repo.refs()).filter((ref) => ref.startsWith("refs/heads/dispatch-test/"))).toEqual([]);
      const { commit } = await repository.fetchBase();
      const task = `after-${seed}`;
      const about = { holder: task, run: "r", task, role: "coder", lane: 0, commit } as const;
      await using lease = await worktrees.acquire({ ...about, branch: `dispatch/${task}--x` });
      expect(await gitIn(lease.path, "status", "--porcelain")).toBe("");
      expect(await gitIn(lease.path, "ls-files")).toBe(await repo.git("ls-tree", "-r", "--name-only", commit));
      await lease.release();
    }
    const origin = await repo.refs(repo.origin ?? "");
    for (const [, task, commit] of published) {
      expect(origin[`refs/heads/dispatch/${task}--churn`]).toBe(commit);
    }
  },
);

/** What `git/hold.ts` leaves when it is killed: a lease, flags and work of a process that is no more. */
async function abandon(repo: GitRepo): Promise<void> {
  const { worktrees, repository } = await healed(repo);
  const { commit } = await repository.fetchBase();
  const about = { holder: "A/coder", run: "r", task: "A", role: "coder", lane: 1, commit } as const;
  const lease = await worktrees.acquire({ ...about, branch: "dispatch/a--held" });
  await lease.pauseWatcher();
  await writeFiles(lease.path, { "half.txt": "half done\n" });
  const books = [".git", ".git/worktrees/s01"].map((dir) => join(repo.dir, dir, FLAG));
  for (const book of [...books, join(repo.temp, "state/slots.json")])
    await writeFile(book, (await readFile(book, "utf8")).replace(/("pid": ?)\d+/g, "$14194305"));
}

test("the work of a killed dispatcher is under a salvage ref, once", async () => {
  await using repo = await gitRepo();
  await using churn = childScript("git/hold.ts", repo.dir, join(repo.temp, "state"));
  await churn.line(/^working$/);
  await churn.kill();
  expect(existsSync(join(repo.dir, ".git", FLAG))).toBe(true);
  const { saved, worktrees } = await healed(repo);
  expect(saved).toEqual([
    { task: "A", ref: "refs/dispatch/salvage/A/1", commit: await repo.commitId("refs/dispatch/salvage/A/1") },
  ]);
  expect(await repo.git("show", "refs/dispatch/salvage/A/1:half.txt")).toBe("half done");
  expect(existsSync(join(repo.dir, ".git", FLAG))).toBe(false);
  expect(await (await worktrees.heal()).all()).toEqual([]);
});

test("a living dispatcher's leases, flags and worktrees are left alone", async () => {
  await using repo = await gitRepo();
  await using churn = childScript("git/hold.ts", repo.dir, join(repo.temp, "state"));
  await churn.line(/^working$/);
  const { saved, repository } = await healed(repo);
  expect(saved).toEqual([]);
  expect((await repository.slots.read()).map(({ state }) => state)).toEqual(["leased"]);
  expect(existsSync(join(repo.dir, ".git", FLAG))).toBe(true);
  expect(existsSync(join(repo.dir, ".git/worktrees/s01", FLAG))).toBe(true);
  expect(existsSync(join(repo.dir, ".work/s01/half.txt"))).toBe(true);
});

test("a dispatcher that was killed before it changed the slot it took left no work", async () => {
  await using repo = await gitRepo();
  const { repository, worktrees } = await healed(repo);
  const { commit } = await repository.fetchBase();
  const about = { holder: "A", run: "r", task: "A", role: "coder", lane: 0, commit } as const;
  await (await worktrees.acquire({ ...about, branch: "dispatch/a--x" })).release();
  const next = await repo.commitOnOrigin({ "next.txt": "1\n" });
  expect((await repository.fetchBase()).commit).toBe(next);
  const owner = { host: hostname(), pid: 4_194_305, bootId: "", startTime: "", space: "" };
  const lease = { ...about, id: "dead", commit: next, branch: "dispatch/b--x", since: "2026-01-01T00:00:00Z", owner };
  await repository.slots.update((slots) => [slots.map((slot) => ({ ...slot, state: "leased", lease })), undefined]);
  const again = await healed(repo);
  expect(again.saved).toEqual([]);
  expect((await again.repository.slots.read()).map(({ state }) => state)).toEqual(["idle"]);
});

test("work whose snapshot was taken and got onto no branch is saved: our index lists it all by then", async () => {
  await using repo = await gitRepo();
  const { repository, worktrees } = await healed(repo);
  const { commit } = await repository.fetchBase();
  const about = { holder: "A", run: "r", task: "A", role: "coder", lane: 0, commit } as const;
  const lease = await worktrees.acquire({ ...about, branch: "dispatch/a--x" });
  await writeFiles(lease.path, { "half.txt": "half done\n" });
  const words = { message: "a", author: "a", date: "2026-01-01T00:00:00Z", limits: { changedFiles: 100 } };
  await repository.snapshot({ worktree: lease.path, parent: commit, ...words });
  await bury(repository);
  const { saved } = await healed(repo);
  expect(saved.map(({ ref }) => ref)).toEqual(["refs/dispatch/salvage/A/1"]);
  expect(await repo.git("show", "refs/dispatch/salvage/A/1:half.txt")).toBe("half done");
});

test("one task's worktrees are mended before those of the others, and nobody's twice", async () => {
  await using repo = await gitRepo();
  const { repository, worktrees } = await healed(repo);
  const { commit } = await repository.fetchBase();
  for (const task of ["A", "B"]) {
    const about = { holder: task, run: "r", task, role: "coder", lane: 0, commit } as const;
    const lease = await worktrees.acquire({ ...about, branch: `dispatch/${task.toLowerCase()}--x` });
    await writeFiles(lease.path, { "half.txt": `half of ${task}\n` });
  }
  await bury(repository);
  const healing = await worktrees.heal();
  expect((await healing.of("b")).map(({ ref }) => ref)).toEqual(["refs/dispatch/salvage/B/1"]);
  const states = (await repository.slots.read()).map(({ state, lease }) => [state, lease?.task]);
  expect(states).toEqual([
    ["leased", "A"],
    ["idle", undefined],
  ]);
  expect(await healing.of("B")).toEqual([]);
  expect((await healing.all()).map(({ ref }) => ref)).toEqual(["refs/dispatch/salvage/A/1"]);
  expect(await healing.all()).toEqual([]);
});

test("whoever works for a task again finds its branches free, and what was saved is told later", async () => {
  await using repo = await gitRepo();
  const { repository, worktrees } = await healed(repo);
  const { commit } = await repository.fetchBase();
  const about = { holder: "base/base", run: "r", task: "base", lane: 0, commit } as const;
  await worktrees.acquire({ ...about, role: "tester", branch: "dispatch-test/base-base-0" });
  const lease = await worktrees.acquire({ ...about, role: "coder", branch: "dispatch/base--x" });
  await writeFiles(lease.path, { "half.txt": "half\n" });
  await bury(repository);
  const healing = await worktrees.heal();
  await (await worktrees.acquire({ ...about, role: "tester", branch: "dispatch-test/base-base-0" })).release();
  expect(await healing.of("another")).toEqual([]);
  expect((await healing.all()).map(({ ref }) => ref)).toEqual(["refs/dispatch/salvage/base/1"]);
  expect(await healing.all()).toEqual([]);
});

test("of tasks that are worked for again at once, nothing that was saved stays untold", async () => {
  await using repo = await gitRepo();
  const { repository, worktrees } = await healed(repo);
  const { commit } = await repository.fetchBase();
  const tasks = ["a", "b", "c", "d"];
  const lease = (task: string) =>
    worktrees.acquire({
      ...{ holder: task, run: "r", task, lane: 0, commit, role: "coder" as const },
      branch: `dispatch/${task}--x`,
    });
  for (const task of tasks) await writeFiles((await lease(task)).path, { "half.txt": `half of ${task}\n` });
  await bury(repository);
  const healing = await worktrees.heal();
  await Promise.all(tasks.map(lease));
  expect((await healing.all()).map(({ task }) => task).toSorted((a, b) => (a < b ? -1 : 1))).toEqual(tasks);
});

test("slots whose book was lost are found by their lock; their work is saved", async () => {
  await using repo = await gitRepo();
  await abandon(repo);
  await rm(join(repo.temp, "state"), { recursive: true });
  const { saved } = await healed(repo);
  expect(saved).toMatchObject([{ task: "a", ref: "refs/dispatch/salvage/a/1" }]);
  expect(await repo.git("show", "refs/dispatch/salvage/a/1:half.txt")).toBe("half done");
  expect(await repo.git("worktree", "list", "--porcelain")).not.toMatch(/\/s01$/m);
  expect(existsSync(join(repo.dir, ".git", FLAG))).toBe(false);
});

test("an entry that points to somebody else's folder takes nothing with it", async () => {
  await using repo = await gitRepo();
  await abandon(repo);
  await rm(join(repo.temp, "state"), { recursive: true });
  const theirs = join(repo.temp, "theirs");
  await gitIn(repo.temp, "init", "-q", theirs);
  await writeFiles(theirs, { "precious.txt": "1\n" });
  await writeFiles(join(repo.dir, ".git/worktrees/s01"), { gitdir: `${theirs}/.git\n` });
  expect((await healed(repo)).saved).toEqual([]);
  expect(existsSync(join(theirs, "precious.txt"))).toBe(true);
  expect(existsSync(join(repo.dir, ".git/worktrees/s01"))).toBe(false);
});

test("lost work that cannot be saved stays in its folder, and no command fails for it", async () => {
  await using repo = await gitRepo();
  await abandon(repo);
  await rm(join(repo.temp, "state"), { recursive: true });
  const big = join(repo.dir, ".work/s01/big.bin");
  await writeFile(big, "");
  await truncate(big, 600 * 1024 * 1024);
  const { saved, repository } = await healed(repo);
  expect(saved).toEqual([]);
  expect(await repository.slots.read()).toMatchObject([{ name: "s01", state: "kept" }]);
  expect(existsSync(big)).toBe(true);
  await healed(repo);
});

test("a torn book is no reason to stop", async () => {
  await using repo = await gitRepo();
  const { worktrees, repository } = await healed(repo);
  const { commit } = await repository.fetchBase();
  const about = { holder: "A", run: "r", task: "A", role: "coder", lane: 0, commit } as const;
  await (await worktrees.acquire({ ...about, branch: "dispatch/a--x" })).release();
  await writeFile(join(repo.temp, "state", "slots.json"), '{"v":1,"slots":[{"na');
  const again = await healed(repo);
  await using lease = await again.worktrees.acquire({ ...about, branch: "dispatch/b--x" });
  expect(await lease.isIntact()).toBe(true);
});

/** Half-made entries as SIGKILL leaves them (facts: measured on git 2.39 and 2.55). */
const HALF_MADE: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  "a null HEAD": { HEAD: `${"0".repeat(40)}\n`, commondir: "../..\n", locked: "dispatch slot of x" },
  "an empty commondir": { HEAD: "ref: refs/heads/x\n", commondir: "", locked: "dispatch slot of x" },
  "a lock alone": { locked: "dispatch slot of x" },
};

test.each(Object.keys(HALF_MADE))("a half-made entry with %s is taken out, and others work again", async (name) => {
  await using repo = await gitRepo();
  await writeFiles(join(repo.dir, ".git/worktrees/s01"), HALF_MADE[name] ?? {});
  await healed(repo);
  expect(existsSync(join(repo.dir, ".git/worktrees"))).toBe(false);
  await strangerWorks(repo);
});

test("worktrees of the user are never pruned, however broken", async () => {
  await using repo = await gitRepo();
  await repo.git("worktree", "add", "-q", "-b", "theirs", join(repo.temp, "theirs"));
  await rm(join(repo.temp, "theirs"), { recursive: true });
  await writeFiles(join(repo.dir, ".git/worktrees/odd"), { locked: "mine", HEAD: "ref: refs/heads/x\n" });
  await healed(repo);
  expect((await readdir(join(repo.dir, ".git/worktrees"))).sort()).toEqual(["odd", "theirs"]);
});

test("locks of our refs that a dead git left are taken away, others stay", async () => {
  await using repo = await gitRepo();
  await abandon(repo);
  const locks = ["refs/heads/dispatch/a--held.lock", "logs/refs/heads/dispatch/a--held.lock", "refs/heads/main.lock"];
  for (const lock of [...locks, "config.lock"]) await writeFiles(join(repo.dir, ".git"), { [lock]: "" });
  await healed(repo);
  const left = [...locks, "config.lock"].filter((lock) => existsSync(join(repo.dir, ".git", lock)));
  expect(left).toEqual(["refs/heads/main.lock", "config.lock"]);
});

test("a slot folder that somebody removed while it was idle is forgotten", async () => {
  await using repo = await gitRepo();
  const { worktrees, repository } = await healed(repo);
  const { commit } = await repository.fetchBase();
  const about = { holder: "A", run: "r", task: "A", role: "coder", lane: 0, commit } as const;
  await (await worktrees.acquire({ ...about, branch: "dispatch/a--x" })).release();
  await rm(join(repo.dir, ".work/s01"), { recursive: true });
  await mkdir(join(repo.dir, ".work/s01"));
  const again = await healed(repo);
  expect(await again.repository.slots.read()).toEqual([]);
  expect(await repo.git("worktree", "list", "--porcelain")).not.toMatch(/\/s01$/m);
});
