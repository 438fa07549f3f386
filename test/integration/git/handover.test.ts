import { join } from "node:path";
import { expect, it } from "vitest";
import type { GitRepository } from "../../../src/adapters/git/repository.ts";
import { openRepository } from "../../../src/adapters/git/repository.ts";
import { caught } from "../../support/caught.ts";
import { commitInto, type Files, gitRepo, type GitRepo } from "../../support/git-repo.ts";

const membership = { host: { id: "host:x", isGone: async () => false } };

/** A clone of the origin, as another host has it. */
async function host(repo: GitRepo, name: string): Promise<GitRepository & { readonly dir: string }> {
  const dir = join(repo.temp, name);
  await repo.gitIn(repo.temp, "clone", "-q", repo.origin ?? "", dir);
  const stateDir = join(repo.temp, `state-${name}`);
  return { ...(await openRepository({ root: dir, stateDir, workDir: ".work", membership })), dir };
}

let branches = 0;
const madeBy = (dir: string, message: string, files: Files): Promise<string> =>
  commitInto(dir, { branch: `made-${(branches += 1)}`, base: "main", message, files });

it("brings a commit from the host that made it to another, and leaves nothing on origin", async () => {
  await using repo = await gitRepo();
  const [one, two] = [await host(repo, "one"), await host(repo, "two")];
  const made = await madeBy(one.dir, "made here", { "a.txt": "a\n" });
  await one.handover.give("A", made);
  await one.handover.give("A", made);
  expect(await two.readBranch("dispatch/a--x")).toBeNull();
  await two.handover.bring("A", made);
  expect(await two.readFile(made, "a.txt")).toBe("a\n");
  // Other tasks' stay.
  await one.handover.give("B", made);
  await two.handover.drop("A");
  await two.handover.drop("A");
  const left = Object.keys(await repo.refs(repo.origin ?? "")).filter((ref) => ref.includes("handover"));
  expect(left).toEqual([`refs/dispatch/handover/B/${made}`]);
});

it("finds a commit on the base, or on the task's branch, that was handed over no more", async () => {
  await using repo = await gitRepo();
  const [one, two] = [await host(repo, "one"), await host(repo, "two")];
  const onBranch = await madeBy(one.dir, "published", { "a.txt": "a\n" });
  await one.moveBranch("dispatch/a--add-a", onBranch, null);
  await one.publish("dispatch/a--add-a", onBranch, null);
  await two.handover.bring("A", onBranch);
  expect(await two.readFile(onBranch, "a.txt")).toBe("a\n");

  const onBase = await madeBy(one.dir, "merged", { "b.txt": "b\n" });
  await repo.gitIn(one.dir, "push", "-q", "origin", `${onBase}:refs/heads/main`);
  await two.handover.bring("A", onBase);
  expect(await two.readFile(onBase, "b.txt")).toBe("b\n");
});

it("says what is missing when nobody handed it over", async () => {
  await using repo = await gitRepo();
  const [one, two] = [await host(repo, "one"), await host(repo, "two")];
  const made = await madeBy(one.dir, "kept to itself", { "a.txt": "a\n" });
  const error = await caught(two.handover.bring("A", made));
  expect(error).toMatchObject({ code: "commit_missing", facts: { task: "A", commit: made } });
});
