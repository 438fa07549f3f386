import { PassThrough } from "node:stream";
import { describe, expect, it } from "vitest";
import { marks } from "../../../src/cli/output/marks.ts";
import { screen } from "../../../src/cli/output/screen.ts";
import { table } from "../../../src/cli/output/table.ts";
import { width } from "../../../src/cli/output/width.ts";

const RED = "\u001B[31mred\u001B[39m";

describe("the width of text", () => {
  it.each([
    ["", 0],
    ["plain", 5],
    [RED, 3],
    ["日本", 4],
    ["🎉", 2],
    ["👩‍💻", 2],
    ["é", 1],
    ["e\u0301", 1],
    ["✓", 1],
  ])("%s", (text, columns) => {
    expect(width(text)).toBe(columns);
  });
});

describe("a table", () => {
  it("lines its columns up, whatever is in the cells", () => {
    const rows = [
      ["T-1", RED, "1"],
      ["日本", "b", "100"],
    ];
    expect(table(rows, { head: ["ID", "WHO", "N"], right: [2], indent: 1 })).toEqual([
      " ID    WHO    N",
      ` T-1   ${RED}    1`,
      " 日本  b    100",
    ]);
  });

  it("has no spaces at the end of a line, and no head without rows", () => {
    expect(table([["a", ""]])).toEqual(["a"]);
    expect(table([], { head: ["A"] })).toEqual([]);
  });
});

describe("signs and colours", () => {
  it.each([
    [{ LANG: "de_DE.UTF-8" }, "✓"],
    [{ LANG: "C" }, "+"],
    [{ LC_ALL: "C", LANG: "en_US.UTF-8" }, "+"],
    [{ LC_ALL: "", LANG: "C.utf8" }, "✓"],
    [{}, "+"],
  ])("%j draws %s", (env, done) => {
    expect(marks(env).done).toBe(done);
  });

  it.each([
    [true, {}, true, true],
    [false, {}, true, false],
    [true, { NO_COLOR: "1" }, true, false],
    [true, { NO_COLOR: "", TERM: "dumb" }, true, false],
    [false, { FORCE_COLOR: "1" }, true, true],
    [false, { FORCE_COLOR: "" }, true, false],
    [true, { FORCE_COLOR: "0" }, true, false],
    [true, { FORCE_COLOR: "1" }, false, false],
  ])("terminal %s, %j, --no-color %s: coloured %s", (isTTY, env, color, coloured) => {
    const stream = Object.assign(new PassThrough(), { isTTY });
    expect(screen({ stream, env, color }).paint.bad("x") !== "x").toBe(coloured);
  });
});
