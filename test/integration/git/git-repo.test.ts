import { expect, test } from "vitest";
import { gitRepo } from "../../support/git-repo.ts";

test.each([
  ["bare", "main"],
  ["work", "trunk"],
  [null, "release/1.x"],
] as const)("makes a repository whose origin is %s and whose base is %s", async (origin, base) => {
  await using repo = await gitRepo({ "a.txt": "1\n", "deep/b.txt": "2\n" }, { origin, base });
  expect(await repo.git("branch", "--show-current")).toBe(base);
  expect((await repo.print()).status).not.toContain("?");
  expect(await repo.print()).toEqual(await repo.print());
  if (origin === null) return;
  const elsewhere = await repo.commitOnOrigin({ "c.txt": "3\n" });
  expect((await repo.refs(repo.origin ?? ""))[`refs/heads/${base}`]).toBe(elsewhere);
  expect(await repo.git("symbolic-ref", "refs/remotes/origin/HEAD")).toBe(`refs/remotes/origin/${base}`);
});
