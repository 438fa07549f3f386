import { describe, expect, it } from "vitest";
import { newTestsFail, testsLine } from "../../src/domain/evidence.ts";

const green = { exitCode: 0 };
const red = { exitCode: 1 };

describe("new tests fail without the change", () => {
  it.each([
    [{ base: green, withoutChange: red, testsChanged: true }, "yes"],
    [{ base: null, withoutChange: red, testsChanged: true }, "yes"],
    [{ base: green, withoutChange: green, testsChanged: true }, "no"],
    [{ base: red, withoutChange: red, testsChanged: true }, "not run"],
    [{ base: green, withoutChange: null, testsChanged: true }, "not run"],
    [{ base: green, withoutChange: null, testsChanged: false }, "no tests changed"],
  ] as const)("given %j: %s", (runs, answer) => {
    expect(newTestsFail(runs)).toBe(answer);
  });
});

it("what became of a tester's tests is one line", () => {
  const judged = { round: 1, agent: "quill", files: ["test/a.ts"], adopted: true, why: "", ref: null };
  expect(testsLine(judged)).toBe("quill: 1 file of tests adopted");
  const kept = { ...judged, files: ["a", "b"], adopted: false, why: "they pass without the change", ref: "refs/x" };
  expect(testsLine(kept)).toBe("quill: 2 files of tests not adopted: they pass without the change (kept as refs/x)");
});
