import { mkdir, readFile, stat, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeEach, expect, test } from "vitest";
import { putFile } from "../../../../src/adapters/agents/native/put-file.ts";
import { caught } from "../../../support/caught.ts";
import { temporaryFolder } from "../../../support/temporary-folder.ts";

let home: string;
let theirs: string;

beforeEach(async () => {
  const folder = temporaryFolder("put-file");
  [home, theirs] = [join(folder, "home"), join(folder, "theirs")];
  await mkdir(home);
  await mkdir(theirs);
});

test("a file of ours is written below an agent's home, for us alone, and again over itself", async () => {
  const path = join(home, "deep", "settings.json");
  await putFile(home, path, "a longer text");
  await putFile(home, path, "short");
  expect(await readFile(path, "utf8")).toBe("short");
  expect((await stat(path)).mode & 0o777).toBe(0o600);
});

test("a home that is reached by a link of the user's own is no other", async () => {
  const link = `${home}-link`;
  await symlink(home, link);
  await putFile(link, join(link, "deep", "settings.json"), "text");
  expect(await readFile(join(home, "deep", "settings.json"), "utf8")).toBe("text");
});

test("nothing is written through a link that an agent left there, be it the file or its folder", async () => {
  await writeFile(join(theirs, "settings.json"), "theirs");
  await symlink(theirs, join(home, "deep"));
  await symlink(join(theirs, "settings.json"), join(home, "settings.json"));
  for (const path of [join(home, "deep", "settings.json"), join(home, "settings.json")])
    expect((await caught(async () => await putFile(home, path, "ours"))).code).toBe("agent_home_strange");
  expect(await readFile(join(theirs, "settings.json"), "utf8")).toBe("theirs");
});
