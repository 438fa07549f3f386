import { rename } from "node:fs/promises";
import { basename, join } from "node:path";
import { expect, it } from "vitest";
import { readHomeMarker, withHome, writeHomeMarker } from "../../../src/cli/demo/home-marker.ts";
import { builtDemo, tempFolder } from "../../support/demo-repo.ts";

it("finds the state of the demo from its git dir", async () => {
  await using demo = await builtDemo();
  expect(await readHomeMarker(join(demo.dir, ".git"))).toBe(demo.home);
});

it("follows a demo that was moved", async () => {
  await using demo = await builtDemo();
  const moved = join(demo.temp, "elsewhere");
  await rename(demo.dir, moved);
  expect(await readHomeMarker(join(moved, ".git"))).toBe(join(moved, ".demo", basename(demo.home)));
});

it("finds nothing in an ordinary repository", async () => {
  await using temp = await tempFolder();
  expect(await readHomeMarker(temp.path)).toBeNull();
});

it("keeps a home outside of the repository as it was named", async () => {
  await using temp = await tempFolder();
  await writeHomeMarker(join(temp.path, "git"), "/somewhere/else");
  expect(await readHomeMarker(join(temp.path, "git"))).toBe("/somewhere/else");
});

it("takes the place of the user's home and of a shared database", () => {
  const env = { PATH: "/bin", DISPATCH_HOME: "/user", DISPATCH_DATABASE_URL: "postgres://shared" };
  expect(withHome(env, "/demo")).toEqual({ PATH: "/bin", DISPATCH_HOME: "/demo", DISPATCH_DATABASE_URL: undefined });
});
