import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { chmod, link, lstat, mkdir, readdir, readFile, rm, symlink, truncate, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import type { GitRepository } from "../../../src/adapters/git/repository.ts";
import { openSweeper } from "../../../src/adapters/git/sweep.ts";
import { openWorktrees } from "../../../src/adapters/git/worktrees.ts";
import type { Role } from "../../../src/domain/assignment.ts";
import { DispatchError } from "../../../src/domain/errors.ts";
import type { Snapshot } from "../../../src/ports/repository.ts";
import type { Worktree, Worktrees } from "../../../src/ports/worktrees.ts";
import { caught } from "../../support/caught.ts";
import { type Files, gitIn, type GitRepo, gitRepo, writeFiles } from "../../support/git-repo.ts";
import { opened } from "../../support/open-git.ts";

const run = promisify(execFile);
const mkfifo = (path: string): Promise<unknown> => run("mkfifo", [path]);
const isRoot = process.getuid?.() === 0;

interface Bench extends AsyncDisposable {
  readonly repo: GitRepo;
  readonly repository: GitRepository;
  readonly worktrees: Worktrees;
  readonly lease: Worktree;
  /** Where its entry is. */
  readonly admin: string;
  /** Codes of what could not be saved or removed. */
  readonly told: string[];
  acquire(task: string, role?: Role): Promise<Worktree>;
  snapshot(): Promise<Snapshot>;
  /** Paths of what a snapshot takes. */
  taken(): Promise<readonly string[]>;
}

async function bench(files: Files = { "a.txt": "1\n", "sub/b.txt": "2\n" }, role: Role = "coder"): Promise<Bench> {
  const repo = await gitRepo(files);
  const repository = await opened(repo);
  const { commit } = await repository.fetchBase();
  const told: string[] = [];
  const worktrees = openWorktrees({ repository, pauseMain: true, onKept: (error) => told.push(error.code) });
  const acquire = (task: string, as: Role = role): Promise<Worktree> =>
    worktrees.acquire({
      ...{ holder: task, run: "r1", task, role: as, lane: 1, commit },
      branch: `dispatch/${task.toLowerCase()}--w`,
    });
  const lease = await acquire("A");
  const about = { parent: commit, author: "c <c@x>", date: "2026-02-03T04:05:06.789Z", message: "Do it\n" };
  const snapshot = (): Promise<Snapshot> =>
    repository.snapshot({ worktree: lease.path, ...about, limits: { changedFiles: 50 } });
  return {
    ...{ repo, repository, worktrees, lease, told, acquire, snapshot },
    admin: join(repo.dir, ".git/worktrees/s01"),
    taken: async () => (await snapshot()).changes.map(({ path }) => path),
    // Node's own removal ends where a path does.
    [Symbol.asyncDispose]: async () => void (await run("rm", ["-rf", repo.temp])),
  };
}

/** Forty folders in each other, each with a long name: more than a path can say. */
async function digDeep(folder: string): Promise<void> {
  await run("sh", ["-c", 'n=$(printf "%0200d" 0); for i in $(seq 40); do mkdir $n && cd -P $n; done; echo x > f'], {
    cwd: folder,
  });
}

/** What git opens when it looks for rules, or for repositories within. */
const TRAPS: readonly (readonly [string, (tree: string) => Promise<unknown>])[] = [
  ["a pipe for .gitignore", (tree) => mkfifo(join(tree, "new/.gitignore"))],
  ["a pipe for .gitattributes", (tree) => mkfifo(join(tree, "new/.gitattributes"))],
  ["a pipe for the rules beside a tracked file", (tree) => mkfifo(join(tree, "sub/.gitattributes"))],
  [
    "a pipe for HEAD of a repository within",
    async (tree) => {
      await mkdir(join(tree, "new/.git"));
      await mkfifo(join(tree, "new/.git/HEAD"));
    },
  ],
  [
    "an endless device behind a link within .git",
    async (tree) => {
      await writeFiles(join(tree, "new/.git"), { HEAD: "ref: refs/heads/main\n", "objects/x": "", "refs/x": "" });
      await symlink("/dev/zero", join(tree, "new/.git/commondir"));
    },
  ],
  [
    "a pipe behind a linked .git",
    async (tree) => {
      await mkdir(join(tree, "../out"));
      await mkfifo(join(tree, "../out/HEAD"));
      await symlink(join(tree, "../out"), join(tree, "new/.git"));
    },
  ],
  [
    "a pipe where a .git file points to",
    async (tree) => {
      await mkdir(join(tree, "../out"));
      await mkfifo(join(tree, "../out/HEAD"));
      await writeFile(join(tree, "new/.git"), `gitdir: ${join(tree, "../out")}\n`);
    },
  ],
  [
    "a pipe where the commondir of a repository within points to",
    async (tree) => {
      await gitIn(join(tree, "new"), "init", "-q");
      await mkdir(join(tree, "../out/objects"), { recursive: true });
      await mkdir(join(tree, "../out/refs/heads"), { recursive: true });
      await mkfifo(join(tree, "../out/refs/heads/main"));
      await writeFiles(join(tree, "new/.git"), { commondir: join(tree, "../out"), HEAD: "ref: refs/heads/main\n" });
    },
  ],
];

test.each(TRAPS)("%s hangs nobody, and the rest of the work is kept", async (_, lay) => {
  await using it = await bench();
  await writeFiles(it.lease.path, { "new/c.txt": "3\n", "a.txt": "2\n" });
  await lay(it.lease.path);
  const taken = await it.taken().catch((error: unknown) => (error as { code: string }).code);
  // A repository within stays what nobody publishes; its files are saved.
  if (taken !== "policy") expect(taken).toEqual(["a.txt", "new/c.txt"]);
  await it.lease.release();
  expect(it.told).toEqual([]);
  expect(await it.repo.git("show", "refs/dispatch/salvage/A/1:new/c.txt")).toBe("3");
  await using next = await it.acquire("B");
  expect(await gitIn(next.path, "status", "--porcelain", "--ignored")).toBe("");
});

test.each(["coder", "tester"] as const)("a pipe that comes after the snapshot of a %s costs nothing", async (role) => {
  await using it = await bench({ "a.txt": "1\n", "sub/b.txt": "2\n" }, role);
  if (role === "coder") await it.snapshot();
  await mkfifo(join(it.lease.path, "sub/.gitignore"));
  await mkfifo(join(it.lease.path, "sub/pipe"));
  await it.lease.release();
  expect(await it.repository.slots.read()).toMatchObject([{ name: "s01", state: "idle" }]);
  expect(await readdir(join(it.repo.dir, ".work/s01/sub"))).toEqual(["b.txt"]);
});

test("rules that are too large to be read refuse the snapshot, and the slot is kept with a sentence", async () => {
  await using it = await bench();
  await writeFiles(it.lease.path, { "sub/.gitignore": "", "new.txt": "1\n" });
  await truncate(join(it.lease.path, "sub/.gitignore"), 2 ** 40);
  expect(await caught(it.snapshot())).toMatchObject({ code: "policy" });
  await it.lease.release();
  expect(it.told).toEqual(["work_not_saved"]);
  const [slot] = await it.repository.slots.read();
  expect([slot?.state, slot?.why]).toEqual(["kept", expect.stringContaining("sub/.gitignore is too large")]);
});

test("folders too deep for a path refuse the snapshot; forced, clean takes them away", async () => {
  await using it = await bench();
  await digDeep(it.lease.path);
  const refused = await caught(it.snapshot());
  expect([refused.code, refused.message]).toEqual(["policy", expect.stringContaining("too deep")]);
  await it.lease.release();
  expect(it.told).toEqual(["work_not_saved"]);
  const sweeper = openSweeper(it.repository);
  expect((await sweeper.sweep(false)).kept.map(({ what }) => what)).toContain(it.lease.path);
  expect((await sweeper.sweep(true)).removed).toContain(it.lease.path);
  expect(existsSync(join(it.repo.dir, ".work"))).toBe(false);
});

test("three hundred folders in each other are no work, though a path can name them", async () => {
  await using it = await bench(undefined, "tester");
  await mkdir(join(it.lease.path, "d/".repeat(300)), { recursive: true });
  expect(await caught(it.snapshot())).toMatchObject({ code: "policy" });
  await it.lease.release();
  expect([it.told, existsSync(it.lease.path)]).toEqual([[], false]);
});

test("folders too deep in a tester's worktree go with it", async () => {
  await using it = await bench(undefined, "tester");
  await digDeep(it.lease.path);
  await it.lease.release();
  expect(it.told).toEqual([]);
  expect(await readdir(join(it.repo.dir, ".work/.trash"))).toEqual([]);
  expect(await it.repository.slots.read()).toEqual([]);
});

test("old rubbish that cannot be named by a path is cleared by the next run", async () => {
  await using it = await bench();
  const trashes = [join(it.repo.dir, ".work/.trash"), join(it.repository.stateDir, "trash")];
  for (const trash of trashes) {
    await mkdir(join(trash, "old"), { recursive: true });
    await digDeep(join(trash, "old"));
  }
  await using _later = await inAnHour();
  await (await it.worktrees.heal()).all();
  expect(await Promise.all(trashes.map((trash) => readdir(trash)))).toEqual([[], []]);
});

test("folders too deep between the refs break no run", async () => {
  await using it = await bench();
  const refs = join(it.repo.dir, ".git/refs/heads/dispatch");
  await mkdir(refs, { recursive: true });
  await digDeep(refs);
  await it.lease.release();
  expect(await (await it.worktrees.heal()).all()).toEqual([]);
  await using next = await it.acquire("B");
  expect(next.path).toBe(it.lease.path);
});

/** ctime cannot be set: everything that is there is old by the clock. */
async function inAnHour(): Promise<AsyncDisposable> {
  const { now } = Date;
  Date.now = () => now() + 3_600_000;
  return {
    [Symbol.asyncDispose]: async () => {
      Date.now = now;
    },
  };
}

test.each(["commondir", "gitdir", "locked", "HEAD", "skip-auto-rebase-watcher", "index", "index.new", "logs"])(
  "a pipe for %s in the worktree's entry is replaced unread",
  async (name) => {
    await using it = await bench();
    await writeFiles(it.lease.path, { "a.txt": "2\n" });
    await rm(join(it.admin, name), { recursive: true, force: true });
    await mkfifo(join(it.admin, name));
    // Others are at work meanwhile.
    await using other = await it.acquire("C");
    await it.lease.release();
    expect(await it.repo.git("show", "refs/dispatch/salvage/A/1:a.txt")).toBe("2");
    await using next = await it.acquire("B");
    expect([next.path, it.told]).toEqual([it.lease.path, []]);
    expect(await gitIn(next.path, "status", "--porcelain", "--branch")).toBe("## dispatch/b--w");
    expect(await other.isIntact()).toBe(true);
  },
);

test.each(["commondir", "HEAD", "index", "locked"])(
  "a folder for %s in the worktree's entry is no obstacle",
  async (name) => {
    await using it = await bench();
    await rm(join(it.admin, name));
    await mkdir(join(it.admin, name, "full"), { recursive: true });
    await digDeep(join(it.admin, name));
    await it.lease.release();
    await using next = await it.acquire("B");
    expect(await gitIn(next.path, "status", "--porcelain", "--branch")).toBe("## dispatch/b--w");
    expect(it.told).toEqual([]);
  },
);

test("a link in the entry is replaced, not followed", async () => {
  await using it = await bench();
  const outside = join(it.repo.temp, "outside");
  await writeFile(outside, "../..\n");
  await rm(join(it.admin, "commondir"));
  await symlink(outside, join(it.admin, "commondir"));
  await it.lease.release();
  expect((await lstat(join(it.admin, "commondir"))).isFile()).toBe(true);
  expect(await readFile(outside, "utf8")).toBe("../..\n");
});

test("bits and locks on folders do not reach the next task", async () => {
  await using it = await bench();
  const sub = join(it.lease.path, "sub");
  await chmod(sub, 0o7777);
  await mkdir(join(it.lease.path, "node_modules"));
  await chmod(join(it.lease.path, "node_modules"), 0o000);
  await it.lease.release();
  await using next = await it.acquire("B");
  expect(next.path).toBe(it.lease.path);
  expect((await lstat(sub)).mode & 0o7002).toBe(0);
});

test("a locked folder whose name is no text is looked into all the same", async () => {
  await using it = await bench();
  const folder = Buffer.concat([Buffer.from(`${it.lease.path}/`), Buffer.from([0xff, 0xfe])]);
  await mkdir(folder);
  await writeFile(Buffer.concat([folder, Buffer.from("/x.txt")]), "1\n");
  await chmod(folder, 0o000);
  expect(await it.taken()).toHaveLength(1);
});

test.runIf(isRoot)(
  "a file that nobody can remove costs the slot, is told of once and named by clean",
  async (context) => {
    await using it = await bench();
    const file = join(it.lease.path, "sub/fixed.txt");
    await writeFile(file, "1\n");
    const isFixed = await run("chattr", ["+i", file]).then(
      () => true,
      () => false,
    );
    if (!isFixed) context.skip("this file system knows no immutable files");
    try {
      await it.lease.release();
      expect(it.told).toEqual(["not_removed"]);
      expect(await it.repo.git("show", "refs/dispatch/salvage/A/1:sub/fixed.txt")).toBe("1");
      await using next = await it.acquire("B");
      expect(await readdir(join(next.path, "sub"))).toEqual(["b.txt"]);
      await using _later = await inAnHour();
      await (await it.worktrees.heal()).all();
      expect(it.told).toEqual(["not_removed"]);
      const { kept } = await openSweeper(it.repository).sweep(false);
      expect(kept.map(({ why }) => why)).toContainEqual(expect.stringContaining("could not be removed"));
    } finally {
      await run("chattr", ["-R", "-f", "-i", join(it.repo.dir, ".work")]).catch(() => undefined);
    }
  },
);

test.runIf(isRoot)("a worktree that cannot even be moved is kept, and the task goes on", async (context) => {
  await using it = await bench(undefined, "tester");
  await mkfifo(join(it.lease.path, "pipe"));
  const isFixed = await run("chattr", ["+i", it.lease.path]).then(
    () => true,
    () => false,
  );
  if (!isFixed) context.skip("this file system knows no immutable files");
  try {
    await it.lease.release();
    expect(it.told).toEqual(["not_removed"]);
    expect(await it.repository.slots.read()).toMatchObject([{ state: "kept" }]);
    await using next = await it.acquire("B");
    expect(next.path).not.toBe(it.lease.path);
  } finally {
    await run("chattr", ["-i", it.lease.path]);
  }
});

test.each([".git ", "GIT~1", ".g\u200cit", "git~1/hooks", ".GIT/x", ".git::$INDEX_ALLOCATION", ".git."])(
  "a file named %j gets into no commit, and its slot is kept",
  async (name) => {
    await using it = await bench();
    await writeFiles(it.lease.path, { [`new/${name}`]: "1\n", "a.txt": "2\n" });
    expect(await caught(it.snapshot())).toMatchObject({ code: "policy" });
    await it.lease.release();
    expect(it.told).toEqual(["work_not_saved"]);
  },
);

test("names that differ in case alone are two files where the disk knows two", async () => {
  await using it = await bench();
  await writeFiles(it.lease.path, { "A.txt": "upper\n", "Sub/b.txt": "upper\n" });
  expect(await it.taken()).toEqual(["A.txt", "Sub/b.txt"]);
});

test("a file shared with one outside is taken by its content, and the one outside stays as it is", async () => {
  await using it = await bench();
  const outside = join(it.repo.temp, "outside");
  await writeFile(outside, "theirs\n");
  await rm(join(it.lease.path, "a.txt"));
  await link(outside, join(it.lease.path, "a.txt"));
  await link(outside, join(it.lease.path, "new.txt"));
  expect(await it.taken()).toEqual(["a.txt", "new.txt"]);
  await it.lease.release();
  await using next = await it.acquire("B");
  expect(await readFile(join(next.path, "a.txt"), "utf8")).toBe("1\n");
  expect([await readFile(outside, "utf8"), (await lstat(outside)).nlink]).toEqual(["theirs\n", 1]);
});

test("sockets, pipes and devices in the way of nothing are left out, and gone for the next task", async () => {
  await using it = await bench();
  await writeFiles(it.lease.path, { "new.txt": "1\n" });
  await mkfifo(join(it.lease.path, "pipe"));
  if (isRoot) await run("mknod", [join(it.lease.path, "zero"), "c", "1", "5"]);
  const server = createServer().listen(join(it.lease.path, "socket"));
  await new Promise((ready) => server.once("listening", ready));
  try {
    expect(await it.taken()).toEqual(["new.txt"]);
    await it.lease.release();
    await using next = await it.acquire("B");
    expect((await readdir(next.path)).sort()).toEqual([".git", "a.txt", "sub"]);
  } finally {
    server.close();
  }
});

/** A git that never ends where it looks at files, as on a disk that hangs. */
async function hangingGit(repo: GitRepo): Promise<NodeJS.ProcessEnv> {
  const { stdout } = await run("sh", ["-c", "command -v git"]);
  await writeFiles(repo.temp, {
    "bin/git": `#!/bin/sh\nfor word; do [ "$word" = ls-files ] && exec tail -f /dev/null; done\nexec ${stdout.trim()} "$@"\n`,
  });
  await chmod(join(repo.temp, "bin/git"), 0o755);
  return { ...process.env, PATH: `${join(repo.temp, "bin")}:${process.env["PATH"]}` };
}

test("a stopped run waits for a hanging git for seconds, and leaves the lease for the next one", async () => {
  await using repo = await gitRepo();
  const stop = new AbortController();
  const repository = await opened(repo, { env: await hangingGit(repo), signal: stop.signal });
  const { commit } = await repository.fetchBase();
  const told: string[] = [];
  const worktrees = openWorktrees({ repository, pauseMain: true, onKept: (error) => told.push(error.code) });
  const about = { holder: "A", run: "r1", task: "A", role: "coder", lane: 1, commit, branch: "dispatch/a--w" } as const;
  const lease = await worktrees.acquire(about);
  await writeFiles(lease.path, { "new.txt": "1\n" });
  const message = { author: "c <c@x>", date: "2026-02-03T04:05:06.789Z", message: "x\n", limits: { changedFiles: 9 } };
  const taking = caught(repository.snapshot({ worktree: lease.path, parent: commit, ...message }));
  stop.abort(new DispatchError({ code: "stopped", message: "Stopped by SIGTERM.", hint: "again" }));
  expect((await taking).code).toBe("stopped");
  await lease.release();
  expect([told, (await repository.slots.read())[0]?.state]).toEqual([[], "leased"]);
  expect(existsSync(join(lease.path, "new.txt"))).toBe(true);
});

for (const role of ["coder", "tester"] as const)
  test(`a git dir that a ${role} planted in a tracked folder does not meet the next task`, async () => {
    await using there = await bench(undefined, role);
    await run("git", ["init", "-q", join(there.lease.path, "sub")]);
    expect(await there.taken().catch((error: unknown) => String(error))).not.toContain("sub/.git/config");
    await there.lease.release();
    const next = await there.acquire("B");
    expect(existsSync(join(next.path, "sub/b.txt"))).toBe(true);
    expect(existsSync(join(next.path, "sub/.git"))).toBe(false);
  });
