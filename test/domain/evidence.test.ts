import { describe, expect, it } from "vitest";
import { newTestsFail } from "../../src/domain/evidence.ts";

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
