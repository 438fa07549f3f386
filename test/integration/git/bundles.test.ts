import { join } from "node:path";
import { expect, it } from "vitest";
import { openBundles } from "../../../src/adapters/git/bundles.ts";
import { openRepository } from "../../../src/adapters/git/repository.ts";
import { gitRepo } from "../../support/git-repo.ts";

it("of a bundle the objects are taken, and no ref, whatever it calls them", async () => {
  await using repo = await gitRepo({ "a.txt": "a\n" });
  const { doors } = await openRepository({ root: repo.dir, stateDir: join(repo.temp, "state"), workDir: ".work" });
  const base = await repo.git("rev-parse", "HEAD");
  const commit = await repo.git("commit-tree", "-p", base, "-m", "not yours", `${base}^{tree}`);
  const names = ["refs/heads/evil", "refs/tags/v1", "refs/dispatch/claims/1", "refs/replace/x", "refs/bisect/bad"];
  for (const name of names) await repo.git("update-ref", name, commit);
  const file = join(repo.temp, "work.bundle");
  await repo.git("bundle", "create", "--quiet", file, ...names, `^${base}`);
  for (const name of names) await repo.git("update-ref", "-d", name);
  await repo.git("-c", "gc.pruneExpire=now", "prune", "--expire=now");
  const refs = async (): Promise<readonly string[]> => [
    (await doors.own("for-each-ref", [])).stdout,
    await repo.git("for-each-ref"),
    await repo.git("ls-remote", "origin"),
  ];
  const before = await refs();
  await openBundles(doors).read(file);
  expect(await refs()).toEqual(before);
  expect((await doors.own("cat-file", ["-t", commit])).stdout.trim()).toBe("commit");
});
