import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { release } from "../../../scripts/release/release.ts";
import { gitRepo } from "../../support/git-repo.ts";

it("a release is a commit beside the branch that has the bundle as well, under both of its tags", async () => {
  await using repo = await gitRepo({ "action.yml": "runs\n", ".gitignore": "dist/\n" });
  await repo.git("config", "user.name", "ada");
  await repo.git("config", "user.email", "ada@example.org");
  const build = (): void => {
    mkdirSync(join(repo.dir, "dist/action"), { recursive: true });
    writeFileSync(join(repo.dir, "dist/action/main.js"), "built\n");
  };
  const request = { root: repo.dir, tag: "v1.2.0", version: "1.2.0", build, built: ["dist/action"] };
  const [head, index] = [await repo.commitId("HEAD"), await repo.git("ls-files")];
  await repo.git("tag", "v1");
  const commit = release(request);
  expect(await repo.git("show", `${commit}:dist/action/main.js`)).toBe("built");
  expect(await repo.commitId("v1^{commit}")).toBe(commit);
  expect(await repo.commitId("v1.2.0^{commit}^")).toBe(head);
  expect([await repo.commitId("HEAD"), await repo.git("ls-files")]).toEqual([head, index]);
  expect(() => release(request)).toThrow(/already exists/);
  expect(() => release({ ...request, tag: "v2.0.0" })).toThrow(/package.json says 1.2.0/);
  await repo.write({ "action.yml": "changed\n" });
  expect(() => release(request)).toThrow(/in no commit/);
});
