import { existsSync } from "node:fs";
import { readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { openWatcher } from "../../../src/adapters/git/watcher.ts";
import { openWorktrees } from "../../../src/adapters/git/worktrees.ts";
import { gitRepo } from "../../support/git-repo.ts";
import { opened } from "../../support/open-git.ts";

const FLAG = "skip-auto-rebase-watcher";
const BRANCH = "dispatch/a--work";

test("the user pauses and resumes, while agents come and go", async () => {
  await using repo = await gitRepo();
  const repository = await opened(repo);
  const watcher = openWatcher(repository);
  expect(await watcher.readState()).toEqual({ paused: false, by: null });
  await watcher.pause();
  await watcher.pause();
  expect(await watcher.isPaused()).toBe(true);
  expect(await watcher.readState()).toEqual({ paused: true, by: "you" });

  const { commit } = await repository.fetchBase();
  const worktrees = openWorktrees({ repository, pauseMain: true });
  const about = { holder: "A/coder/1/1", run: "r", task: "A", role: "coder", lane: 1, commit, branch: BRANCH } as const;
  const lease = await worktrees.acquire(about);
  await lease.pauseWatcher();
  expect(await watcher.readState()).toEqual({ paused: true, by: "you, A/coder/1/1" });
  await lease.release();
  expect(await watcher.readState()).toEqual({ paused: true, by: "you" });
  // Nobody's process stands for it, so nobody's death ends it.
  await (await worktrees.heal()).all();
  expect(await watcher.isPaused()).toBe(true);
  await watcher.resume();
  await watcher.resume();
  expect(existsSync(join(repo.dir, ".git", FLAG))).toBe(false);
});

test("a flag of somebody else pauses us, and neither pause nor resume touches it", async () => {
  await using repo = await gitRepo();
  const flag = join(repo.dir, ".git", FLAG);
  await writeFile(flag, "");
  const watcher = openWatcher(await opened(repo));
  expect(await watcher.readState()).toEqual({ paused: true, by: null });
  await watcher.pause();
  await watcher.resume();
  expect(await readFile(flag, "utf8")).toBe("");
  await rm(flag);
  expect(await watcher.isPaused()).toBe(false);
});

test("a branch is busy while it is leased or checked out anywhere", async () => {
  await using repo = await gitRepo();
  const repository = await opened(repo);
  const worktrees = openWorktrees({ repository, pauseMain: true });
  const { commit } = await repository.fetchBase();
  await repository.moveBranch(BRANCH, commit, null);
  expect(await worktrees.isBusy(BRANCH)).toBe(false);
  const about = { holder: "A", run: "r", task: "A", role: "coder", lane: 1, commit, branch: BRANCH } as const;
  const lease = await worktrees.acquire(about);
  expect(await worktrees.isBusy(BRANCH)).toBe(true);
  await lease.release();
  expect(await worktrees.isBusy(BRANCH)).toBe(false);
  await repo.git("worktree", "add", "-q", join(repo.temp, "look"), BRANCH);
  expect(await worktrees.isBusy(BRANCH)).toBe(true);
});
