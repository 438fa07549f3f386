import { chmod, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openBacklog, type TextSource } from "../../../src/adapters/backlog/open-backlog.ts";
import type { BacklogItem } from "../../../src/domain/backlog-item.ts";
import { isTaskId } from "../../../src/domain/ids.ts";
import { DispatchError } from "../../../src/domain/errors.ts";

let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "dispatch-backlog-"));
});
afterEach(async () => {
  await rm(root, { recursive: true, force: true });
});

const write = (name: string, content: string | Uint8Array): Promise<void> => writeFile(join(root, name), content);

function read(sources: readonly TextSource[] = [], stdin = ""): Promise<readonly BacklogItem[]> {
  return openBacklog({ sources, root, stdin: Readable.from([Buffer.from(stdin)]) }).readItems();
}

async function refusal(sources: readonly TextSource[] = [], stdin = ""): Promise<DispatchError> {
  const error: unknown = await read(sources, stdin).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(DispatchError);
  expect(error).toMatchObject({ code: "backlog_invalid", exit: 2 });
  return error as DispatchError;
}

describe("the sources of a backlog", () => {
  it("are BACKLOG.md, else TODO.md, when none are named", async () => {
    await write("TODO.md", "- [ ] from todo\n");
    expect((await read()).map(({ title }) => title)).toEqual(["from todo"]);
    await write("BACKLOG.md", "- [ ] from backlog\n");
    expect((await read()).map(({ title, at }) => [title, at])).toEqual([
      ["from backlog", { file: "BACKLOG.md", line: 1 }],
    ]);
  });

  it("are read one after the other as one backlog", async () => {
    await write("a.md", "- [ ] one <!-- id: one -->\n");
    await write("b.json", '[{"id":"two","title":"two","after":["one"]}]');
    await write("c.jsonl", '{"id":"three","title":"three"}\n');
    const sources = [{ markdown: "a.md" }, { stdin: "yaml" as const }, { file: "b.json" }, { file: "c.jsonl" }];
    const items = await read(sources, "- { id: piped, title: piped }\n");
    expect(items.map(({ id, at }) => [id, at?.file])).toEqual([
      ["one", "a.md"],
      ["piped", "stdin"],
      ["two", "b.json"],
      ["three", "c.jsonl"],
    ]);
  });

  it("are named for messages", () => {
    const stdin = Readable.from([]);
    expect(openBacklog({ sources: [], root, stdin }).describe).toBe("BACKLOG.md or TODO.md");
    const sources: readonly TextSource[] = [{ markdown: "a.md" }, { file: "b.json" }, { stdin: "jsonl" }];
    expect(openBacklog({ sources, root, stdin }).describe).toBe("a.md, b.json, stdin");
  });

  it("are read anew each time, but stdin only once", async () => {
    await write("a.md", "- [ ] one\n");
    const backlog = openBacklog({
      sources: [{ markdown: "a.md" }, { stdin: "markdown" }],
      root,
      stdin: Readable.from([Buffer.from("- [ ] pi"), "ped\n"]),
    });
    expect((await backlog.readItems()).map(({ title }) => title)).toEqual(["one", "piped"]);
    await write("a.md", "- [ ] other\n");
    expect((await backlog.readItems()).map(({ title }) => title)).toEqual(["other", "piped"]);
  });

  it("may be empty, which is no error", async () => {
    await write("BACKLOG.md", "");
    expect(await read()).toEqual([]);
  });

  it("may begin with a byte order mark", async () => {
    await write("BACKLOG.md", "\ufeff- [ ] a\n");
    await write("b.json", '\ufeff[{"title":"b"}]');
    expect(await read([{ markdown: "BACKLOG.md" }, { file: "b.json" }])).toHaveLength(2);
  });
});

describe("an id", () => {
  it("that is not written is the same for the same titles, and another below another parent", async () => {
    await write("BACKLOG.md", "- [ ] A\n  - [ ] same\n- [ ] B\n  - [ ] same\n");
    const [a, b] = await read();
    const [below, beside] = [a?.children[0]?.id ?? "", b?.children[0]?.id ?? ""];
    expect(isTaskId(below)).toBe(true);
    expect(below).not.toBe(beside);
    await write("BACKLOG.md", "# moved\n\n* [x] A\n\n  with a body\n  1. [ ] **same** <!-- est: 5m -->\n");
    expect((await read())[0]?.children[0]?.id).toBe(below);
  });

  it("must be one item's alone: both places are named", async () => {
    await write("a.md", "- [ ] one <!-- id: x -->\n- [ ] two\n  - [ ] three <!-- id: x -->\n");
    await write("b.md", "- [ ] four <!-- id: X -->\n- [ ] two\n");
    const { message } = await refusal([{ markdown: "a.md" }, { markdown: "b.md" }]);
    expect(message.split("\n")).toEqual([
      'a.md:3: the same id "x" as the item at a.md:1: change one of them',
      'b.md:1: the id "X" but for case as the item at a.md:1: change one of them',
      expect.stringMatching(/^b\.md:2: the same title and id as the item at a\.md:2 \(t\w+\): give one of them an id/),
    ]);
  });
});

describe("a backlog that cannot be read", () => {
  it("names file, line and mend, all problems at once, and the facts", async () => {
    await write("BACKLOG.md", "- [ ] good\n- [ ] a <!-- prio: 1 -->\n- [ ] b <!-- est: x -->\n");
    const error = await refusal();
    expect(error.message).toBe(
      'BACKLOG.md:2: unknown key "prio": did you mean "priority"?\nBACKLOG.md:3: est: "x" is no duration: write 30s, 5m or 1.5h',
    );
    expect(error.hint).toContain("dispatch plan");
    expect(error.facts["problems"]).toMatchObject([
      { file: "BACKLOG.md", line: 2 },
      { file: "BACKLOG.md", line: 3 },
    ]);
  });

  it("shows the first 20 problems and counts the rest", async () => {
    await write("BACKLOG.md", "- [ ] a <!-- est: x -->\n".repeat(25));
    const lines = (await refusal()).message.split("\n");
    expect(lines.slice(0, 20).every((line, index) => line.startsWith(`BACKLOG.md:${index + 1}: est`))).toBe(true);
    expect(lines.at(-1)).toMatch(/^and \d+ more$/);
  });

  it("gives nothing of its good sources", async () => {
    await write("a.md", "- [ ] good\n");
    await write("b.md", "- [ ] \n");
    expect((await refusal([{ markdown: "a.md" }, { markdown: "b.md" }])).message).toMatch(/^b\.md:1: /);
  });

  it("is said to be missing, with where it was looked for", async () => {
    expect((await refusal()).message).toContain(`neither BACKLOG.md nor TODO.md in ${root}`);
    expect((await refusal([{ file: "tasks.json" }])).message).toBe(
      "tasks.json: there is no such file: make it, or correct `backlog` in dispatch.jsonc",
    );
    expect((await refusal([{ markdown: "no/such/folder.md" }])).message).toContain("there is no such file");
  });

  it("is said to be a folder", async () => {
    await mkdir(join(root, "BACKLOG.md"));
    expect((await refusal()).message).toBe("BACKLOG.md: this is a folder: name a file in it");
  });

  it("is said to be below a file", async () => {
    await write("a", "");
    expect((await refusal([{ markdown: "a/b.md" }])).message).toContain("a/b.md: there is no such file");
  });

  it.skipIf(process.getuid?.() === 0)("is said to be unreadable", async () => {
    await write("BACKLOG.md", "");
    await chmod(join(root, "BACKLOG.md"), 0);
    expect((await refusal()).message).toContain("may not be read");
  });

  it("is said to be no UTF-8, with the line", async () => {
    await write("BACKLOG.md", Buffer.concat([Buffer.from("- [ ] a\n- [ ] "), Buffer.from([0xe9, 0x0a])]));
    expect((await refusal()).message).toBe("BACKLOG.md:2: not UTF-8: save the file as UTF-8");
    await write("BACKLOG.md", Buffer.from("- [ ] a\n", "utf16le"));
    await write("u16.md", Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from("- [ ] a\n", "utf16le")]));
    expect((await refusal([{ markdown: "u16.md" }])).message).toBe("u16.md:1: not UTF-8: save the file as UTF-8");
  });

  it("is said to be too large", async () => {
    await write("BACKLOG.md", Buffer.alloc(17 * 1024 * 1024, "a"));
    expect((await refusal()).message).toContain("larger than 16 MB");
    const stdin = Readable.from([Buffer.alloc(9 * 1024 * 1024, "a"), Buffer.alloc(9 * 1024 * 1024, "a")]);
    await expect(openBacklog({ sources: [{ stdin: "jsonl" }], root, stdin }).readItems()).rejects.toThrow(
      "stdin: larger than 16 MB",
    );
  });

  it("is said to have a name that tells nothing", async () => {
    await write("tasks.txt", "");
    expect((await refusal([{ file: "tasks.txt" }])).message).toMatch(/^tasks\.txt: its name does not tell .*\.yaml/);
  });

  it("may come from stdin", async () => {
    expect((await refusal([{ stdin: "json" }], "[")).message).toMatch(/^stdin:1: not JSON/);
  });
});
