import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { lastLines } from "../../src/domain/last-lines.ts";

describe("the last lines of an output", () => {
  test("are whole lines from the end, as many as fit, without empty ones", () => {
    expect(lastLines("aaaa\n\n  \nbbbb\ncccc\n\n", 9)).toBe("bbbb\ncccc");
    expect(lastLines("aaaa\nbbbb\ncccc\n", 8)).toBe("cccc");
    expect(lastLines("\n\n", 10)).toBe("");
  });

  test("hold no colours, no drawing over, nothing that hides or turns text", () => {
    expect(lastLines("\u001b[31mred\u001b[0m\n10%\r50%\r100%\r\n\tin\u202Eside\u200B\u0007\n", 100)).toBe(
      "red\n100%\n  inside",
    );
  });

  test("are the end of the last line when even that is too long", () => {
    expect(lastLines(`${"x".repeat(50)}end`, 10)).toBe("xxxxxxxend");
    expect(lastLines("\u{1f600}\u{1f601}", 3)).toBe("\u{1f601}");
  });

  test("never take more room than they were given", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), fc.integer({ min: 1, max: 60 }), (text, room) => {
        expect(lastLines(text, room).length).toBeLessThanOrEqual(room);
      }),
    );
  });
});
