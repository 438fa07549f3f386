import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { carried, linesOf, meets, readBlocks, saidIn, splice } from "../../src/domain/suggestion.ts";

const block = (...lines: readonly string[]): string => ["```suggestion", ...lines, "```"].join("\n");

describe("the suggestions in a comment", () => {
  it.each([
    ["plain", "plain", []],
    [block("a"), "", [["a"]]],
    [block(), "", [[]]],
    [block(""), "", [[""]]],
    [`why\n\n${block("a", " b\t")}\nso`, "why\n\nso", [["a", " b\t"]]],
    [`${block("a")}\n${block("b")}`, "", [["a"], ["b"]]],
    ["````suggestion\n```\na\n```\n````", "", [["```\na\n```".split("\n")].flat()]],
    ["~~~ suggestion \na\n~~~~", "", [["a"]]],
    ["  ```suggestion\n    a\n b\nc\n ```", "", [["  a", "b", "c"]]],
    ["```suggestion\nnever closed", "```suggestion\nnever closed", []],
    ["```ts\n```suggestion\nx\n```", "```ts\n```suggestion\nx\n```", []],
    ["```suggestions\nx\n```", "```suggestions\nx\n```", []],
    ["    ```suggestion\n    x\n    ```", "```suggestion\n    x\n    ```", []],
    ["```a`suggestion\nx", "```a`suggestion\nx", []],
  ])("of %j", (text, words, blocks) => {
    expect(readBlocks(text)).toEqual({ words, blocks });
  });

  it("are words with the place where they stand", () => {
    expect([saidIn({ at: null }, "x"), saidIn({ at: "a.ts:3" }, "x")]).toEqual(["x", "a.ts:3: x"]);
  });
});

describe("the lines that somebody saw", () => {
  it.each([
    ["are where they were", "a\nb\nc", "a\nb\nc", 2, 2, { start: 2, end: 2 }],
    ["stay where something below them changed", "a\nb\nc", "a\nb\nnew\n", 1, 2, { start: 1, end: 2 }],
    ["move with what changed above them", "a\nb\nc", "new\nnew\na\nb\nc", 2, 3, { start: 4, end: 5 }],
    ["move up, too", "a\nb\nc", "b\nc", 3, 3, { start: 2, end: 2 }],
    ["are gone where they changed", "a\nb\nc", "a\nB\nc", 2, 2, null],
    ["are gone where one of them changed", "a\nb\nc", "a\nb\nC", 2, 3, null],
    ["are not to be found between changes", "a\nb\nc", "A\nb\nC", 2, 2, null],
    ["are others when their end changed", "a\nb", "a\nb\n", 2, 2, null],
    ["never were there", "a\nb\n", "a\nb\n", 3, 3, null],
    ["are counted from one", "a\n", "a\n", 0, 1, null],
    ["begin before they end", "a\nb\n", "a\nb\n", 2, 1, null],
    ["are gone with the file", "a\nb", "", 1, 1, null],
  ])("%s", (_, before, now, start, end, found) => {
    expect(carried(before, now, { start, end })).toEqual(found);
  });

  it.each([
    [1, 2, 2, 3, true],
    [1, 5, 2, 3, true],
    [2, 3, 1, 1, false],
    [1, 1, 2, 2, false],
  ])("%i to %i and %i to %i meet or not", (start, end, from, to, meet) => {
    expect(meets({ start, end }, { start: from, end: to })).toBe(meet);
  });
});

describe("a file with other lines in place of its own", () => {
  it.each([
    ["a\nb\nc\n", [{ start: 2, end: 2, text: ["x", "y"] }], "a\nx\ny\nc\n"],
    ["a\r\nb\r\n", [{ start: 1, end: 1, text: ["x", "y"] }], "x\r\ny\r\nb\r\n"],
    ["a\nb", [{ start: 2, end: 2, text: ["x", "y"] }], "a\nx\ny"],
    ["a\r\nb", [{ start: 2, end: 2, text: ["x", "y"] }], "a\r\nx\r\ny"],
    ["a", [{ start: 1, end: 1, text: ["x", "y"] }], "x\ny"],
    ["a\nb\n", [{ start: 1, end: 2, text: [] }], ""],
    ["a\nb", [{ start: 2, end: 2, text: [] }], "a\n"],
    ["a\nb\n", [{ start: 1, end: 1, text: [""] }], "\nb\n"],
    [
      "a\nb\nc\n",
      [
        { start: 1, end: 1, text: ["x", "y"] },
        { start: 3, end: 3, text: [] },
      ],
      "x\ny\nb\n",
    ],
  ])("%j %j", (content, edits, edited) => {
    expect(splice(content, edits)).toBe(edited);
  });

  it("is the same as its lines spliced one by one, whatever stands in it", () => {
    const text = fc.array(fc.string({ unit: "binary", maxLength: 5 }).map((one) => one.replace(/[\r\n]/g, "")));
    fc.assert(
      fc.property(
        fc.array(text, { minLength: 1, maxLength: 6 }),
        fc.array(fc.tuple(fc.boolean(), text), { minLength: 1, maxLength: 6 }),
        fc.constantFrom("\n", "\r\n"),
        fc.boolean(),
        (kept, parts, eol, isEnded) => {
          // Kept and replaced lines in turn; those that are replaced are one or more.
          const old: string[] = [];
          const wanted: string[] = [];
          const edits: { start: number; end: number; text: string[] }[] = [];
          for (const [n, [isLong, own]] of parts.entries()) {
            old.push(...(kept[n] ?? []));
            wanted.push(...(kept[n] ?? []));
            const start = old.length + 1;
            old.push(...(isLong ? ["p", "q"] : ["p"]));
            edits.push({ start, end: old.length, text: own });
            wanted.push(...own);
          }
          old.push("last");
          wanted.push("last");
          const join = (lines: readonly string[]): string => `${lines.join(eol)}${isEnded ? eol : ""}`;
          expect(splice(join(old), edits)).toBe(join(wanted));
          expect(splice(join(old), edits.toReversed())).toBe(join(wanted));
          expect(linesOf(join(old)).join("")).toBe(join(old));
        },
      ),
    );
  });
});
