import { existsSync } from "node:fs";
import { chmod, readdir, rm, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { caught } from "../../support/caught.ts";
import { gitIn, gitRepo, writeFiles } from "../../support/git-repo.ts";
import { opened } from "../../support/open-git.ts";

const BRANCH = "dispatch/a--work";

test.each([
  ["bare", "main"],
  ["work", "trunk"],
  ["bare", "release/1.x"],
  [null, "master"],
] as const)("with the origin %s the base %s is found and followed", async (origin, base) => {
  await using repo = await gitRepo({ "a.txt": "1\n" }, { origin, base });
  const repository = await opened(repo);
  expect(await repository.fetchBase()).toEqual({ branch: base, commit: await repo.commitId("HEAD") });
  const next =
    origin === null ? await repo.commit("next", { "b.txt": "1\n" }) : await repo.commitOnOrigin({ "b.txt": "1\n" });
  const before = await repo.print();
  const fetchHead = join(repo.dir, ".git", "FETCH_HEAD");
  await rm(fetchHead, { force: true });
  expect(await repository.fetchBase()).toEqual({ branch: base, commit: next });
  expect(await repository.readBase()).toEqual({ branch: base, commit: next });
  expect(await repository.readFile(next, "b.txt")).toBe("1\n");
  // Remote-tracking refs, FETCH_HEAD and tags are the user's.
  expect(await repo.print()).toEqual(before);
  expect(existsSync(fetchHead)).toBe(false);
  await repo.git("fsck", "--connectivity-only");
});

test("the base is what the configuration says, else what origin's HEAD names, else the current branch", async () => {
  await using repo = await gitRepo();
  await repo.commitOnOrigin({ "d.txt": "1\n" }, { branch: "develop" });
  expect((await (await opened(repo, { base: "develop" })).fetchBase()).branch).toBe("develop");
  await repo.git("switch", "-q", "-c", "feature");
  expect((await (await opened(repo)).fetchBase()).branch).toBe("main");
  await repo.git("remote", "set-head", "origin", "--delete");
  expect((await (await opened(repo)).fetchBase()).branch).toBe("main");
  await repo.git("remote", "remove", "origin");
  expect((await (await opened(repo)).fetchBase()).branch).toBe("feature");
});

test.each([
  ["unknown_base", { base: "nowhere" }],
  ["invalid_branch", { base: "--upload-pack=x" }],
] as const)("%s is the answer to a base that cannot be", async (code, options) => {
  await using repo = await gitRepo();
  const error = await caught(opened(repo, options).then((repository) => repository.fetchBase()));
  expect(error).toMatchObject({ code });
});

test("a bare repository whose HEAD names nothing, and a detached checkout without origin, have no base", async () => {
  await using repo = await gitRepo({ "a.txt": "1\n" }, { origin: "bare" });
  const bare = repo.origin ?? "";
  await gitIn(bare, "symbolic-ref", "HEAD", "refs/heads/nowhere");
  expect(await caught((await opened(repo, { root: bare })).fetchBase())).toMatchObject({
    code: "unknown_base",
    exit: 2,
  });
  await repo.git("remote", "remove", "origin");
  await repo.git("switch", "-q", "--detach");
  expect(await caught((await opened(repo)).fetchBase())).toMatchObject({ code: "no_base", exit: 2 });
});

test("who asks while a fetch is under way gets its answer", async () => {
  await using repo = await gitRepo();
  const repository = await opened(repo);
  await repository.fetchBase();
  const next = await repo.commitOnOrigin({ "b.txt": "1\n" });
  const answers = await Promise.all(Array.from({ length: 16 }, () => repository.fetchBase()));
  expect(new Set(answers.map(({ commit }) => commit))).toEqual(new Set([next]));
});

test("two processes' worth of adapters fetch at once without an error", async () => {
  await using repo = await gitRepo();
  const all = await Promise.all(Array.from({ length: 6 }, () => opened(repo)));
  const next = await repo.commitOnOrigin({ "b.txt": "1\n" });
  expect(new Set((await Promise.all(all.map((one) => one.fetchBase()))).map(({ commit }) => commit))).toEqual(
    new Set([next]),
  );
});

test("an origin that is gone is named without the token in its URL", async () => {
  await using repo = await gitRepo();
  await repo.git("remote", "set-url", "origin", "https://me:s3cret@127.0.0.1:1/o/r.git");
  const repository = await opened(repo, { env: { ...process.env, GIT_ALLOW_PROTOCOL: "https" } });
  expect(repository.origin).toBe("https://127.0.0.1:1/o/r.git");
  const error = await caught(repository.fetchBase());
  expect(error.code).toBe("origin_unreachable");
  expect(JSON.stringify([error.message, error.hint, error.facts])).not.toContain("s3cret");
});

test("a relative origin path is that of the checkout, from any folder", async () => {
  await using repo = await gitRepo({ "deep/a.txt": "1\n" });
  await repo.git("remote", "set-url", "origin", "../origin.git");
  const repository = await opened(repo, { root: join(repo.dir, "deep") });
  expect((await repository.fetchBase()).commit).toBe(await repo.commitId("HEAD"));
});

test("branches move by compare and swap, and what is done already is done", async () => {
  await using repo = await gitRepo();
  const one = await repo.commitId("HEAD");
  const two = await repo.commit("two");
  const three = await repo.commit("three");
  const repository = await opened(repo);
  expect(await repository.readBranch(BRANCH)).toBeNull();
  await repository.moveBranch(BRANCH, one, null);
  await repository.moveBranch(BRANCH, one, null);
  expect(await caught(repository.moveBranch(BRANCH, two, null))).toMatchObject({ code: "ref_moved" });
  await repository.moveBranch(BRANCH, two, one);
  expect(await caught(repository.moveBranch(BRANCH, three, one))).toMatchObject({
    code: "ref_moved",
    facts: { actual: two, expected: one },
  });
  expect(await caught(repository.deleteBranch(BRANCH, one))).toMatchObject({ code: "ref_moved" });
  await repository.deleteBranch(BRANCH, two);
  await repository.deleteBranch(BRANCH, two);
  expect(await repository.readBranch(BRANCH)).toBeNull();
});

test("twelve who want to create one branch: one wins", async () => {
  await using repo = await gitRepo();
  const commits = [];
  for (let i = 0; i < 12; i += 1) commits.push(await repo.commit(`c${i}`));
  const repository = await opened(repo);
  const results = await Promise.allSettled(commits.map((commit) => repository.moveBranch(BRANCH, commit, null)));
  expect(results.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
});

test.each(["main", "feature/x", "dispatchx/y", "HEAD", "refs/heads/main"])(
  "the branch %s is never moved",
  async (branch) => {
    await using repo = await gitRepo();
    const commit = await repo.commitId("HEAD");
    const repository = await opened(repo);
    for (const attempt of [
      repository.moveBranch(branch, commit, null),
      repository.deleteBranch(branch, commit),
      repository.publish(branch, commit, null),
      repository.unpublish(branch, commit),
    ]) {
      expect((await caught(attempt)).code).toMatch(/^(foreign|invalid)_branch$/);
    }
  },
);

test("hooks of the user, reference-transaction included, do not run for our refs", async () => {
  await using repo = await gitRepo();
  const trace = join(repo.temp, "trace");
  await writeFiles(join(repo.dir, ".git/hooks"), { "reference-transaction": `#!/bin/sh\ntouch ${trace}\n` });
  await chmod(join(repo.dir, ".git/hooks/reference-transaction"), 0o755);
  await repo.git("branch", "control");
  expect(existsSync(trace)).toBe(true);
  await rm(trace);
  const repository = await opened(repo);
  await repository.moveBranch(BRANCH, await repo.commitId("HEAD"), null);
  await repository.salvage("A", await repo.commitId("HEAD"));
  expect(existsSync(trace)).toBe(false);
});

test.each(["bare", "work"] as const)("exactly a commit is published to a %s origin, with a lease", async (origin) => {
  await using repo = await gitRepo({ "a.txt": "1\n" }, { origin });
  const one = await repo.commit("one");
  const two = await repo.commit("two");
  const before = await repo.print();
  const repository = await opened(repo);
  expect(await repository.fetchPublished(BRANCH)).toBeNull();
  await repository.publish(BRANCH, one, null);
  // A redo after a crash.
  await repository.publish(BRANCH, one, null);
  expect(await repository.fetchPublished(BRANCH)).toBe(one);
  expect(await caught(repository.publish(BRANCH, two, null))).toMatchObject({ code: "push_rejected" });
  await repository.publish(BRANCH, two, one);
  // Back again: a lease, not a fast-forward, is what counts.
  await repository.publish(BRANCH, one, two);
  expect(await caught(repository.unpublish(BRANCH, two))).toMatchObject({ code: "push_rejected" });
  await repository.unpublish(BRANCH, one);
  await repository.unpublish(BRANCH, one);
  expect(await repository.fetchPublished(BRANCH)).toBeNull();
  expect(await repo.print()).toEqual(before);
});

test("what somebody else pushed to our branch is brought here to be looked at", async () => {
  await using repo = await gitRepo();
  const repository = await opened(repo);
  await repository.publish(BRANCH, await repo.commitId("HEAD"), null);
  const theirs = await repo.commitOnOrigin({ "b.txt": "theirs\n" }, { branch: BRANCH });
  expect(await repository.fetchPublished(BRANCH)).toBe(theirs);
  expect(await repository.readFile(theirs, "b.txt")).toBe("theirs\n");
});

test("without an origin publishing does nothing", async () => {
  await using repo = await gitRepo({ "a.txt": "1\n" }, { origin: null });
  const repository = await opened(repo);
  const commit = await repo.commitId("HEAD");
  expect(repository.origin).toBeNull();
  await repository.publish(BRANCH, commit, null);
  expect(await repository.fetchPublished(BRANCH)).toBeNull();
  await repository.unpublish(BRANCH, commit);
});

test("a remote that refuses says why", async () => {
  await using repo = await gitRepo();
  const hook = join(repo.origin ?? "", "hooks", "pre-receive");
  await writeFile(hook, "#!/bin/sh\necho protected by policy >&2\nexit 1\n");
  await chmod(hook, 0o755);
  const error = await caught((await opened(repo)).publish(BRANCH, await repo.commitId("HEAD"), null));
  expect(error).toMatchObject({ code: "push_rejected" });
  expect(error.message).toContain("pre-receive hook declined");
});

test("saved work gets the next number, and an equal tree is saved once", async () => {
  await using repo = await gitRepo();
  const one = await repo.commit("one", { "a.txt": "1\n" });
  const same = await repo.commit("the same files");
  const two = await repo.commit("two", { "a.txt": "2\n" });
  const repository = await opened(repo);
  expect(await repository.salvage("Task-1", one)).toBe("refs/dispatch/salvage/Task-1/1");
  expect(await repository.salvage("Task-1", same)).toBe("refs/dispatch/salvage/Task-1/1");
  expect(await repository.salvage("Task-1", two)).toBe("refs/dispatch/salvage/Task-1/2");
  expect(await repository.salvage("other", two)).toBe("refs/dispatch/salvage/other/1");
  expect(await caught(repository.salvage("../x", two))).toMatchObject({ code: "invalid_task_id" });
});

test("a diff shows what attributes would hide, and is cut where the caller wants it", async () => {
  await using repo = await gitRepo({ "a.txt": "1\n", "long.txt": "x\n" });
  const from = await repo.commitId("HEAD");
  const to = await repo.commit("hide", {
    ".gitattributes": "* -diff binary\n",
    "a.txt": "2\n",
    "nul.txt": "text\0more\n",
    "long.txt": "y\n".repeat(5000),
  });
  await repo.git("config", "diff.external", "touch evil");
  const repository = await opened(repo);
  const diff = await repository.readDiff(from, to, 1_000_000);
  expect(diff).toContain("-1\n+2\n");
  expect(diff).toContain("+text\0more");
  expect(diff).not.toContain("Binary files");
  const cut = await repository.readDiff(from, to, 100);
  expect(cut.startsWith(diff.slice(0, 90))).toBe(true);
  expect(cut).toContain("[diff cut at 100 bytes]");
  expect(cut.length).toBeLessThan(200);
  expect(await readdir(repo.dir)).not.toContain("evil");
});

test("renames are a removal and an addition, in the order of the paths", async () => {
  await using repo = await gitRepo({ "z.txt": "the same content\n", "m.txt": "1\n" });
  const from = await repo.commitId("HEAD");
  await repo.git("mv", "z.txt", "a.txt");
  const to = await repo.commit("rename");
  const changes = await (await opened(repo)).readChanges(from, to);
  expect(changes.map(({ status, path }) => `${status} ${path}`)).toEqual(["A a.txt", "D z.txt"]);
});

test("an overlay is the base with only the named files of the head", async () => {
  await using repo = await gitRepo({ "src.txt": "old\n", "test/gone.txt": "1\n", "test/kept.txt": "1\n" });
  const base = await repo.commitId("HEAD");
  await repo.git("rm", "-q", "test/gone.txt");
  const head = await repo.commit("work", { "src.txt": "new\n", "test/new.txt": "t\n", "test/kept.txt": "2\n" });
  const repository = await opened(repo);
  const paths = ["test/new.txt", "test/gone.txt", "absent.txt"];
  const overlay = await repository.overlay(base, head, paths);
  expect(await repository.readChanges(base, overlay)).toMatchObject([
    { path: "test/gone.txt", status: "D" },
    { path: "test/new.txt", status: "A" },
  ]);
  expect(await repository.overlay(base, head, paths)).toBe(overlay);
  expect(await repo.git("rev-parse", `${overlay}^`)).toBe(base);
});

test("a rewrite is its parent with this content in files that it has, and nothing else of them", async () => {
  await using repo = await gitRepo({ "run.sh": "old\n", ":!b.txt": "star\n", "a.txt": "a\n" });
  await chmod(join(repo.dir, "run.sh"), 0o755);
  await symlink("a.txt", join(repo.dir, "link"));
  const parent = await repo.commit("modes");
  const repository = await opened(repo);
  const words = { message: "m", author: "dispatch", date: "2026-01-01T00:00:00Z" };
  const refs = await repo.refs();
  const files = new Map([
    ["run.sh", "\ufeffnew\r\n"],
    [":!b.txt", "moon\n"],
    ["absent.txt", "none"],
  ]);
  const { commit, changes } = await repository.rewrite(parent, files, words);
  expect(changes.map(({ path, status }) => `${status} ${path}`)).toEqual(["M :!b.txt", "M run.sh"]);
  expect(await repo.git("ls-tree", commit, "run.sh")).toMatch(/^100755 /);
  expect((await repository.readFiles(commit, ["run.sh"])).get("run.sh")).toBe("\ufeffnew\r\n");
  expect(await repo.git("rev-parse", `${commit}^`)).toBe(parent);
  expect(await repository.rewrite(parent, files, words)).toMatchObject({ commit });
  expect(await repository.rewrite(parent, new Map([["a.txt", "a\n"]]), words)).toMatchObject({ changes: [] });
  expect(await caught(repository.rewrite(parent, new Map([["link", "/etc/passwd"]]), words))).toMatchObject({
    code: "policy",
  });
  expect(await repo.refs()).toEqual(refs);
});

test("a forecast says what a merge would do, and leaves nothing behind", async () => {
  await using repo = await gitRepo({ "a.txt": "1\n2\n3\n", "b.txt": "1\n" });
  const base = await repo.commitId("HEAD");
  const ours = await repo.commit("ours", { "a.txt": "1\n2\nours\n" });
  await repo.git("switch", "-q", "-c", "side", base);
  const apart = await repo.commit("apart", { "b.txt": "2\n" });
  const clash = await repo.commit("clash", { "a.txt": "1\n2\ntheirs\n" });
  const repository = await opened(repo);
  const before = await repo.git("count-objects", "-v");
  expect(await repository.forecast(ours, apart)).toMatchObject({ clean: true });
  expect(await repository.forecast(ours, clash)).toEqual({ clean: false, files: ["a.txt"] });
  expect(await repo.git("count-objects", "-v")).toBe(before);
  expect((await readdir(join(repo.temp, "state", "orch.git"))).filter((name) => name.startsWith("scratch"))).toEqual(
    [],
  );
});

test("commits are replayed onto a new base with their authors, dates and messages, the same way each time", async () => {
  await using repo = await gitRepo({ "a.txt": "1\n", "b.txt": "1\n" });
  const fork = await repo.commitId("HEAD");
  const onto = await repo.commit("base moved", { "a.txt": "moved\n", "same.txt": "same\n" });
  await repo.git("switch", "-q", "-c", "side", fork);
  await repo.commit("first\n\nbody ü\n\nDispatch-Task: A", { "b.txt": "2\n" });
  await repo.commit("already upstream", { "same.txt": "same\n" });
  await repo.commit("empty on purpose");
  const head = await repo.commit("second", { "c.txt": "1\n" });
  const repository = await opened(repo);
  const moved = (await repository.replay(fork, head, onto)) ?? "";
  expect(await repository.replay(fork, head, onto)).toBe(moved);
  expect(await repository.isAncestor(onto, moved)).toBe(true);
  const format = "--format=%an|%ae|%ad|%cn|%cd|%B";
  const original = (await repo.git("log", "-z", "--reverse", format, `${fork}..${head}`)).split("\0");
  const replayed = (await repo.git("log", "-z", "--reverse", format, `${onto}..${moved}`)).split("\0");
  expect(replayed).toEqual(original.filter((line) => !line.includes("already upstream")));
  expect(await repo.git("show", `${moved}:a.txt`)).toBe("moved");
  expect((await repository.readChanges(onto, moved)).map(({ path }) => path)).toEqual(["b.txt", "c.txt"]);
});

test("a replay that conflicts, or meets a merge, gives null", async () => {
  await using repo = await gitRepo({ "a.txt": "1\n" });
  const fork = await repo.commitId("HEAD");
  const onto = await repo.commit("ours", { "a.txt": "ours\n" });
  await repo.git("switch", "-q", "-c", "side", fork);
  const clash = await repo.commit("theirs", { "a.txt": "theirs\n" });
  await repo.git("switch", "-q", "-c", "merging", fork);
  await repo.commit("x", { "x.txt": "1\n" });
  await repo.git("merge", "-q", "--no-ff", "-s", "ours", "-m", "merge", clash);
  const repository = await opened(repo);
  expect(await repository.replay(fork, clash, onto)).toBeNull();
  expect(await repository.replay(fork, await repo.commitId("HEAD"), onto)).toBeNull();
});

test("the tasks whose trailers are in a history are known, also as it grows and is rewritten", async () => {
  await using repo = await gitRepo();
  const one = await repo.commit("a\n\nDispatch-Task: A\nDispatch-Run: r");
  await repo.git("switch", "-q", "-c", "side");
  await repo.commit("b\n\nDispatch-Task: Task.b-2");
  await repo.commit("no trailer\n\nDispatch-Task: not-in-the-last-paragraph\n\nand some more text");
  await repo.git("switch", "-q", "main");
  await repo.git("merge", "-q", "--no-ff", "-m", "merge", "side");
  const two = await repo.commitId("HEAD");
  const repository = await opened(repo);
  expect([...(await repository.readMergedTasks(one))]).toEqual(["A"]);
  expect([...(await repository.readMergedTasks(two))].sort()).toEqual(["A", "Task.b-2"]);
  await repo.git("reset", "-q", "--hard", `${one}^`);
  const three = await repo.commit("c\n\nDispatch-Task: C");
  expect([...(await repository.readMergedTasks(three))]).toEqual(["C"]);
});

test("a file is read as it is in a commit; what is no file there is null", async () => {
  await using repo = await gitRepo({ "deep/ü.txt": "1\n2" });
  const commit = await repo.commitId("HEAD");
  const repository = await opened(repo);
  expect(await repository.readFile(commit, "deep/ü.txt")).toBe("1\n2");
  expect(await repository.readFile(commit, "deep")).toBeNull();
  expect(await repository.readFile(commit, "nope.txt")).toBeNull();
  expect(await caught(repository.readFile(commit, "../x"))).toMatchObject({ code: "invalid_path" });
  expect(await caught(repository.readFile("HEAD", "x"))).toMatchObject({ code: "invalid_object_id" });
});

test("merge bases and ancestors", async () => {
  await using repo = await gitRepo();
  const root = await repo.commitId("HEAD");
  const left = await repo.commit("left");
  await repo.git("switch", "-q", "-c", "side", root);
  const right = await repo.commit("right");
  await repo.git("switch", "-q", "--orphan", "alone");
  const alone = await repo.commit("alone", { "x.txt": "1\n" });
  const repository = await opened(repo);
  expect(await repository.mergeBase(left, right)).toBe(root);
  expect(await repository.mergeBase(left, alone)).toBeNull();
  expect(await repository.isAncestor(root, left)).toBe(true);
  expect(await repository.isAncestor(left, root)).toBe(false);
});

test("a sha256 repository works the same", async () => {
  await using repo = await gitRepo({ "a.txt": "1\n" }, { origin: null });
  await gitIn(repo.temp, "init", "-q", "-b", "main", "--object-format=sha256", "long");
  const dir = join(repo.temp, "long");
  await writeFiles(dir, { "a.txt": "1\n" });
  await gitIn(dir, "add", "-A");
  await gitIn(dir, "commit", "-q", "-m", "start");
  const repository = await opened(repo, { root: dir });
  const { commit } = await repository.fetchBase();
  expect(commit).toHaveLength(64);
  await repository.moveBranch(BRANCH, commit, null);
  expect(await repository.salvage("A", commit)).toBe("refs/dispatch/salvage/A/1");
  expect(await repository.forecast(commit, commit)).toMatchObject({ clean: true });
});

test.each([".", "..", "/", ".git/.."])(
  "worktrees in %s are refused: the repository itself is there",
  async (workDir) => {
    await using repo = await gitRepo();
    expect(await caught(opened(repo, { workDir }))).toMatchObject({ code: "invalid_work_dir", exit: 2 });
  },
);

test("an aborted signal ends the waiting for origin", async () => {
  await using repo = await gitRepo();
  const stop = new AbortController();
  const repository = await opened(repo, { signal: stop.signal });
  stop.abort(new Error("stopped by the test"));
  await expect(repository.fetchBase()).rejects.toThrow("stopped by the test");
});

test("the heads that stand on a commit are found in one question, the commit itself among them", async () => {
  await using repo = await gitRepo();
  const base = await repo.commit("base");
  await repo.git("switch", "-q", "-c", "left");
  await repo.commit("left one");
  const left = await repo.commit("left two");
  await repo.git("switch", "-q", "-c", "right", `${base}^`);
  const right = await repo.commit("right");
  await repo.git("merge", "-q", "--no-ff", "-m", "both", left);
  const both = await repo.commitId("HEAD");
  const repository = await opened(repo);
  expect(await repository.readDescendants(base, [base, left, right, both])).toEqual(new Set([base, left, both]));
  expect(await repository.readDescendants(base, [])).toEqual(new Set());
});
