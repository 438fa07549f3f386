import { chmod, readdir, stat, utimes } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import { writeCommit } from "../../../src/adapters/git/commit.ts";
import { type ObjectStore, writeObject } from "../../../src/adapters/git/objects.ts";
import { gitIn, gitRepo } from "../../support/git-repo.ts";
import { temporaryFolder } from "../../support/temporary-folder.ts";

/** An empty repository with this kind of ids. */
async function emptyStore(dir: string, objectFormat: ObjectStore["objectFormat"]): Promise<ObjectStore> {
  await gitIn(dir, "init", "-q", `--object-format=${objectFormat}`, ".");
  return { objects: join(dir, ".git", "objects"), objectFormat };
}

for (const format of ["sha1", "sha256"] as const) {
  it(`a commit with a file is what git itself would have written (${format})`, async () => {
    const temp = temporaryFolder("dispatch-objects");
    const store = await emptyStore(temp, format);
    const blob = await writeObject(store, "blob", "größer\n");
    const entry = Buffer.concat([Buffer.from("100644 a.txt\0"), Buffer.from(blob, "hex")]);
    const tree = await writeObject(store, "tree", entry);
    const date = "2026-01-02T03:04:05Z";
    const first = await writeCommit(store, { tree, parents: [], message: "one", author: "coder", date });
    const words = { message: "two\0\n\nDispatch-Task: A\n\n", author: "Jo <jo@example.invalid>", date };
    const commit = await writeCommit(store, { ...words, tree, parents: [first] });

    expect(await gitIn(temp, "cat-file", "blob", `${commit}:a.txt`)).toBe("größer");
    expect(await gitIn(temp, "cat-file", "commit", commit)).toBe(
      [
        `tree ${tree}`,
        `parent ${first}`,
        "author Jo <jo@example.invalid> 1767323045 +0000",
        "committer dispatch <dispatch@localhost> 1767323045 +0000",
        "",
        "two",
        "",
        "Dispatch-Task: A",
      ].join("\n"),
    );
    expect(await gitIn(temp, "fsck", "--strict", "--no-dangling")).toBe("");
  });
}

it("the same content is one object, which is made young again for the next git gc", async () => {
  const temp = temporaryFolder("dispatch-objects");
  const store = await emptyStore(temp, "sha1");
  const id = await writeObject(store, "blob", "x");
  const file = join(store.objects, id.slice(0, 2), id.slice(2));
  await utimes(file, 1, 1);
  expect(await writeObject(store, "blob", "x")).toBe(id);
  expect((await stat(file)).mtimeMs).toBeGreaterThan(1_000_000_000_000);
  expect(await readdir(join(store.objects, id.slice(0, 2)))).toEqual([id.slice(2)]);
  expect((await stat(file)).mode & 0o777).toBe(0o444);
});

it("in a repository that a group shares, the group may write beside a new object", async () => {
  await using repo = await gitRepo();
  const objects = join(repo.dir, ".git", "objects");
  await chmod(objects, 0o2775);
  const id = await writeObject({ objects, objectFormat: "sha1" }, "blob", "shared with the group");
  expect((await stat(join(objects, id.slice(0, 2)))).mode & 0o7777).toBe(0o2775);
});
