import { existsSync } from "node:fs";
import { chmod, mkdir, readdir, rename, rm, symlink, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeAll, expect, test } from "vitest";
import type { GitRepository } from "../../../src/adapters/git/repository.ts";
import { openWorktrees } from "../../../src/adapters/git/worktrees.ts";
import type { SnapshotRequest } from "../../../src/ports/repository.ts";
import { caught } from "../../support/caught.ts";
import { type Files, gitIn, type GitRepo, gitRepo, writeFiles } from "../../support/git-repo.ts";
import { opened } from "../../support/open-git.ts";

interface Bench extends AsyncDisposable {
  readonly repo: GitRepo;
  readonly repository: GitRepository;
  readonly start: string;
  /** The worktree of a coder. */
  readonly tree: string;
  readonly release: () => Promise<void>;
  readonly snapshot: (over?: Partial<SnapshotRequest>) => ReturnType<GitRepository["snapshot"]>;
}

async function bench(
  files: Files = { "a.txt": "1\n", "deep/b.txt": "2\n" },
  setUp: (repo: GitRepo) => Promise<unknown> = () => Promise.resolve(),
): Promise<Bench> {
  const repo = await gitRepo(files);
  await setUp(repo);
  const repository = await opened(repo);
  const start = (await repository.fetchBase()).commit;
  const lease = await openWorktrees({ repository, pauseMain: true }).acquire({
    ...{ holder: "A/coder", run: "r1", task: "A", role: "coder", lane: 1, commit: start, branch: "dispatch/a--w" },
  });
  const about = { worktree: lease.path, parent: start, author: "coder <c@x>", date: "2026-02-03T04:05:06.789Z" };
  const message = "Do it\n\nDispatch-Task: A\nDispatch-Run: r1\n";
  return {
    repo,
    repository,
    start,
    tree: lease.path,
    release: lease.release,
    snapshot: (over = {}) => repository.snapshot({ ...about, message, limits: { changedFiles: 50 }, ...over }),
    // A worktree that goes away with its repository need not be given back.
    [Symbol.asyncDispose]: () => repo[Symbol.asyncDispose](),
  };
}

test("the files of a worktree become a commit on the parent, with what changed", async () => {
  await using it = await bench({ "a.txt": "1\n", "deep/b.txt": "2\n", "gone.txt": "3\n", ".gitignore": "*.log\n" });
  await writeFiles(it.tree, {
    "a.txt": "1\nmore\n",
    "new dir/ü.txt": "n\n",
    "x.log": "ignored\n",
    "bin.dat": "\0\u0001",
  });
  await rm(join(it.tree, "gone.txt"));
  await chmod(join(it.tree, "deep/b.txt"), 0o755);
  const taken = await it.snapshot();
  expect(taken.changes).toEqual([
    { path: "a.txt", status: "M", added: 1, removed: 0 },
    { path: "bin.dat", status: "A", added: null, removed: null },
    { path: "deep/b.txt", status: "M", added: 0, removed: 0 },
    { path: "gone.txt", status: "D", added: 0, removed: 1 },
    { path: "new dir/ü.txt", status: "A", added: 1, removed: 0 },
  ]);
  expect(await it.repo.git("log", "-1", "--format=%P|%T|%an|%ae|%aI|%cn|%cI|%s", taken.commit)).toBe(
    [
      it.start,
      taken.tree,
      "coder",
      "c@x",
      "2026-02-03T04:05:06+00:00",
      "dispatch",
      "2026-02-03T04:05:06+00:00",
      "Do it",
    ].join("|"),
  );
  expect(await it.repo.git("log", "-1", "--format=%(trailers:key=Dispatch-Task,valueonly)", taken.commit)).toContain(
    "A",
  );
  expect(await it.repository.readChanges(it.start, taken.commit)).toEqual(taken.changes);
});

test("the same content, parent, date and message give the same commit id, in another place too", async () => {
  await using one = await bench();
  await using two = await bench();
  const ids = [];
  for (const { tree, snapshot } of [one, two]) {
    await writeFiles(tree, { "a.txt": "2\n", "c/d.txt": "3\n" });
    ids.push((await snapshot()).commit, (await snapshot()).commit);
  }
  expect(new Set(ids).size).toBe(1);
  expect((await one.snapshot({ date: "2026-02-03T04:05:07Z" })).commit).not.toBe(ids[0]);
});

test("no change gives the parent itself", async () => {
  await using it = await bench();
  await writeFiles(it.tree, { "a.txt": "2\n" });
  await writeFiles(it.tree, { "a.txt": "1\n" });
  const taken = await it.snapshot();
  expect(taken).toEqual({ commit: it.start, tree: await it.repo.git("rev-parse", `${it.start}^{tree}`), changes: [] });
});

test("a second snapshot stands on the first, and one on the base holds both", async () => {
  await using it = await bench();
  await writeFiles(it.tree, { "a.txt": "2\n" });
  const first = await it.snapshot();
  await writeFiles(it.tree, { "c.txt": "3\n" });
  const second = await it.snapshot({ parent: first.commit });
  expect(second.changes.map(({ path }) => path)).toEqual(["c.txt"]);
  expect((await it.snapshot()).changes.map(({ path }) => path)).toEqual(["a.txt", "c.txt"]);
});

const WORK: Files = { "a.txt": "work\n", "deep/new.txt": "n\n" };

/** Whatever an agent does with its own git, its files are the work. */
const TRICKS: Readonly<Record<string, (tree: string, it: Bench) => Promise<unknown>>> = {
  "commits on the branch": async (tree) => {
    await gitIn(tree, "add", "-A");
    await gitIn(tree, "commit", "-q", "-m", "mine");
  },
  "commits on another branch": async (tree) => {
    await gitIn(tree, "switch", "-q", "-c", "elsewhere");
    await gitIn(tree, "add", "-A");
    await gitIn(tree, "commit", "-q", "-m", "mine");
  },
  "rewrites history": async (tree) => {
    await gitIn(tree, "add", "-A");
    const orphan = await gitIn(tree, "commit-tree", await gitIn(tree, "write-tree"), "-m", "new history");
    await gitIn(tree, "reset", "-q", "--soft", orphan);
  },
  "leaves an index.lock": (_, { repo }) => writeFiles(join(repo.dir, ".git/worktrees/s01"), { "index.lock": "" }),
  "deletes its index": (_, { repo }) => rm(join(repo.dir, ".git/worktrees/s01/index")),
  "writes rubbish into its index": (_, { repo }) =>
    writeFiles(join(repo.dir, ".git/worktrees/s01"), { index: "rubbish" }),
  "hides files from its index": async (tree) => {
    await gitIn(tree, "update-index", "--skip-worktree", "--assume-unchanged", "a.txt");
  },
  "deletes its HEAD": (_, { repo }) => rm(join(repo.dir, ".git/worktrees/s01/HEAD")),
  "puts work into the index only to hide it": async (tree) => {
    await gitIn(tree, "add", "-A");
    await gitIn(tree, "rm", "-q", "--cached", "a.txt", "deep/new.txt");
  },
  "excludes its work in info/exclude": (_, { repo }) => writeFiles(join(repo.dir, ".git/info"), { exclude: "*.txt\n" }),
  "sets attributes and a filter": async (tree, { repo }) => {
    await writeFiles(join(repo.dir, ".git/info"), { attributes: "* filter=evil\n" });
    await gitIn(tree, "config", "filter.evil.clean", "touch evil; cat");
  },
  "replaces the parent": async (tree, { start }) => {
    const other = await gitIn(tree, "commit-tree", `${start}^{tree}`, "-m", "other");
    await gitIn(tree, "replace", start, other);
  },
  "stashes after a commit": async (tree) => {
    await gitIn(tree, "stash", "-q", "-u");
    await gitIn(tree, "stash", "apply", "-q");
  },
};

/** The same in every repository with these files. */
let plainCommit = "";
beforeAll(async () => {
  await using plain = await bench();
  await writeFiles(plain.tree, WORK);
  plainCommit = (await plain.snapshot()).commit;
});

test.each(Object.keys(TRICKS))("an agent that %s changes nothing: its files are the work", async (name) => {
  await using it = await bench();
  await writeFiles(it.tree, WORK);
  await TRICKS[name]?.(it.tree, it);
  expect((await it.snapshot()).commit).toBe(plainCommit);
});

test("a monitor, hooks and an alias in the repository's configuration are not run", async () => {
  await using it = await bench();
  const trace = join(it.repo.temp, "trace");
  await gitIn(it.tree, "config", "core.fsmonitor", `touch ${trace}; false`);
  await gitIn(it.tree, "config", "core.hooksPath", it.repo.temp);
  await writeFiles(it.repo.temp, { "post-index-change": `#!/bin/sh\ntouch ${trace}\n` });
  await chmod(join(it.repo.temp, "post-index-change"), 0o755);
  // They do work for who asks git in the tree.
  await gitIn(it.tree, "status");
  expect(await readdir(it.repo.temp)).toContain("trace");
  await rm(trace);
  await writeFiles(it.tree, WORK);
  expect((await it.snapshot()).changes).toHaveLength(2);
  expect(await readdir(it.repo.temp)).not.toContain("trace");
});

test.each(["deleted", "replaced by a repository", "replaced by a link", "moved"] as const)(
  "a worktree that was %s is no work",
  async (how) => {
    await using it = await bench();
    if (how === "deleted") await rm(it.tree, { recursive: true });
    if (how === "moved") await rename(it.tree, `${it.tree}-elsewhere`);
    if (how === "replaced by a link") {
      await rename(it.tree, join(it.repo.temp, "real"));
      await symlink(join(it.repo.temp, "real"), it.tree);
    }
    if (how === "replaced by a repository") {
      await rm(join(it.tree, ".git"));
      await gitIn(it.tree, "init", "-q");
    }
    expect(await caught(it.snapshot())).toMatchObject({ code: "worktree_gone" });
  },
);

test("a folder that is no slot of ours is no work", async () => {
  await using it = await bench();
  expect(await caught(it.snapshot({ worktree: it.repo.dir }))).toMatchObject({ code: "worktree_gone" });
});

test("more changed files than the bound are refused before any is stored", async () => {
  await using it = await bench();
  const before = await it.repo.git("count-objects");
  await writeFiles(it.tree, Object.fromEntries(Array.from({ length: 51 }, (_, i) => [`many/${i}.txt`, `${i}\n`])));
  expect(await caught(it.snapshot())).toMatchObject({ code: "too_many_files" });
  expect(await it.repo.git("count-objects")).toBe(before);
  expect((await it.snapshot({ limits: { changedFiles: 51 } })).changes).toHaveLength(51);
});

test("a file is measured whatever bytes its name has", async () => {
  await using it = await bench();
  const odd = Buffer.concat([Buffer.from(`${it.tree}/`), Buffer.from([0xff, 0xfe])]);
  await writeFile(odd, "");
  await truncate(odd, 21 * 1024 * 1024);
  expect(await caught(it.snapshot())).toMatchObject({ code: "too_many_files" });
  await rm(odd);
});

test("a file that git does not take is refused by its name", async () => {
  await using it = await bench();
  await writeFiles(it.tree, { "b.txt": "1\n", ".GIT/x.txt": "2\n" });
  expect(await caught(it.snapshot())).toMatchObject({ code: "policy", facts: { path: ".GIT/x.txt" } });
});

test("a file too large for a pull request is refused by its name", async () => {
  await using it = await bench();
  await writeFile(join(it.tree, "huge.bin"), "");
  await truncate(join(it.tree, "huge.bin"), 21 * 1024 * 1024);
  expect(await caught(it.snapshot())).toMatchObject({ code: "too_many_files", facts: { path: "huge.bin" } });
  await rm(join(it.tree, "huge.bin"));
});

test.each([
  ["without a commit", []],
  ["with a commit", ["commit", "-q", "--allow-empty", "-m", "x"]],
] as const)("a repository %s inside the worktree is refused, and saved as its files", async (_, more) => {
  await using it = await bench();
  const inner = join(it.tree, "inner");
  await gitIn(it.tree, "init", "-q", inner);
  await writeFiles(inner, { "x.txt": "inside\n", "deep/y.txt": "deeper\n" });
  if (more.length > 0) await gitIn(inner, ...more);
  expect(await caught(it.snapshot())).toMatchObject({ code: "policy", facts: { paths: ["inner/"] } });
  await it.release();
  expect(await it.repo.git("show", "refs/dispatch/salvage/A/1:inner/deep/y.txt")).toBe("deeper");
  expect(await it.repo.git("ls-tree", "-r", "--name-only", "refs/dispatch/salvage/A/1")).not.toContain(".git");
});

const LINK = `160000,${"1".repeat(40)},libs/module`;

/** A worktree of a base that has a submodule, which nobody initialised. */
async function benchWithLink(): Promise<Bench> {
  return await bench({ "a.txt": "1\n", "libs/b.txt": "2\n" }, async (repo) => {
    await repo.git("update-index", "--add", "--cacheinfo", LINK);
    await repo.git("commit", "-q", "-m", "a submodule");
    await repo.git("push", "-q", "origin", "main");
  });
}

test("a submodule that the base has already stays what it is", async () => {
  await using it = await benchWithLink();
  await writeFiles(it.tree, { "b.txt": "1\n" });
  expect((await it.snapshot()).changes.map(({ path }) => path)).toEqual(["b.txt"]);
});

test.each(["files", "a repository", "an empty repository"] as const)(
  "what an agent writes into a submodule's folder (%s) is refused, and saved as its files",
  async (what) => {
    await using it = await benchWithLink();
    const module = join(it.tree, "libs/module");
    await writeFiles(module, { "deep/x.txt": "inside\n" });
    if (what !== "files") await gitIn(module, "init", "-q");
    if (what === "a repository") await gitIn(module, "commit", "-q", "--allow-empty", "-m", "x");
    expect(await caught(it.snapshot())).toMatchObject({ code: "policy", facts: { paths: ["libs/module/"] } });
    await it.release();
    expect(await it.repo.git("ls-tree", "-r", "--name-only", "refs/dispatch/salvage/A/1")).toBe(
      "a.txt\nlibs/b.txt\nlibs/module/deep/x.txt",
    );
    expect(existsSync(join(module, "deep"))).toBe(false);
  },
);

test("what lies behind a link in the place of a submodule's parent is not taken for its files", async () => {
  await using it = await benchWithLink();
  await writeFiles(it.repo.temp, { "theirs/module/precious.txt": "1\n" });
  await rm(join(it.tree, "libs"), { recursive: true });
  await symlink(join(it.repo.temp, "theirs"), join(it.tree, "libs"));
  await it.release();
  expect(await it.repo.git("ls-tree", "-r", "--name-only", "refs/dispatch/salvage/A/1")).toBe("a.txt\nlibs");
  expect(existsSync(join(it.repo.temp, "theirs/module/precious.txt"))).toBe(true);
});

test.each([
  ["a.txt", "inside", true],
  ["../a.txt", "inside, from a folder", true],
  ["/etc/passwd", "absolute", false],
  ["../../outside", "above the top", false],
  ["d/../../..", "through another link", false],
  [".git/config", "git's own", false],
])("a symlink to %s (%s) is taken: %s", async (target, _, isFine) => {
  await using it = await bench();
  await symlink(target, join(it.tree, target.startsWith("..") ? "deep/link" : "link"));
  const result = await it.snapshot().then(
    () => true,
    (error: unknown) => (error as { code: string }).code,
  );
  expect(result).toBe(isFine ? true : "policy");
});

test("a symlink that the base has already is the user's own affair", async () => {
  await using it = await bench(undefined, async (repo) => {
    await symlink("/etc/hosts", join(repo.dir, "theirs"));
    await repo.commit("a link");
    await repo.git("push", "-q", "origin", "main");
  });
  await writeFiles(it.tree, { "b.txt": "1\n" });
  expect((await it.snapshot()).changes.map(({ path }) => path)).toEqual(["b.txt"]);
});

test("files become folders, folders become files and links, and names may be anything", async () => {
  await using it = await bench({ "a.txt": "1\n", "d/x.txt": "2\n", "e/x.txt": "3\n", "keep/x.txt": "4\n" });
  const { tree } = it;
  await rm(join(tree, "a.txt"));
  await writeFiles(tree, { "a.txt/now/a/folder.txt": "1\n" });
  await rm(join(tree, "d"), { recursive: true });
  await writeFile(join(tree, "d"), "now a file\n");
  await rm(join(tree, "e"), { recursive: true });
  await symlink("keep", join(tree, "e"));
  await writeFiles(tree, { "-rf": "x\n", "new\nline": "x\n", ":(glob)*": "x\n", "tab\t\"quote'": "x\n" });
  await writeFile(Buffer.concat([Buffer.from(`${tree}/`), Buffer.from([0xff, 0xfe])]), "not utf8\n");
  const { commit } = await it.snapshot();
  const plain = await gitIn(tree, "ls-files", "-z", "--others", "--cached", "--exclude-standard");
  const stored = await it.repo.git("ls-tree", "-r", "-z", "--name-only", commit);
  expect(stored.split("\0").filter(Boolean)).toEqual([
    "-rf",
    ":(glob)*",
    "a.txt/now/a/folder.txt",
    "d",
    "e",
    "keep/x.txt",
    "new\nline",
    "tab\t\"quote'",
    "\ufffd\ufffd",
  ]);
  expect(plain).toContain("new\nline");
});

test("line endings are stored as they are, whatever the user's configuration says", async () => {
  await using it = await bench();
  await it.repo.git("config", "core.autocrlf", "true");
  await writeFiles(it.tree, { "crlf.txt": "1\r\n2\r\n" });
  const { commit } = await it.snapshot();
  expect(await it.repository.readFile(commit, "crlf.txt")).toBe("1\r\n2\r\n");
});

test("a message is a message: no option, no NUL, no comment is dropped", async () => {
  await using it = await bench();
  await mkdir(join(it.tree, "m"));
  await writeFiles(it.tree, { "m/x": "1\n" });
  const { commit } = await it.snapshot({ message: "--amend \0x\n\n# not a comment\n\nDispatch-Task: A\n\n\n" });
  expect(await it.repo.git("log", "-1", "--format=%B", commit)).toBe(
    "--amend x\n\n# not a comment\n\nDispatch-Task: A\n",
  );
});
