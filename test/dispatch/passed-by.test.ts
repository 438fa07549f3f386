import { mkdir, rename, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { anItem } from "../support/domain-data.ts";
import { gitRepo } from "../support/git-repo.ts";
import { opened } from "../support/open-git.ts";
import { put, storyHouse, writing, type Play } from "../support/story.ts";

const EVIL = '{"scripts":{"postinstall":"node evil.js"}}\n';

async function putBytes(cwd: string, folder: Buffer, text: string): Promise<void> {
  const at = Buffer.concat([Buffer.from(`${cwd}/`), folder]);
  await mkdir(at);
  await writeFile(Buffer.concat([at, Buffer.from("/package.json")]), text);
}

describe("the policy is not passed by", () => {
  it.each<readonly [string, RegExp, Play]>([
    [
      "with a manifest that is a symlink",
      /^policy: package\.json is a symlink, and may not be one$/,
      async (_, cwd) => {
        await put(cwd, "config/app.json", EVIL);
        await symlink("config/app.json", join(cwd, "package.json"));
      },
    ],
    [
      "with a manifest that became a symlink",
      /^policy: lib\/package\.json is a symlink, and may not be one$/,
      async (_, cwd) => {
        await rename(join(cwd, "lib/package.json"), join(cwd, "lib/app.json"));
        await symlink("app.json", join(cwd, "lib/package.json"));
      },
    ],
    [
      "in a folder whose name is no UTF-8",
      /^policy: pk\ufffd\/package\.json cannot be read$/,
      async (_, cwd) => await putBytes(cwd, Buffer.from("pk\xff", "latin1"), EVIL),
    ],
    [
      "in such a folder beside one that looks the same",
      /^policy: pk\ufffd\/package\.json cannot be read/,
      async (_, cwd) => {
        await putBytes(cwd, Buffer.from("pk\ufffd"), "{}\n");
        await putBytes(cwd, Buffer.from("pk\xff", "latin1"), EVIL);
      },
    ],
    [
      "by the letter case of a name",
      /^policy: src\/Package\.json has a new install script: postinstall$/,
      async (_, cwd) => await put(cwd, "src/Package.json", EVIL),
    ],
    [
      "with a package that lies in the repository",
      /^policy: lib\/package\.json takes packages from file:evil\.tgz, and nothing in it did before$/,
      async (_, cwd) => await put(cwd, "lib/package.json", '{"dependencies":{"evil":"file:evil.tgz"}}\n'),
    ],
  ])("%s", async (_, reason, bad) => {
    const coder: Play = async (input, cwd, signal) =>
      await (input.task.id === "bad" ? bad : honest)(input, cwd, signal);
    const files = { "src/a.txt": "a\n", "lib/package.json": '{"name":"lib"}\n', "gone/package.json": EVIL };
    await using house = await storyHouse({ items: [anItem("bad"), anItem("good")], coder, files });
    const [held, good] = await house.run();
    expect(held).toMatchObject({ state: "needs-human", pr: null });
    expect(held?.reason).toMatch(reason);
    expect(good).toMatchObject({ state: "ready-for-human", pr: 1 });
  });
});

/** Symlinks to other files, and manifests that change or go away, need no human. */
const honest: Play = async (input, cwd, signal) => {
  await writing(input, cwd, signal);
  await symlink("a.txt", join(cwd, "src/link"));
  await put(cwd, "lib/package.json", '{"name":"lib","dependencies":{"zod":"^4.0.0"}}\n');
  await rename(join(cwd, "gone/package.json"), join(cwd, "gone/notes.txt"));
};

it("a change says that the file is a symlink now, and nothing of other files", async () => {
  await using repo = await gitRepo({ "a.txt": "1\n", "b.txt": "2\n" });
  const from = await repo.commitId("HEAD");
  await symlink("a.txt", join(repo.dir, "link"));
  const to = await repo.commit("link", { "b.txt": "3\n" });
  expect(await (await opened(repo)).readChanges(from, to)).toEqual([
    { path: "b.txt", status: "M", added: 1, removed: 1 },
    { path: "link", status: "A", added: 1, removed: 0, symlink: true },
  ]);
});
