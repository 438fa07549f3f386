import { mkdir, readdir, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import { buildDemo } from "../../../src/cli/demo/build-demo.ts";
import { type DispatchError, EXIT } from "../../../src/domain/errors.ts";
import { builtDemo, demoTools, tempFolder } from "../../support/demo-repo.ts";
import { gitIn, readRefs } from "../../support/git-repo.ts";

it("makes a clean checkout of main whose bare origin has the same commit", async () => {
  await using demo = await builtDemo();
  expect(await gitIn(demo.dir, "status", "--porcelain=v2", "--branch", "--untracked-files=all")).toMatch(
    /^# branch\.oid \w{40}\n# branch\.head main\n# branch\.upstream origin\/main\n# branch\.ab \+0 -0$/,
  );
  expect(await gitIn(demo.origin, "rev-parse", "--is-bare-repository")).toBe("true");
  expect(await gitIn(demo.origin, "symbolic-ref", "HEAD")).toBe("refs/heads/main");
  expect(await gitIn(demo.dir, "symbolic-ref", "refs/remotes/origin/HEAD")).toBe("refs/remotes/origin/main");
  expect(await readRefs(demo.origin)).toEqual({ "refs/heads/main": await gitIn(demo.dir, "rev-parse", "main") });
});

it("makes the same commit every time, by nobody's identity and nobody's configuration", async () => {
  await using one = await builtDemo();
  await using two = await builtDemo();
  expect(await gitIn(one.dir, "rev-parse", "main")).toBe(await gitIn(two.dir, "rev-parse", "main"));
  expect(await gitIn(one.dir, "config", "--local", "--name-only", "--list")).not.toMatch(/^user\./m);
});

it("commits the backlog, the configuration and the recording, and hides origin and state", async () => {
  await using demo = await builtDemo();
  const files = (await gitIn(demo.dir, "ls-files")).split("\n");
  expect(files).toEqual(
    expect.arrayContaining(["BACKLOG.md", "dispatch.jsonc", ".dispatch/demo-recording.json", "test/all.js"]),
  );
  expect(files.filter((file) => file.startsWith(".demo/"))).toEqual([]);
});

it("gives every demo a state of its own that another user may pass through, also at the path of an earlier one", async () => {
  await using temp = await tempFolder();
  const one = await buildDemo(temp.path, demoTools);
  expect((await stat(one.home)).mode & 0o111).toBe(0o111);
  for (const name of await readdir(temp.path)) await rm(join(temp.path, name), { recursive: true });
  const two = await buildDemo(temp.path, demoTools);
  expect(two.home).not.toBe(one.home);
});

it("takes an empty folder", async () => {
  await using temp = await tempFolder();
  await expect(buildDemo(temp.path, demoTools)).resolves.toMatchObject({ dir: temp.path });
});

it("refuses a folder that is not empty, and changes nothing in it", async () => {
  await using temp = await tempFolder();
  await writeFile(join(temp.path, "mine.txt"), "mine");
  const refused = await buildDemo(temp.path, demoTools).catch((error: unknown) => error);
  expect(refused).toMatchObject({ code: "folder_not_empty", exit: EXIT.usage });
  expect((refused as DispatchError).hint).toContain("--dir");
  expect(await readdir(temp.path)).toEqual(["mine.txt"]);
});

it("refuses a path where a file is in the way", async () => {
  await using temp = await tempFolder();
  await writeFile(join(temp.path, "file"), "");
  for (const dir of [join(temp.path, "file"), join(temp.path, "file", "below")]) {
    await expect(buildDemo(dir, demoTools)).rejects.toMatchObject({ code: "folder_unusable", exit: EXIT.usage });
  }
});

it("leaves the folder empty when git does not start", async () => {
  await using temp = await tempFolder();
  const dir = join(temp.path, "new");
  await mkdir(dir);
  const broken = { git: () => Promise.reject(new Error("no git")) };
  await expect(buildDemo(dir, broken)).rejects.toThrow("no git");
  expect(await readdir(dir)).toEqual([]);
});
