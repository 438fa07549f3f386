import { existsSync } from "node:fs";
import { chmod, readFile, readdir, rm, symlink, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { retireSlot } from "../../../src/adapters/git/trash.ts";
import { openWorktrees, type WorktreesOptions } from "../../../src/adapters/git/worktrees.ts";
import type { GitRepository } from "../../../src/adapters/git/repository.ts";
import type { LeaseRequest } from "../../../src/ports/worktrees.ts";
import { caught } from "../../support/caught.ts";
import { childScript } from "../../support/child-script.ts";
import { gitIn, type GitRepo, gitRepo, writeFiles } from "../../support/git-repo.ts";
import { opened } from "../../support/open-git.ts";

/** One cold, the others warm; `GIT_ROUNDS=50` is a campaign. */
const ROUNDS = Number(process.env["GIT_ROUNDS"] ?? 3);
const FLAG = "skip-auto-rebase-watcher";

function pool(repository: GitRepository, options: Partial<WorktreesOptions> = {}) {
  return openWorktrees({ repository, pauseMain: true, ...options });
}

function request(commit: string, over: Partial<LeaseRequest> = {}): LeaseRequest {
  const task = over.task ?? "A";
  const branch = `dispatch/${task.toLowerCase()}--work`;
  return { holder: `${task}/coder/1/1`, run: "run-1", task, role: "coder", lane: 1, commit, branch, ...over };
}

test("a lease is a real linked worktree on its own branch, outside of the user's view", async () => {
  await using repo = await gitRepo({ "a.txt": "1\n", "deep/b.txt": "2\n" });
  await repo.write({ "a.txt": "dirty\n", "new.txt": "untracked\n" });
  const before = await repo.print();
  const repository = await opened(repo);
  const { commit } = await repository.fetchBase();
  const worktree = await pool(repository).acquire(request(commit));
  expect(worktree.path).toBe(join(repo.dir, ".work", "s01"));
  expect(await readFile(join(worktree.path, "deep/b.txt"), "utf8")).toBe("2\n");
  expect(await gitIn(worktree.path, "status", "--porcelain=v2", "--branch")).toBe(
    `# branch.oid ${commit}\n# branch.head dispatch/a--work`,
  );
  expect(await gitIn(worktree.path, "rev-parse", "--path-format=absolute", "--git-common-dir")).toBe(
    join(repo.dir, ".git"),
  );
  expect(await worktree.isIntact()).toBe(true);
  await worktree.release();
  expect(await repo.print()).toEqual(before);
  expect(await repo.read(".git/info/exclude")).toMatch(/^\/\.work\/$/m);
  expect(await repo.git("worktree", "list", "--porcelain")).toContain("locked dispatch slot");
});

test("the next task of a lane gets the same place, warm, clean and on its own branch", async () => {
  await using repo = await gitRepo({ "a.txt": "1\n", ".gitignore": "node_modules/\ndist/\n" });
  const repository = await opened(repo);
  const { commit } = await repository.fetchBase();
  const starts: string[] = [];
  const worktrees = pool(repository, { onReady: (start) => starts.push(start) });
  const first = await worktrees.acquire(request(commit));
  await writeFiles(first.path, { "a.txt": "2\n", "b.txt": "x\n", "node_modules/m/i.js": "1\n", "dist/o.js": "1\n" });
  await gitIn(first.path, "commit", "-q", "-a", "-m", "by the agent");
  await first.release();
  const second = await worktrees.acquire(request(commit, { task: "B" }));
  expect(second.path).toBe(first.path);
  expect(starts).toEqual(["cold", "warm"]);
  expect((await readdir(second.path)).sort()).toEqual([".git", ".gitignore", "a.txt", "node_modules"]);
  expect(await gitIn(second.path, "status", "--porcelain", "--branch")).toBe("## dispatch/b--work");
  expect(await readFile(join(second.path, "a.txt"), "utf8")).toBe("1\n");
  await second.release();
});

test("there are no more worktrees than may be: an idle one of another kind goes, what a person left in it is saved", async () => {
  await using repo = await gitRepo({ "a.txt": "1\n" });
  const repository = await opened(repo);
  const { commit } = await repository.fetchBase();
  const worktrees = pool(repository, { max: 1 });
  const first = await worktrees.acquire(request(commit));
  await first.release();
  await writeFiles(first.path, { "mine.txt": "a person's\n" });
  const branch = "dispatch-test/A-1";
  const second = await worktrees.acquire(request(commit, { role: "tester", branch }));
  expect((await repository.slots.read()).map((slot) => slot.class)).toEqual(["verify"]);
  expect(existsSync(first.path) && first.path !== second.path).toBe(false);
  expect(await repo.git("show", "refs/dispatch/salvage/lost/1:mine.txt")).toBe("a person's");
  // One that is in use goes for nobody.
  const third = await worktrees.acquire(request(commit, { task: "B" }));
  expect(await second.isIntact()).toBe(true);
  await Promise.all([second.release(), third.release()]);
});

test.each(["coder", "tester"] as const)(
  "folders of a %s that only look like dependencies and are not ignored do not reach the next task",
  async (role) => {
    await using repo = await gitRepo({ "a.txt": "1\n" });
    const repository = await opened(repo);
    const { commit } = await repository.fetchBase();
    const starts: string[] = [];
    const worktrees = pool(repository, { onReady: (start) => starts.push(start) });
    const first = await worktrees.acquire(request(commit, { role }));
    await writeFiles(first.path, { "node_modules/m/i.js": "1\n" });
    await gitIn(first.path, "init", "-q", "inner");
    await first.release();
    const second = await worktrees.acquire(request(commit, { role, task: "B" }));
    expect(starts).toEqual(["cold", "warm"]);
    expect((await readdir(second.path)).sort()).toEqual([".git", "a.txt"]);
    expect((await repository.snapshot(snapshotOf(second.path, commit))).changes).toEqual([]);
    await second.release();
  },
);

test(`eight at once, ${ROUNDS} rounds (GIT_ROUNDS=n for more): none is lost, each has its own files, and the user sees nothing`, async () => {
  await using repo = await gitRepo(Object.fromEntries(Array.from({ length: 60 }, (_, i) => [`f/${i}.txt`, `${i}\n`])));
  await repo.write({ "f/1.txt": "dirty\n" });
  const before = await repo.print();
  const repository = await opened(repo);
  const { commit } = await repository.fetchBase();
  const worktrees = pool(repository);
  const tasks = Array.from({ length: 8 }, (_, index) => `T${index}`);
  for (let round = 1; round <= ROUNDS; round += 1) {
    const leases = await Promise.all(
      tasks.map((task, lane) =>
        worktrees.acquire(request(commit, { task, lane, branch: `dispatch/${task}--${round}` })),
      ),
    );
    expect(new Set(leases.map(({ path }) => path)).size).toBe(8);
    await Promise.all(
      leases.map(async (lease, index) => {
        await using _pause = await lease.pauseWatcher();
        await writeFiles(lease.path, { "mine.txt": `${index} ${round}\n` });
        const taken = await repository.snapshot(snapshotOf(lease.path, commit));
        await repository.moveBranch(lease.branch, taken.commit, commit);
        await repository.publish(lease.branch, taken.commit, null);
      }),
    );
    await Promise.all(leases.map((lease) => lease.release()));
  }
  const refs = await repo.refs(repo.origin ?? "");
  for (const [index, task] of tasks.entries()) {
    for (let round = 1; round <= ROUNDS; round += 1) {
      const branch = `dispatch/${task}--${round}`;
      expect(await repo.git("show", `${branch}:mine.txt`)).toBe(`${index} ${round}`);
      expect(refs[`refs/heads/${branch}`]).toBe(await repo.commitId(branch));
    }
  }
  expect((await readdir(join(repo.dir, ".work"))).filter((name) => name !== ".trash")).toHaveLength(8);
  expect(existsSync(join(repo.dir, ".git", FLAG))).toBe(false);
  expect(await repo.print()).toEqual(before);
  await repo.git("fsck", "--strict");
});

test("who only looks gets slots of their own kind, and a tree and a branch that are thrown away", async () => {
  await using repo = await gitRepo();
  const repository = await opened(repo);
  const { commit } = await repository.fetchBase();
  const worktrees = pool(repository);
  const coder = await worktrees.acquire(request(commit));
  await coder.release();
  const branch = "dispatch-test/a-1";
  const tester = await worktrees.acquire(request(commit, { role: "tester", branch }));
  expect(tester.path).not.toBe(coder.path);
  await writeFiles(tester.path, { "coverage/x.html": "junk\n" });
  await tester.release();
  expect(await repository.readBranch(branch)).toBeNull();
  expect(Object.keys(await repo.refs()).filter((ref) => ref.includes("salvage"))).toEqual([]);
  const reviewer = await worktrees.acquire(request(commit, { role: "reviewer", branch: "dispatch-review/a-1" }));
  expect(reviewer.path).toBe(tester.path);
  expect((await readdir(reviewer.path)).sort()).toEqual([".git", "README.md"]);
  await reviewer.release();
});

test("a tester's branch that an interrupted round left is taken over", async () => {
  await using repo = await gitRepo();
  const old = await repo.commitId("HEAD");
  const commit = await repo.commit("next", { "b.txt": "1\n" });
  await repo.git("branch", "dispatch-test/a-1", old);
  const repository = await opened(repo);
  const branch = "dispatch-test/a-1";
  await using tester = await pool(repository).acquire(request(commit, { role: "tester", branch }));
  expect(await repository.readBranch(branch)).toBe(commit);
  expect(existsSync(join(tester.path, "b.txt"))).toBe(true);
});

test("a task branch that exists is used where it stands, and refused at another commit", async () => {
  await using repo = await gitRepo();
  const start = await repo.commitId("HEAD");
  const head = await repo.commit("ahead", { "b.txt": "1\n" });
  await repo.git("branch", "dispatch/a--work", head);
  const repository = await opened(repo);
  const worktrees = pool(repository);
  await expect(worktrees.acquire(request(start))).rejects.toMatchObject({ code: "branch_exists" });
  const lease = await worktrees.acquire(request(head));
  expect(existsSync(join(lease.path, "b.txt"))).toBe(true);
  // The same branch twice at once is never right.
  await expect(worktrees.acquire(request(head, { lane: 2 }))).rejects.toMatchObject({ code: "branch_checked_out" });
  await lease.release();
  expect((await repository.slots.read()).map(({ state }) => state)).toEqual(["idle"]);
});

test("a branch that the user has checked out is refused with the checkout's path", async () => {
  await using repo = await gitRepo();
  await repo.git("switch", "-q", "-c", "dispatch/a--work");
  const commit = await repo.commitId("HEAD");
  const before = await repo.print();
  const error = await caught(pool(await opened(repo)).acquire(request(commit)));
  expect(error.code).toBe("branch_checked_out");
  expect(error.message).toContain(repo.dir);
  expect(await repo.print()).toEqual(before);
});

test("a branch named dispatch is in the way, and the message says how to move it", async () => {
  await using repo = await gitRepo();
  await repo.git("branch", "dispatch");
  const error = await caught(pool(await opened(repo)).acquire(request(await repo.commitId("HEAD"))));
  expect(error.code).toBe("branch_blocked");
  expect(error.hint).toContain("git branch -m dispatch");
});

test("branches that are not ours, ids that are none and hostile task ids are refused", async () => {
  await using repo = await gitRepo();
  const commit = await repo.commitId("HEAD");
  const worktrees = pool(await opened(repo));
  const codes = await Promise.all(
    [
      request(commit, { branch: "main" }),
      request(commit, { branch: "dispatch/../main" }),
      request(commit, { branch: "--upload-pack=x" }),
      request("HEAD"),
      request(commit, { task: "../x", branch: "dispatch/x--y" }),
    ].map((one) => worktrees.acquire(one).catch((error: { code: string }) => error.code)),
  );
  expect(codes).toEqual(["foreign_branch", "invalid_branch", "invalid_branch", "invalid_object_id", "invalid_task_id"]);
});

test("pause flags stand while agents run: in each worktree, and in the main checkout until the last one ends", async () => {
  await using repo = await gitRepo();
  const repository = await opened(repo);
  const { commit } = await repository.fetchBase();
  const worktrees = pool(repository);
  const [a, b] = await Promise.all(["A", "B"].map((task, lane) => worktrees.acquire(request(commit, { task, lane }))));
  const flagOf = (path: string) => gitIn(path, "rev-parse", "--path-format=absolute", "--git-path", FLAG);
  const main = join(repo.dir, ".git", FLAG);
  const flagA = await flagOf(a!.path);
  const pauseA = await a!.pauseWatcher();
  const pauseB = await b!.pauseWatcher();
  const flag: unknown = JSON.parse(await readFile(main, "utf8"));
  expect(flag).toMatchObject({ v: 1, by: "dispatch", pid: process.pid, leases: [{ task: "A" }, { task: "B" }] });
  expect(JSON.parse(await readFile(flagA, "utf8"))).toMatchObject({
    by: "dispatch",
    leases: [{ holder: "A/coder/1/1" }],
  });
  await pauseA[Symbol.asyncDispose]();
  expect(existsSync(flagA)).toBe(false);
  expect(JSON.parse(await readFile(main, "utf8"))).toMatchObject({ leases: [{ task: "B" }] });
  // Who forgets to end the pause does so with the lease.
  await b!.release();
  expect(existsSync(main)).toBe(false);
  await pauseB[Symbol.asyncDispose]();
  await a!.release();
});

test.each([
  ["", "an empty"],
  ["by: somebody\n", "a foreign"],
  ['{"v":1,"by":"them","leases":[]}', "another tool's"],
])("a flag that holds %j (%s one) is never changed or removed", async (text) => {
  await using repo = await gitRepo();
  const main = join(repo.dir, ".git", FLAG);
  await writeFile(main, text);
  const repository = await opened(repo);
  const { commit } = await repository.fetchBase();
  const worktrees = pool(repository);
  const lease = await worktrees.acquire(request(commit));
  const own = join(repo.dir, ".git", "worktrees", "s01", FLAG);
  await writeFile(own, text);
  const pause = await lease.pauseWatcher();
  await pause[Symbol.asyncDispose]();
  await lease.release();
  await (await worktrees.heal()).all();
  expect(await readFile(main, "utf8")).toBe(text);
  expect(await readFile(own, "utf8")).toBe(text);
});

test("without pauseMain the flag of the main checkout stays down", async () => {
  await using repo = await gitRepo();
  const repository = await opened(repo);
  const lease = await pool(repository, { pauseMain: false }).acquire(request((await repository.fetchBase()).commit));
  await using _pause = await lease.pauseWatcher();
  expect(existsSync(join(repo.dir, ".git", FLAG))).toBe(false);
  expect(existsSync(join(repo.dir, ".git", "worktrees", "s01", FLAG))).toBe(true);
  await lease.release();
});

test("what an agent left unsaved is under a salvage ref after the release", async () => {
  await using repo = await gitRepo({ "a.txt": "1\n", ".gitignore": "*.log\n" });
  const repository = await opened(repo);
  const { commit } = await repository.fetchBase();
  const lease = await pool(repository).acquire(request(commit));
  await writeFiles(lease.path, { "a.txt": "2\n", "deep/new.txt": "n\n", "x.log": "ignored\n" });
  await lease.release();
  const ref = "refs/dispatch/salvage/A/1";
  expect(await repo.git("ls-tree", "-r", "--name-only", ref)).toBe(".gitignore\na.txt\ndeep/new.txt");
  expect(await repo.git("show", `${ref}:a.txt`)).toBe("2");
  expect(await repo.git("rev-parse", `${ref}^`)).toBe(commit);
  expect(await repo.git("log", "-1", "--format=%(trailers:key=Dispatch-Task,valueonly)", ref)).toContain("A");
});

test("what is on the branch already is not saved again", async () => {
  await using repo = await gitRepo();
  const repository = await opened(repo);
  const { commit } = await repository.fetchBase();
  const lease = await pool(repository).acquire(request(commit));
  await writeFiles(lease.path, { "b.txt": "1\n" });
  const taken = await repository.snapshot(snapshotOf(lease.path, commit));
  await repository.moveBranch(lease.branch, taken.commit, commit);
  await lease.release();
  expect(Object.keys(await repo.refs()).filter((ref) => ref.includes("salvage"))).toEqual([]);
});

test("a snapshot that nobody put on the branch is saved", async () => {
  await using repo = await gitRepo();
  const repository = await opened(repo);
  const { commit } = await repository.fetchBase();
  const lease = await pool(repository).acquire(request(commit));
  await writeFiles(lease.path, { "b.txt": "withheld\n" });
  await repository.snapshot(snapshotOf(lease.path, commit));
  await lease.release();
  expect(await repo.git("show", "refs/dispatch/salvage/A/1:b.txt")).toBe("withheld");
});

test("who looked at an idle slot before somebody leased it does not take it away", async () => {
  await using repo = await gitRepo();
  const repository = await opened(repo);
  const { commit } = await repository.fetchBase();
  const worktrees = pool(repository);
  await (await worktrees.acquire(request(commit))).release();
  const [idle] = await repository.slots.read();
  await using lease = await worktrees.acquire(request(commit, { task: "B" }));
  const kit = { repository, keep: [], trusted: new Set<string>(), onKept: () => undefined };
  await retireSlot(kit, idle ?? expect.unreachable());
  expect(await lease.isIntact()).toBe(true);
});

test("an agent that deletes its worktree costs the slot, not the pool", async () => {
  await using repo = await gitRepo();
  const before = await repo.print();
  const repository = await opened(repo);
  const { commit } = await repository.fetchBase();
  const worktrees = pool(repository);
  const lease = await worktrees.acquire(request(commit));
  await rm(lease.path, { recursive: true });
  expect(await lease.isIntact()).toBe(false);
  await lease.release();
  expect(await repo.git("worktree", "list", "--porcelain")).not.toMatch(/\/s01$/m);
  await using again = await worktrees.acquire(request(commit, { task: "B" }));
  expect(await again.isIntact()).toBe(true);
  expect(await repo.print()).toEqual(before);
});

test("an agent that replaces .git is noticed, its files are saved, and the place is not used again", async () => {
  await using repo = await gitRepo();
  const repository = await opened(repo);
  const { commit } = await repository.fetchBase();
  const worktrees = pool(repository);
  const lease = await worktrees.acquire(request(commit));
  await rm(join(lease.path, ".git"));
  await gitIn(lease.path, "init", "-q");
  await writeFiles(lease.path, { "b.txt": "work\n" });
  expect(await lease.isIntact()).toBe(false);
  await lease.release();
  expect(await repo.git("show", "refs/dispatch/salvage/A/1:b.txt")).toBe("work");
  expect(existsSync(lease.path)).toBe(false);
});

test.each([
  ["is too large", "big.bin"],
  ["git does not take", ".GIT/x.txt"],
])("work that %s keeps its folder, is told of, and nobody else gets that slot", async (_, name) => {
  await using repo = await gitRepo();
  const repository = await opened(repo);
  const { commit } = await repository.fetchBase();
  const told: string[] = [];
  const worktrees = pool(repository, { onKept: (error) => told.push(error.code) });
  const lease = await worktrees.acquire(request(commit));
  const file = join(lease.path, name);
  await writeFiles(lease.path, { [name]: "", "other.txt": "1\n" });
  // Sparse: it only says that it is large.
  if (name === "big.bin") await truncate(file, 600 * 1024 * 1024);
  await lease.release();
  expect(told).toEqual(["work_not_saved"]);
  expect(existsSync(file)).toBe(true);
  // Another try of the same task, on the same branch.
  await using next = await worktrees.acquire(request(commit));
  expect(next.path).not.toBe(lease.path);
});

test("an agent that deletes the entry of its worktree costs the slot, and its files are saved", async () => {
  await using repo = await gitRepo();
  const repository = await opened(repo);
  const { commit } = await repository.fetchBase();
  const lease = await pool(repository).acquire(request(commit));
  await writeFiles(lease.path, { "b.txt": "work\n" });
  await rm(join(repo.dir, ".git/worktrees/s01"), { recursive: true });
  await lease.release();
  expect(await repo.git("show", "refs/dispatch/salvage/A/1:b.txt")).toBe("work");
  expect(await repository.slots.read()).toEqual([]);
});

/** `libs/module` is a submodule that nobody initialised. */
async function addSubmodule(repo: GitRepo): Promise<string> {
  await repo.git("update-index", "--add", "--cacheinfo", `160000,${"1".repeat(40)},libs/module`);
  await repo.git("commit", "-q", "-m", "a submodule");
  await repo.git("push", "-q", "origin", "main");
  return repo.commitId("HEAD");
}

test.each([
  ["coder", "before"],
  ["tester", "before"],
  ["coder", "meanwhile"],
  ["tester", "meanwhile"],
] as const)("what a %s left in a folder that is a submodule (%s) never reaches the next task", async (role, since) => {
  await using repo = await gitRepo();
  if (since === "before") await addSubmodule(repo);
  const repository = await opened(repo);
  const worktrees = pool(repository);
  const first = await worktrees.acquire(request((await repository.fetchBase()).commit, { role }));
  await writeFiles(first.path, { "libs/module/x.txt": "1\n" });
  if (since === "meanwhile") await addSubmodule(repo);
  const { commit } = await repository.fetchBase();
  await first.release();
  const next = await worktrees.acquire(request(commit, { role, task: "B" }));
  expect(await readdir(join(next.path, "libs/module"))).toEqual([]);
  await next.release();
  // What stayed empty does not cost the slot.
  expect(await repository.slots.read()).toMatchObject([{ name: "s01", state: "idle", commit }]);
});

test("what a person put into a submodule's folder of an idle slot is saved", async () => {
  await using repo = await gitRepo();
  const commit = await addSubmodule(repo);
  const repository = await opened(repo);
  await (await pool(repository).acquire(request(commit))).release();
  await writeFiles(join(repo.dir, ".work/s01/libs/module"), { "x.txt": "by hand\n" });
  await using lease = await pool(repository).acquire(request(commit, { task: "B" }));
  expect(await readdir(join(lease.path, "libs/module"))).toEqual([]);
  expect(await repo.git("show", "refs/dispatch/salvage/lost/1:libs/module/x.txt")).toBe("by hand");
});

test("leftovers of the agent's own git do not reach the next task", async () => {
  await using repo = await gitRepo({ "a.txt": "1\n" });
  const repository = await opened(repo);
  const { commit } = await repository.fetchBase();
  const worktrees = pool(repository);
  const lease = await worktrees.acquire(request(commit));
  const admin = join(repo.dir, ".git", "worktrees", "s01");
  await gitIn(lease.path, "switch", "-q", "--detach");
  await gitIn(lease.path, "update-index", "--skip-worktree", "a.txt");
  await writeFiles(lease.path, { "a.txt": "hidden\n" });
  await writeFiles(admin, { "index.lock": "", "HEAD.lock": "", MERGE_HEAD: commit, "rebase-merge/onto": commit });
  await writeFiles(admin, { commondir: "/nowhere\n", gitdir: "/nowhere/.git\n" });
  await rm(join(admin, "locked"));
  await lease.release();
  const next = await worktrees.acquire(request(commit, { task: "B" }));
  expect(next.path).toBe(lease.path);
  expect(await gitIn(next.path, "status", "--porcelain", "--branch")).toBe("## dispatch/b--work");
  expect(await readFile(join(next.path, "a.txt"), "utf8")).toBe("1\n");
  await gitIn(next.path, "commit", "-q", "--allow-empty", "-m", "works");
  expect(await repo.git("show", "refs/dispatch/salvage/A/1:a.txt")).toBe("hidden");
  expect(await repo.git("worktree", "list", "--porcelain")).toContain("locked dispatch slot");
  await next.release();
});

test("an idle slot that a person changed between two runs is saved, not overwritten", async () => {
  await using repo = await gitRepo({ "a.txt": "1\n" });
  const repository = await opened(repo);
  const { commit } = await repository.fetchBase();
  await (await pool(repository).acquire(request(commit))).release();
  await writeFiles(join(repo.dir, ".work", "s01"), { "a.txt": "by hand\n" });
  await using lease = await pool(repository).acquire(request(commit, { task: "B" }));
  expect(await readFile(join(lease.path, "a.txt"), "utf8")).toBe("1\n");
  expect(await repo.git("show", "refs/dispatch/salvage/lost/1:a.txt")).toBe("by hand");
});

test("hooks, filters, sparse patterns and monitors of the user's repository have no part in it", async () => {
  await using repo = await gitRepo({ "a.txt": "1\n", "deep/b.txt": "2\n", ".gitattributes": "*.txt filter=loud\n" });
  const trace = join(repo.temp, "trace");
  for (const hook of ["post-checkout", "reference-transaction", "pre-push", "post-index-change"]) {
    await writeFiles(join(repo.dir, ".git/hooks"), { [hook]: `#!/bin/sh\necho ${hook} >> ${trace}\n` });
    await chmod(join(repo.dir, ".git/hooks", hook), 0o755);
  }
  await repo.git("sparse-checkout", "set", "deep");
  await repo.git("config", "filter.loud.smudge", `echo smudge >> ${trace}; cat`);
  await repo.git("config", "filter.loud.clean", `echo clean >> ${trace}; cat`);
  await repo.git("config", "core.fsmonitor", `echo monitor >> ${trace}; false`);
  // They do work for a git without the belt.
  await repo.git("worktree", "add", "-q", "--detach", join(repo.temp, "plain"));
  for (const word of ["post-checkout", "smudge"]) expect(await readFile(trace, "utf8")).toContain(word);
  await rm(trace);
  const repository = await opened(repo);
  const { commit } = await repository.fetchBase();
  const worktrees = pool(repository);
  for (const task of ["A", "B"]) {
    const lease = await worktrees.acquire(request(commit, { task }));
    expect(existsSync(join(lease.path, "a.txt"))).toBe(true);
    // The agent's own git sees every file, too.
    expect(existsSync(join(repo.dir, ".git/worktrees/s01/config.worktree"))).toBe(false);
    await writeFiles(lease.path, { "deep/b.txt": `${task}\n` });
    const taken = await repository.snapshot(snapshotOf(lease.path, commit));
    expect(taken.changes.map(({ path }) => path)).toEqual(["deep/b.txt"]);
    await repository.moveBranch(lease.branch, taken.commit, commit);
    await repository.publish(lease.branch, taken.commit, null);
    await lease.release();
  }
  expect(existsSync(trace)).toBe(false);
});

test.each([
  ["an absolute folder elsewhere", "absolute"],
  ["a folder behind a link", "link"],
  ["a folder deeper in the checkout", "deep"],
] as const)("the slots may be in %s", async (_, kind) => {
  await using repo = await gitRepo();
  const before = await repo.print();
  await symlink(repo.temp, join(repo.temp, "link"));
  const workDir = {
    absolute: join(repo.temp, "elsewhere"),
    link: join(repo.temp, "link/far"),
    deep: "some/odd [name]",
  }[kind];
  const repository = await opened(repo, { workDir });
  const { commit } = await repository.fetchBase();
  await using lease = await pool(repository).acquire(request(commit));
  const real = { absolute: workDir, link: join(repo.temp, "far"), deep: join(repo.dir, workDir) }[kind];
  expect(lease.path).toBe(join(real, "s01"));
  expect(await lease.isIntact()).toBe(true);
  expect(await repo.print()).toEqual(before);
});

test("from a linked worktree of the user the slots are still those of the main checkout", async () => {
  await using repo = await gitRepo();
  const linked = join(repo.temp, "linked");
  await repo.git("worktree", "add", "-q", "-b", "mine", linked);
  const repository = await opened(repo, { root: linked });
  const before = await repo.print(linked);
  const { commit } = await repository.fetchBase();
  const lease = await pool(repository).acquire(request(commit));
  expect(lease.path).toBe(join(repo.dir, ".work", "s01"));
  await using _pause = await lease.pauseWatcher();
  expect(existsSync(join(repo.dir, ".git", FLAG))).toBe(true);
  expect(await repo.print(linked)).toEqual(before);
  await lease.release();
});

test("a bare repository works as well, with its slots inside", async () => {
  await using repo = await gitRepo({ "a.txt": "1\n" });
  const bare = repo.origin ?? "";
  const repository = await opened(repo, { root: bare });
  expect(repository.origin).toBeNull();
  const { branch, commit } = await repository.fetchBase();
  expect(branch).toBe("main");
  await using lease = await pool(repository).acquire(request(commit));
  await writeFiles(lease.path, { "a.txt": "2\n" });
  const taken = await repository.snapshot(snapshotOf(lease.path, commit));
  await repository.moveBranch(lease.branch, taken.commit, commit);
  expect(await gitIn(bare, "show", "dispatch/a--work:a.txt")).toBe("2");
});

test("processes that lease at once from one book never get the same place", async () => {
  await using repo = await gitRepo();
  const lease = () => childScript("git/lease.ts", repo.dir, join(repo.temp, "state"), "4");
  await using one = lease();
  await using two = lease();
  await using three = lease();
  const children = [one, two, three];
  await Promise.all(children.map((child) => child.line(/^ready$/)));
  for (const { child } of children) child.stdin?.write("go\n");
  await Promise.all(children.map((child) => child.line(/^all$/)));
  const paths = children.flatMap(({ lines }) => lines.filter((line) => line.startsWith("/")));
  expect(new Set(paths).size).toBe(12);
  await repo.git("fsck");
  for (const { child } of children) child.stdin?.end();
  await Promise.all(children.map((child) => child.line(/^released$/)));
  const repository = await opened(repo);
  expect((await repository.slots.read()).map(({ state }) => state)).toEqual(Array.from({ length: 12 }, () => "idle"));
});

test("two pools of two processes' worth of state never hand out one place twice", async () => {
  await using repo = await gitRepo();
  const one = await opened(repo, { stateDir: join(repo.temp, "one") });
  const two = await opened(repo, { stateDir: join(repo.temp, "two") });
  const { commit } = await one.fetchBase();
  const leases = await Promise.all(
    [one, two, one, two].map((repository, lane) =>
      pool(repository).acquire(request(commit, { task: `T${lane}`, lane })),
    ),
  );
  expect(new Set(leases.map(({ path }) => path)).size).toBe(4);
  for (const lease of leases) await lease.release();
});

function snapshotOf(worktree: string, parent: string) {
  const limits = { changedFiles: 1000 };
  return { worktree, parent, message: "work", author: "coder", date: "2026-02-03T04:05:06Z", limits };
}
