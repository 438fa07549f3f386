import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { lineReader } from "../../../src/adapters/process/lines.ts";

function linesOf(chunks: readonly Buffer[], maxBytes = 1000): string[] {
  const lines: string[] = [];
  const reader = lineReader(maxBytes, (line) => lines.push(line));
  for (const chunk of chunks) reader.push(chunk);
  reader.end();
  return lines;
}

function cut(bytes: Buffer, sizes: readonly number[]): Buffer[] {
  let at = 0;
  const chunks = sizes.map((size) => bytes.subarray(at, (at += size)));
  return [...chunks, bytes.subarray(at)];
}

describe("the line reader", () => {
  test("gives every line once, however the bytes arrive", () => {
    const lines = fc.array(fc.string({ unit: fc.constantFrom("a", "ä", "😀", "\r", " ") }).map((line) => `${line}.`));
    const ends = fc.constantFrom("\n", "\r\n");
    fc.assert(
      fc.property(lines, ends, fc.boolean(), fc.array(fc.nat(5)), (written, end, isClosed, sizes) => {
        const text = written.join(end) + (isClosed && written.length > 0 ? end : "");
        expect(linesOf(cut(Buffer.from(text), sizes))).toEqual(written);
      }),
    );
  });

  test("gives empty lines too", () => {
    expect(linesOf([Buffer.from("\n\r\na\n\n")])).toEqual(["", "", "a", ""]);
  });

  test("cuts a line that is too long and skips its rest", () => {
    expect(linesOf([Buffer.from("0123456789\nab\n")], 4)).toEqual(["0123", "ab"]);
    const parts = ["012", "345", "6789\nab\n01234"].map((part) => Buffer.from(part));
    expect(linesOf(parts, 4)).toEqual(["0123", "ab", "0123"]);
  });
});
