import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { openWorktrees } from "../../../src/adapters/git/worktrees.ts";
import type { Preparation, Standing, Worktree } from "../../../src/ports/worktrees.ts";
import { childScript } from "../../support/child-script.ts";
import { gitIn, gitRepo, writeFiles } from "../../support/git-repo.ts";
import { opened } from "../../support/open-git.ts";

const FILES = { "a.txt": "base\n", ".gitignore": "node_modules\nmade\n" };

/** A commit that is not the base, and leases of it that say what they were asked. */
async function site(standing: () => Standing, prepare: (path: string) => Promise<void> = async () => undefined) {
  const repo = await gitRepo(FILES);
  const repository = await opened(repo);
  const base = (await repository.fetchBase()).commit;
  const task = await repo.commit("task", { "a.txt": "task\n" });
  const worktrees = openWorktrees({ repository, pauseMain: true });
  const asked: (readonly string[])[] = [];
  const preparation: Preparation = {
    base,
    async restore(_path, left) {
      asked.push(left);
      return standing();
    },
    prepare,
  };
  const lease = (commit: string, id = "A"): Promise<Worktree> =>
    worktrees.acquire({
      ...{ holder: id, run: "r", task: id, role: "coder", lane: 1, commit, preparation },
      branch: `dispatch/${id.toLowerCase()}--x`,
    });
  return { repo, repository, worktrees, base, task, asked, lease, [Symbol.asyncDispose]: repo[Symbol.asyncDispose] };
}

test("a stale place is prepared with the files of the base, and then gets its own; what was made there stays", async () => {
  const seen: string[] = [];
  await using it = await site(
    () => "stale",
    async (path) => {
      seen.push(await readFile(join(path, "a.txt"), "utf8"));
      await writeFiles(path, { made: "1\n", "node_modules/x": "1\n", "a.txt": "changed by it\n" });
    },
  );
  await using worktree = await it.lease(it.task);
  expect(seen).toEqual(["base\n"]);
  expect(await readFile(join(worktree.path, "a.txt"), "utf8")).toBe("task\n");
  expect([existsSync(join(worktree.path, "made")), existsSync(join(worktree.path, "node_modules/x"))]).toEqual([
    true,
    true,
  ]);
  expect(await gitIn(worktree.path, "status", "--porcelain", "--branch")).toBe("## dispatch/a--x");
});

test("one that is ready, or wanted at the base itself, is not", async () => {
  let standing: Standing = "ready";
  const prepared: string[] = [];
  await using it = await site(
    () => standing,
    async (path) => void prepared.push(path),
  );
  await (await it.lease(it.task)).release();
  standing = "stale";
  await (await it.lease(it.base, "B")).release();
  expect(prepared).toEqual([]);
});

test("what stayed in a place is told, wherever it lies; a spoilt one is for nobody, but may be asked again when new", async () => {
  let standing: Standing = "ready";
  await using it = await site(() => standing);
  const first = await it.lease(it.base);
  await writeFiles(first.path, { "node_modules/m/i": "1", "deep/node_modules/x": "1", made: "1" });
  await first.release();
  standing = "spoilt";
  const second = await it.lease(it.base, "B");
  expect(existsSync(join(second.path, "node_modules"))).toBe(false);
  expect(it.asked).toEqual([[], ["deep/", "node_modules/"], []]);
  expect((await it.repository.slots.read()).map(({ state }) => state)).toEqual(["leased"]);
  await second.release();
});

test("when it cannot be prepared, nothing of it is left", async () => {
  await using it = await site(
    () => "stale",
    () => Promise.reject(new Error("no network")),
  );
  await expect(it.lease(it.task)).rejects.toThrow("no network");
  expect(await it.repository.slots.read()).toEqual([]);
  expect(await it.repository.readBranch("dispatch/a--x").catch(() => null)).toBeNull();
});

test("when the dispatcher is killed meanwhile, the files of the base are nobody's work", async () => {
  await using it = await site(() => "ready");
  await using child = childScript("git/prepares.ts", it.repo.dir, join(it.repo.temp, "state"), it.task);
  await child.line(/^preparing$/);
  await child.kill();
  expect(await (await it.worktrees.heal()).all()).toEqual([]);
  expect(Object.keys(await it.repo.refs()).filter((ref) => ref.includes("salvage"))).toEqual([]);
  await (await it.lease(it.task)).release();
});
