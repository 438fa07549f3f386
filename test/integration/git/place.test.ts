import { chmod, mkdir, realpath, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { requireRepository } from "../../../src/adapters/git/place.ts";
import { type GitRepo, gitIn, gitRepo } from "../../support/git-repo.ts";
import { opened } from "../../support/open-git.ts";

/** A PATH on which `git` is this shell script. */
async function gitOnPath(repo: GitRepo, script: string): Promise<string> {
  const bin = join(repo.temp, "bin");
  await mkdir(bin);
  await writeFile(join(bin, "git"), `#!/bin/sh\n${script}\n`);
  await chmod(join(bin, "git"), 0o755);
  return bin;
}

async function realGit(): Promise<string> {
  const folders = (process.env["PATH"] ?? "").split(":");
  const found = await Promise.all(folders.map((folder) => realpath(join(folder, "git")).catch(() => null)));
  return found.find((path) => path !== null) ?? expect.unreachable("no git on the PATH");
}

const refused = (dir: string, env: NodeJS.ProcessEnv = process.env) =>
  requireRepository(dir, env).then(
    () => expect.unreachable("it was taken"),
    (error: unknown) => error as { code: string; message: string; hint: string; exit: number },
  );

test("a folder outside of any repository is refused with the way to make one", async () => {
  await using repo = await gitRepo();
  const error = await refused(repo.temp);
  expect(error).toMatchObject({ code: "not_a_repository", exit: 2 });
  expect(error.hint).toContain("git init");
});

test("a repository without a commit is refused with the first commit to make", async () => {
  await using repo = await gitRepo();
  await gitIn(repo.temp, "init", "-q", "fresh");
  const error = await refused(join(repo.temp, "fresh"));
  expect(error).toMatchObject({ code: "empty_repository", exit: 2 });
  expect(error.hint).toContain("git commit");
});

test("a shallow clone is refused with the fetch that completes it", async () => {
  await using repo = await gitRepo();
  await repo.commit("second");
  await repo.git("push", "-q", "origin", "main");
  await gitIn(repo.temp, "clone", "-q", "--depth", "1", `file://${repo.origin}`, "cut");
  const error = await refused(join(repo.temp, "cut"));
  expect(error).toMatchObject({ code: "shallow_repository" });
  expect(error.hint).toContain("git fetch --unshallow");
});

test("a partial clone is refused", async () => {
  await using repo = await gitRepo();
  await gitIn(repo.origin ?? "", "config", "uploadpack.allowFilter", "true");
  await gitIn(repo.temp, "clone", "-q", "--filter=blob:none", `file://${repo.origin}`, "thin");
  expect(await refused(join(repo.temp, "thin"))).toMatchObject({ code: "partial_clone" });
});

test("a repository of another user is refused with the exact command that trusts it, which we never type", async () => {
  await using repo = await gitRepo();
  // git's own seam for "somebody else owns it", the same for root and others.
  const path = await gitOnPath(repo, `GIT_TEST_ASSUME_DIFFERENT_OWNER=1 exec "$REAL_GIT" "$@"`);
  const error = await refused(repo.dir, { ...process.env, PATH: path, REAL_GIT: await realGit() });
  expect(error).toMatchObject({ code: "safe_directory" });
  expect(error.hint).toContain(`git config --global --add safe.directory '${repo.dir}`);
});

test("a git older than 2.38 is refused, and so is none", async () => {
  await using repo = await gitRepo();
  expect(await refused(repo.dir, { ...process.env, PATH: repo.temp })).toMatchObject({ code: "git_missing" });
  const path = await gitOnPath(repo, "echo git version 2.30.2");
  const error = await refused(repo.dir, { ...process.env, PATH: path });
  expect(error).toMatchObject({ code: "git_too_old" });
  expect(error.message).toContain("2.30.2");
});

test("the inside of a git dir is refused with the checkout to go to", async () => {
  await using repo = await gitRepo();
  expect(await refused(join(repo.dir, ".git"))).toMatchObject({ code: "not_a_checkout" });
});

test("from a subfolder, a linked worktree or through a symlink the same repository is found", async () => {
  await using repo = await gitRepo({ "deep/a.txt": "1\n" });
  const linked = join(repo.temp, "linked");
  await repo.git("worktree", "add", "-q", "-b", "mine", linked);
  await symlink(repo.dir, join(repo.temp, "alias"));
  const common = join(repo.dir, ".git");
  for (const [dir, root] of [
    [repo.dir, repo.dir],
    [join(repo.dir, "deep"), repo.dir],
    [linked, linked],
    [join(repo.temp, "alias", "deep"), repo.dir],
  ] as const) {
    expect(await requireRepository(dir)).toMatchObject({ root, commonDir: common, mainRoot: repo.dir, bare: false });
  }
  const ids = await Promise.all([repo.dir, linked].map(async (root) => (await opened(repo, { root })).id));
  expect(ids[0]).toBe(ids[1]);
  expect(ids[0]).toMatch(/^[0-9a-f]{16}$/);
});

test("a bare repository is its own root", async () => {
  await using repo = await gitRepo();
  const bare = await realpath(repo.origin ?? "");
  expect(await requireRepository(bare)).toMatchObject({ root: bare, commonDir: bare, mainRoot: bare, bare: true });
});

test("variables of a git hook that started us do not send us to another repository", async () => {
  await using repo = await gitRepo();
  await using other = await gitRepo();
  const env = {
    ...process.env,
    GIT_DIR: join(other.dir, ".git"),
    GIT_WORK_TREE: other.dir,
    GIT_INDEX_FILE: "/nowhere",
  };
  expect((await requireRepository(repo.dir, env)).commonDir).toBe(join(repo.dir, ".git"));
});
