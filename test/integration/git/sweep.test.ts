import { existsSync } from "node:fs";
import { truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { GitRepository } from "../../../src/adapters/git/repository.ts";
import { openSweeper } from "../../../src/adapters/git/sweep.ts";
import { openWorktrees } from "../../../src/adapters/git/worktrees.ts";
import { gitRepo, writeFiles } from "../../support/git-repo.ts";
import { opened } from "../../support/open-git.ts";

/** A task with a commit of its own on its branch; gives the commit. */
async function work(repository: GitRepository, task: string): Promise<string> {
  const { commit } = await repository.fetchBase();
  const branch = `dispatch/${task.toLowerCase()}--work`;
  const worktrees = openWorktrees({ repository, pauseMain: true, onKept: () => undefined });
  const lease = await worktrees.acquire({ holder: task, run: "r", task, role: "coder", lane: 1, commit, branch });
  await writeFiles(lease.path, { [`${task}.txt`]: "1\n" });
  const about = { message: task, author: "a", date: "2026-01-01T00:00:00Z", limits: { changedFiles: 10 } };
  const taken = await repository.snapshot({ worktree: lease.path, parent: commit, ...about });
  await repository.moveBranch(branch, taken.commit, commit);
  await lease.release();
  return taken.commit;
}

test("idle slots and merged branches go, and with them every trace but the refs that are kept", async () => {
  await using repo = await gitRepo();
  const before = await repo.print();
  const repository = await opened(repo);
  const head = await work(repository, "A");
  await repository.publish("dispatch/a--work", head, null);
  await repo.gitIn(repo.origin ?? "", "update-ref", "refs/heads/main", head);
  expect(await openSweeper(repository).sweep(false)).toEqual({
    removed: [join(repo.dir, ".work", "s01"), "dispatch/a--work"],
    kept: [],
  });
  for (const folder of [".git/worktrees", ".work"]) expect(existsSync(join(repo.dir, folder))).toBe(false);
  expect((await repo.refs())["refs/heads/dispatch/a--work"]).toBeUndefined();
  expect(await openSweeper(repository).sweep(false)).toEqual({ removed: [], kept: [] });
  expect(await repo.print()).toEqual(before);
});

test("what is not merged stays unless forced, and forced it stays reachable", async () => {
  await using repo = await gitRepo();
  const repository = await opened(repo);
  const head = await work(repository, "A");
  const { kept } = await openSweeper(repository).sweep(false);
  expect(kept).toEqual([{ what: "dispatch/a--work", why: "it is not merged" }]);
  expect(await repository.readBranch("dispatch/a--work")).toBe(head);
  expect((await openSweeper(repository).sweep(true)).removed).toEqual(["dispatch/a--work"]);
  expect(await repository.readBranch("dispatch/a--work")).toBeNull();
  expect(await repo.commitId("refs/dispatch/keep/a")).toBe(head);
});

test("a second forced sweep loses nothing that the first one kept", async () => {
  await using repo = await gitRepo();
  const repository = await opened(repo);
  const first = await work(repository, "A");
  await openSweeper(repository).sweep(true);
  await repo.commitOnOrigin({ "other.txt": "1\n" });
  const second = await work(repository, "A");
  await openSweeper(repository).sweep(true);
  expect(await repo.commitId("refs/dispatch/keep/a")).toBe(second);
  expect(await repo.commitId("refs/dispatch/salvage/a/1")).toBe(first);
});

test("what is in use stays, forced or not", async () => {
  await using repo = await gitRepo();
  const repository = await opened(repo);
  const { commit } = await repository.fetchBase();
  const branch = "dispatch/a--work";
  const about = { holder: "A/coder/1/1", run: "r", task: "A", role: "coder", lane: 1, commit, branch } as const;
  await using lease = await openWorktrees({ repository, pauseMain: true }).acquire(about);
  expect(await openSweeper(repository).sweep(true)).toEqual({
    removed: [],
    kept: [
      { what: lease.path, why: "A/coder/1/1 works in it" },
      { what: branch, why: `it is checked out in ${lease.path}` },
    ],
  });
  expect(await lease.isIntact()).toBe(true);
});

test("files that a person left in an idle slot are saved before it goes", async () => {
  await using repo = await gitRepo();
  const repository = await opened(repo);
  await work(repository, "A");
  await writeFiles(join(repo.dir, ".work", "s01"), { "by-hand.txt": "precious\n" });
  expect((await openSweeper(repository).sweep(false)).removed).toContain(join(repo.dir, ".work", "s01"));
  expect(await repo.git("show", "refs/dispatch/salvage/lost/1:by-hand.txt")).toBe("precious");
});

test("work that could not be saved stays where it is until it is forced away", async () => {
  await using repo = await gitRepo();
  const repository = await opened(repo);
  const { commit } = await repository.fetchBase();
  const about = { holder: "A", run: "r", task: "A", role: "coder", lane: 1, commit, branch: "dispatch/a--w" } as const;
  const lease = await openWorktrees({ repository, pauseMain: true, onKept: () => undefined }).acquire(about);
  const big = join(lease.path, "big.bin");
  await writeFile(big, "");
  await truncate(big, 600 * 1024 * 1024);
  await lease.release();
  const { kept } = await openSweeper(repository).sweep(false);
  expect(kept.find(({ what }) => what === lease.path)?.why).toContain("could not be saved");
  expect(existsSync(big)).toBe(true);
  expect((await openSweeper(repository).sweep(true)).removed).toContain(lease.path);
  expect(existsSync(lease.path)).toBe(false);
});
