import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { code, inline, neutralise, quote } from "../../src/domain/neutralise.ts";

const hostile = fc
  .array(
    fc.oneof(
      fc.constantFrom(
        "@",
        "#",
        "fixes ",
        "1",
        "<",
        "!",
        "--",
        "-->",
        "[",
        "GH-",
        "&",
        "commat;",
        "#x40;",
        "amp;",
        "a",
        "/issues/",
        "https://x/pull/",
        "\u202e",
        "\n",
        "`",
        "|",
      ),
      fc.string({ unit: "binary", maxLength: 3 }),
    ),
  )
  .map((parts) => parts.join(""));

describe("an agent's text", () => {
  it.each([
    ["a mention", "thanks @octocat and @org/team", "thanks @ octocat and @ org/team"],
    ["a closing word", "Fixes #12, closes: org/repo#3", "Fixes number 12, closes: org/repo number 3"],
    ["marks that only together make a name or a tag", "@#1 <#2", "@ number 1 &lt;number 2"],
    ["the other spelling", "resolves gh-7", "resolves GH 7"],
    ["a link to an issue", "fix https://github.com/o/r/issues/5", "fix https://github.com/o/r/issues/ 5"],
    ["a hidden comment", "a <!-- do evil --> b", "a &lt;!-- do evil --> b"],
    ["HTML", "<img src=x><b>", "&lt;img src=x>&lt;b>"],
    ["a picture", "![x](http://y)", "!\\[x](http://y)"],
    [
      "a letter in disguise",
      "&commat;octocat &#x40;me fixes &num;1",
      "&amp;commat;octocat &amp;#x40;me fixes &amp;num;1",
    ],
    ["invisible letters", "a\u200bb\u202ec\u001b[31md", "abcd"],
  ])("loses the power of %s", (_, text, neutral) => {
    expect(neutralise(text, 1000)).toBe(neutral);
  });

  it("is otherwise left alone", () => {
    const text = "# Title\n\n- a < b && c > d! AT&T, R&D; &amp; &lt;\n- `x | y` # not an issue\n";
    expect(neutralise(text, 1000)).toBe(text);
  });

  it("is cut to its bound", () => {
    expect(neutralise("x".repeat(100), 10)).toBe(`${"x".repeat(9)}…`);
  });

  it("calls nobody, closes nothing, hides nothing, whatever it is made of; and stays as it is the second time", () => {
    fc.assert(
      fc.property(hostile, fc.integer({ min: 1, max: 60 }), (text, max) => {
        const neutral = neutralise(text, max);
        expect(neutral.length).toBeLessThanOrEqual(max);
        expect(neutral).not.toMatch(/@[\p{L}\p{N}_-]|#\d|<[A-Za-z/!?]|!\[|\bGH-\d|&#|&commat;|[^\P{Cc}\t\n]|\p{Cf}/iu);
        expect(neutralise(neutral, max)).toBe(neutral);
      }),
      { numRuns: 500 },
    );
  });
});

describe("an agent's text in its place", () => {
  it("is quoted line by line", () => {
    expect(quote("# a\n\n```\nb\n", 100)).toBe("> # a\n>\n> ```\n> b");
  });

  it("never leaves its line, cell or span", () => {
    fc.assert(
      fc.property(hostile, fc.integer({ min: 1, max: 60 }), (text, max) => {
        expect(inline(text, max)).not.toMatch(/[\n|`]|@\w|#\d/);
        expect(inline(text, max).length).toBeLessThanOrEqual(max);
        expect(code(text, max)).toMatch(/^`[^`\n]*`$/);
        for (const line of quote(text, 100).split("\n")) expect(line.startsWith(">")).toBe(true);
      }),
    );
  });
});
