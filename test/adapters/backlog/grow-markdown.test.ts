import { chmod, mkdir, readdir, readFile, stat, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { growMarkdown } from "../../../src/adapters/backlog/grow-markdown.ts";
import { parseMarkdown } from "../../../src/adapters/backlog/markdown.ts";
import { openBacklog, type TextSource } from "../../../src/adapters/backlog/open-backlog.ts";
import type { Proposal } from "../../../src/domain/proposal.ts";
import { temporaryFolder } from "../../support/temporary-folder.ts";

const piece = (id: string, more: Partial<Proposal> = {}): Proposal => ({
  ...{ id, title: `Title of ${id}`, body: "", files: [], after: [], estimate: null },
  ...more,
});

const BACKLOG = `# What is to be done

- [ ] Search page <!-- id: search kind: feature -->
  So that people find things.

  - a plain bullet
- [x] Done
- [ ] Another
`;

describe("sub-tasks in a Markdown backlog", () => {
  it("are put below the item and its text, and nothing else is touched", () => {
    const tasks = [
      piece("search-1", {
        body: "Index the titles.\n\n    keep this indent\n",
        files: ["src/{a,b}/**", "c d.ts"],
        estimate: 600,
      }),
      piece("search-2", { title: "Show `them`", after: ["search-1", "other"], estimate: 90 }),
    ];
    expect(growMarkdown(BACKLOG, "search", tasks)).toBe(`# What is to be done

- [ ] Search page <!-- id: search kind: feature -->
  So that people find things.

  - a plain bullet

  - [ ] Title of search-1 <!-- id: search-1 est: 10m files: src/{a,b}/**,c d.ts -->
    Index the titles.

        keep this indent
  - [ ] Show \`them\` <!-- id: search-2 after: search-1,other est: 90s -->
- [x] Done
- [ ] Another
`);
  });

  it.each<[string, string, string, string]>([
    ["without a last line end", "- [ ] One", "x", "- [ ] One <!-- id: x -->\n  - [ ] Title of a <!-- id: a -->\n"],
    [
      "with lines of Windows",
      "- [ ] One\r\n\r\ntext\r\n",
      "x",
      "- [ ] One <!-- id: x -->\r\n  - [ ] Title of a <!-- id: a -->\r\n\r\ntext\r\n",
    ],
    [
      "in a numbered list",
      "1. [ ] One\n2. [ ] Two\n",
      "x",
      "1. [ ] One <!-- id: x -->\n   - [ ] Title of a <!-- id: a -->\n2. [ ] Two\n",
    ],
    [
      "below others that are done",
      "* [ ] One\n  * [x] Was\n",
      "x",
      "* [ ] One <!-- id: x -->\n  * [x] Was\n  - [ ] Title of a <!-- id: a -->\n",
    ],
    [
      "deep down",
      "- Group\n  - [ ] One\n- More\n",
      "x",
      "- Group\n  - [ ] One <!-- id: x -->\n    - [ ] Title of a <!-- id: a -->\n- More\n",
    ],
  ])("are written %s", (_, text, id, expected) => {
    expect(growMarkdown(text.replace("One", `One <!-- id: ${id} -->`), id, [piece("a")])).toBe(expected);
  });

  it.each<[string, Partial<Proposal>]>([
    ["a title that closes our comment and opens another", { title: "x --> <!-- id: evil files: ** -->" }],
    ["a brief that is a task", { body: "- [ ] more" }],
    ["a brief that hides what follows", { body: "<!-- for ever" }],
    ["a file that is two", { files: ["a,b"] }],
    ["a file that closes the comment", { files: ["a-->b"] }],
    ["no id", { id: "a b" }],
    ["an id that is there", { id: "t2" }],
  ])("are not written with %s", (_, more) => {
    expect(growMarkdown("- [ ] One <!-- id: t1 -->\n- [ ] Two <!-- id: t2 -->\n", "t1", [piece("a", more)])).toBeNull();
  });

  it("of an item that is not there, or only looks like one, are not written", () => {
    expect(growMarkdown(BACKLOG, "nobody", [piece("a")])).toBeNull();
    expect(growMarkdown("```\n- [ ] One <!-- id: x -->\n```\n", "x", [piece("a")])).toBeNull();
  });

  const words = fc.stringMatching(/^[a-z`*_[\]()#>|~<!&;:.,'" \\-]{0,20}$/);
  const proposal = fc.record({
    title: words,
    body: fc.array(fc.oneof(words, fc.constantFrom("", "```", "    x", "- y", "1. z", "---", "> q", "\ttab")), {
      maxLength: 6,
    }),
    estimate: fc.option(fc.double({ min: 0.1, max: 1e6, noNaN: true })),
    files: fc.array(fc.stringMatching(/^[a-z*/.{}]{1,8}$/), { maxLength: 3 }),
  });

  it("whatever their words are, are there when it is read again and everything else is as it was, or nothing is written", () => {
    const plain = (text: string) =>
      JSON.stringify(parseMarkdown(text), (key, value: unknown) => (key === "line" ? null : value));
    fc.assert(
      fc.property(fc.array(proposal, { minLength: 1, maxLength: 3 }), (all) => {
        const tasks = all.map(({ body, ...more }, nth) => piece(`new-${nth}`, { ...more, body: body.join("\n") }));
        const grown = growMarkdown(BACKLOG, "search", tasks);
        if (grown === null) return;
        const [page, ...others] = parseMarkdown(grown).items;
        expect(page?.children.map(({ id, files }) => [id, files])).toEqual(tasks.map(({ id, files }) => [id, files]));
        expect(page?.body).toBe(parseMarkdown(BACKLOG).items[0]?.body);
        expect(JSON.stringify(others.map(({ title, body }) => [title, body]))).toBe(
          JSON.stringify(
            parseMarkdown(BACKLOG)
              .items.slice(1)
              .map(({ title, body }) => [title, body]),
          ),
        );
        // Taken out again, it is the text that was there.
        const added = new Set(grown.split("\n"));
        for (const line of BACKLOG.split("\n")) expect(added.has(line)).toBe(true);
        expect(plain(grown)).not.toBe(plain(BACKLOG));
      }),
    );
  });

  it("plain words are always written", () => {
    const plainWords = fc.stringMatching(/^[A-Za-z][a-z ,.']{0,30}[a-z]$/);
    fc.assert(
      fc.property(plainWords, fc.array(plainWords, { maxLength: 4 }), (title, body) => {
        expect(growMarkdown(BACKLOG, "search", [piece("a", { title, body: body.join("\n\n") })])).not.toBeNull();
      }),
    );
  });
});

async function backlogOf(files: Readonly<Record<string, string>>, sources: readonly TextSource[]) {
  const root = temporaryFolder("backlog");
  for (const [name, text] of Object.entries(files)) await writeFile(join(root, name), text);
  const backlog = openBacklog({ sources, root, stdin: (async function* () {})() });
  return { root, backlog, read: (name: string) => readFile(join(root, name), "utf8") };
}

describe("a backlog that is written to", () => {
  it("takes them into the file that has the item, one after the other, with its rights, its mark and its link", async () => {
    const { root, backlog, read } = await backlogOf({ "A.md": "- [ ] One <!-- id: one -->\n" }, [
      { markdown: "A.md" },
      { markdown: "B.md" },
    ]);
    await mkdir(join(root, "real"));
    await writeFile(join(root, "real", "B.md"), "\ufeff- [ ] Two <!-- id: two -->\n");
    await chmod(join(root, "real", "B.md"), 0o640);
    await symlink("real/B.md", join(root, "B.md"));
    await backlog.readItems();
    expect(await backlog.addSubTasks("two", [piece("two-1")])).toEqual({ file: "B.md" });
    expect(await backlog.addSubTasks("two-1", [piece("two-1-1")])).toEqual({ file: "B.md" });
    expect(await read("A.md")).toBe("- [ ] One <!-- id: one -->\n");
    expect(await read("real/B.md")).toBe(
      "\ufeff- [ ] Two <!-- id: two -->\n  - [ ] Title of two-1 <!-- id: two-1 -->\n    - [ ] Title of two-1-1 <!-- id: two-1-1 -->\n",
    );
    expect((await stat(join(root, "real", "B.md"))).mode & 0o777).toBe(0o640);
    expect(await readdir(join(root, "real"))).toEqual(["B.md"]);
    expect((await backlog.readItems())[1]?.children[0]?.children[0]?.id).toBe("two-1-1");
  });

  it("writes nothing over what somebody changed since it was read", async () => {
    const { root, backlog, read } = await backlogOf({ "A.md": "- [ ] One <!-- id: one -->\n" }, [{ markdown: "A.md" }]);
    await backlog.readItems();
    const theirs = "- [ ] One <!-- id: one -->\n- [ ] Mine\n";
    await writeFile(join(root, "A.md"), theirs);
    expect(await backlog.addSubTasks("one", [piece("a")])).toMatchObject({
      refused: expect.stringContaining("A.md was changed while the planner worked") as string,
    });
    expect(await read("A.md")).toBe(theirs);
    expect(await readdir(root)).toEqual(["A.md"]);
  });

  it("says what to do where the item is not of a Markdown file, or its file is gone", async () => {
    const json = '[{"id":"one","title":"One"}]';
    const { root, backlog, read } = await backlogOf({ "a.json": json, "A.md": "- [ ] Two <!-- id: two -->\n" }, [
      { file: "a.json" },
      { file: "A.md" },
    ]);
    await backlog.readItems();
    expect(await backlog.addSubTasks("one", [piece("a")])).toMatchObject({
      refused: expect.stringContaining("--json") as string,
    });
    expect(await read("a.json")).toBe(json);
    const { rm } = await import("node:fs/promises");
    await rm(join(root, "A.md"));
    expect(await backlog.addSubTasks("two", [piece("a")])).toMatchObject({
      refused: expect.stringMatching(/^A\.md cannot be written: /) as string,
    });
  });
});
