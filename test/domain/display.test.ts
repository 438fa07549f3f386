import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { cut, display, displayLine, lastWords } from "../../src/domain/display.ts";

describe("text for a terminal", () => {
  it.each([
    ["colours", "\u001b[31mred\u001b[0m", "red"],
    ["C1 sequences", "\u009b2Jgone", "gone"],
    ["a clipboard write", "a\u001b]52;c;ZXZpbA==\u0007b", "ab"],
    ["a title ended by ST", "a\u001b]0;title\u001b\\b", "ab"],
    ["a DCS with its body", "a\u001bPbody\u001b\\b", "ab"],
    ["an OSC without an end", "a\u001b]8;;http://x", "a8;;http://x"],
    ["short escapes", "a\u001bcb\u001b(Bc", "abc"],
    ["a carriage return that overwrites", "safe\rEVIL", "safeEVIL"],
    ["backspaces", "ab\b\bcd", "abcd"],
    ["bidi overrides", "a\u202eb\u2066c\u061cd", "abcd"],
    ["zero width", "a\u200bb\u200dc\ufeffd\u2060e", "abcde"],
    ["tag letters", "a\u{e0041}\u{e0020}b", "ab"],
    ["line separators", "a\u2028b", "ab"],
  ])("loses %s", (_, text, plain) => {
    expect(display(text)).toBe(plain);
  });

  it("keeps lines, tabs, accents and emoji", () => {
    expect(display("é\t漢\r\n🙂\n")).toBe("é\t漢\n🙂\n");
  });

  it("holds no control character or mark, whatever comes in, and a second pass finds nothing", () => {
    const hostile = fc.array(
      fc.constantFrom(
        "\u001b",
        "[",
        "]",
        "0",
        ";",
        "m",
        "\u0007",
        "\\",
        "\u009d",
        "\u009c",
        "P",
        "a",
        "\n",
        "\r",
        "\u202e",
      ),
    );
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string({ unit: "binary" }),
          hostile.map((parts) => parts.join("")),
        ),
        (text) => {
          const shown = display(text);
          for (const letter of shown) expect(letter).not.toMatch(/[^\P{Cc}\t\n]|\p{Cf}/u);
          expect(display(shown)).toBe(shown);
        },
      ),
    );
  });

  it("fits on a line where one is wanted", () => {
    expect(displayLine(" a\n\n b\tc ")).toBe("a b c");
    expect(displayLine("abcdef", 4)).toBe("abc…");
  });
});

describe("a cut", () => {
  it("leaves short text alone and splits no character", () => {
    expect(cut("abc", 3)).toBe("abc");
    expect(cut("ab🙂d", 4)).toBe("ab…");
    expect(cut("abc", 0)).toBe("…");
  });

  it("keeps to its bound", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), fc.integer({ min: 1, max: 20 }), (text, max) => {
        expect(cut(text, max).length).toBeLessThanOrEqual(max);
      }),
    );
  });
});

it.each([
  ["npm test\n1 failed \n\n", ": 1 failed"],
  ["\u001b[31mError: no such test\u001b[0m", ": Error: no such test"],
  [" \n", ""],
])("the last words of %j are %j", (output, words) => {
  expect(lastWords(output)).toBe(words);
});
