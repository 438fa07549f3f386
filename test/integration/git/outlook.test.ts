import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { gitRepo, type Files, type GitRepo } from "../../support/git-repo.ts";
import { opened } from "../../support/open-git.ts";

const FILES = { "a.txt": "1\n2\n3\n", "b.txt": "b\n", "dir/old.txt": "old\nlines\nof\ntext\n" };

/** A branch from `from` with these files, and null for those that are removed. */
async function branch(
  repo: GitRepo,
  name: string,
  files: Readonly<Record<string, string | null>>,
  from = "main",
): Promise<string> {
  await repo.git("switch", "-q", "--detach", from);
  for (const [path, text] of Object.entries(files)) if (text === null) await repo.git("rm", "-q", path);
  const kept = Object.entries(files).filter((entry): entry is [string, string] => entry[1] !== null);
  return await repo.commit(name, Object.fromEntries(kept) satisfies Files);
}

const objects = (repo: GitRepo): Promise<string> => repo.git("count-objects", "-v");

describe("how open heads stand", () => {
  it("to the base and to each other is what merges of them give, and no object is left", async () => {
    await using repo = await gitRepo(FILES, { origin: null });
    const repository = await opened(repo);
    const one = await branch(repo, "one", { "a.txt": "one\n2\n3\n" });
    const two = await branch(repo, "two", { "a.txt": "two\n2\n3\n" });
    const far = await branch(repo, "far", { "b.txt": "far\n" });
    const old = await branch(repo, "old", { "b.txt": "old\n", "new.txt": "new\n" });
    const moved = await branch(repo, "moved", { "b.txt": "moved\n" });
    const before = await objects(repo);
    const outlook = await repository.readOutlook(moved, [one, two, far, old]);
    expect(outlook.base).toEqual(
      new Map([
        [far, ["b.txt"]],
        [old, ["b.txt"]],
      ]),
    );
    expect(outlook.pairs).toEqual([{ a: one, b: two, files: ["a.txt"] }]);
    expect(outlook.changes.get(old)).toEqual(["b.txt", "new.txt"]);
    expect(await objects(repo)).toBe(before);
  });

  it.each([
    ["a file against a folder", { "x/y.txt": "y\n" }, { x: "x\n" }, "x"],
    ["a file that was added twice", { "n.txt": "1\n" }, { "n.txt": "2\n" }, "n.txt"],
    ["a removal against an edit", { "a.txt": null }, { "a.txt": "edit\n" }, "a.txt"],
    [
      "a renamed folder against a file that was added in it",
      { "dir/old.txt": null, "other/old.txt": "old\nlines\nof\ntext\n" },
      { "dir/new.txt": "new\n" },
      "new.txt",
    ],
  ])("sees %s", async (_what, first, second, path) => {
    await using repo = await gitRepo(FILES, { origin: null });
    const repository = await opened(repo);
    const heads = [await branch(repo, "first", first), await branch(repo, "second", second)];
    const { pairs } = await repository.readOutlook(await repo.commitId("main"), heads);
    expect(pairs).toHaveLength(1);
    expect(pairs[0]?.files.join(" ")).toContain(path);
  });

  it("is remembered, so that a new commit costs its own pairs alone", async () => {
    await using repo = await gitRepo(FILES, { origin: null });
    const repository = await opened(repo);
    const base = await repo.commitId("main");
    const one = await branch(repo, "one", { "a.txt": "one\n" });
    const two = await branch(repo, "two", { "a.txt": "two\n" });
    await repository.readOutlook(base, [one, two]);
    const file = join(repository.stateDir, "forecasts.json");
    const book = JSON.parse(await readFile(file, "utf8")) as { pairs: Record<string, string[]> };
    const key = [one, two].sort().join(" ");
    expect(book.pairs[key]).toEqual(["a.txt"]);
    // What stands there is believed, also by another process, so nothing was merged again.
    await writeFile(file, JSON.stringify({ ...book, pairs: { ...book.pairs, [key]: ["from the book"] } }));
    const three = await branch(repo, "three", { "a.txt": "three\n" });
    const { pairs } = await (await opened(repo)).readOutlook(base, [one, two, three]);
    expect(pairs.map(({ files }) => files)).toEqual([["from the book"], ["a.txt"], ["a.txt"]]);
    // What nobody asks about any more is forgotten with the next that is learnt.
    const four = await branch(repo, "four", { "b.txt": "four\n" });
    await repository.readOutlook(base, [four]);
    const { pairs: left } = JSON.parse(await readFile(file, "utf8")) as { pairs: object };
    expect(Object.keys(left)).toEqual([[base, four].sort().join(" ")]);
  });

  it("is found out anew where the book is torn", async () => {
    await using repo = await gitRepo(FILES, { origin: null });
    const repository = await opened(repo);
    const base = await repo.commitId("main");
    const heads = [await branch(repo, "one", { "a.txt": "1\n" }), await branch(repo, "two", { "a.txt": "2\n" })];
    await writeFile(join(repository.stateDir, "forecasts.json"), '{"v":1,"pairs":{"');
    expect((await repository.readOutlook(base, heads)).pairs).toHaveLength(1);
  });

  it("leaves out heads that are elsewhere, and survives one that has nothing in common", async () => {
    await using repo = await gitRepo(FILES, { origin: null });
    const repository = await opened(repo);
    const base = await repo.commitId("main");
    const one = await branch(repo, "one", { "a.txt": "1\n" });
    const two = await branch(repo, "two", { "a.txt": "2\n" });
    const stranger = await repo.git("commit-tree", await repo.git("rev-parse", "main^{tree}"), "-m", "another root");
    const { base: withBase, changes, pairs } = await repository.readOutlook(base, ["1".repeat(40), stranger, one, two]);
    expect([...changes.keys()]).toEqual([stranger, one, two]);
    expect([...withBase]).toEqual([[stranger, ["(the histories have nothing in common)"]]]);
    expect(pairs).toEqual([{ a: one, b: two, files: ["a.txt"] }]);
  });

  it("compares heads whose history has merges by merging them", async () => {
    await using repo = await gitRepo(FILES, { origin: null });
    const repository = await opened(repo);
    const one = await branch(repo, "one", { "b.txt": "one\n" });
    await branch(repo, "side", { "a.txt": "side\n" });
    await repo.git("merge", "-q", "--no-edit", one);
    const merged = await repo.commitId("HEAD");
    const two = await branch(repo, "two", { "b.txt": "two\n" });
    const { pairs } = await repository.readOutlook(await repo.commitId("main"), [merged, two]);
    expect(pairs).toEqual([{ a: merged, b: two, files: ["b.txt"] }]);
  });
});

describe("a head and its base together", () => {
  it("are one commit, the same each time, and none in conflict", async () => {
    await using repo = await gitRepo(FILES, { origin: null });
    const repository = await opened(repo);
    const one = await branch(repo, "one", { "a.txt": "one\n" });
    const far = await branch(repo, "far", { "b.txt": "far\n" });
    const together = (await repository.together(far, one)) ?? "";
    expect(await repository.together(far, one)).toBe(together);
    expect(await repo.git("show", `${together}:a.txt`, `${together}:b.txt`)).toBe("one\nfar");
    expect(await repo.git("rev-parse", `${together}^1`, `${together}^2`)).toBe(`${far}\n${one}`);
    expect(await repository.together(one, await branch(repo, "two", { "a.txt": "two\n" }))).toBeNull();
  });
});

it("many files of a commit are read at once, whatever they hold", async () => {
  await using repo = await gitRepo({ "a.txt": "ä\n", "empty.txt": "", "b c.txt": "two\nlines" }, { origin: null });
  const repository = await opened(repo);
  const commit = await repo.commitId("main");
  const found = await repository.readFiles(commit, ["a.txt", "no.txt", "empty.txt", "b c.txt", "line\nbreak"]);
  expect([...found]).toEqual([
    ["a.txt", "ä\n"],
    ["empty.txt", ""],
    ["b c.txt", "two\nlines"],
  ]);
  expect(await repository.readFiles(commit, [])).toEqual(new Map());
});
