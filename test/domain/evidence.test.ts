import { describe, expect, it } from "vitest";
import { judgeChecks, newTestsFail } from "../../src/domain/evidence.ts";

const green = { command: "npm test", exitCode: 0, tail: "ok" };
const red = (tail?: string, exitCode = 1) => ({
  command: "npm test",
  exitCode,
  ...(tail === undefined ? {} : { tail }),
});

describe("new tests fail without the change", () => {
  it.each([
    [{ base: green, withoutChange: red(), testsChanged: true }, "yes"],
    [{ base: null, withoutChange: red(), testsChanged: true }, "yes"],
    [{ base: green, withoutChange: green, testsChanged: true }, "no"],
    [{ base: red(), withoutChange: red(), testsChanged: true }, "not run"],
    [{ base: green, withoutChange: null, testsChanged: true }, "not run"],
    [{ base: green, withoutChange: null, testsChanged: false }, "no tests changed"],
  ] as const)("given %j: %s", (runs, answer) => {
    expect(newTestsFail(runs)).toBe(answer);
  });
});

describe("checks of a head", () => {
  it("approve it when they pass, on a green base or a red one", () => {
    for (const base of [green, red("x"), null])
      expect(judgeChecks({ base, head: green })).toEqual({ decision: "approve", finding: null, unclear: false });
  });

  it("ask for a fix when they fail on a base that was green, or not known", () => {
    for (const base of [green, null])
      expect(judgeChecks({ base, head: red("1 failing") })).toMatchObject({
        decision: "request_changes",
        unclear: false,
        finding: { severity: "blocker", rule: "checks", message: "`npm test` exited with 1\n1 failing" },
      });
  });

  it("are unclear where the base fails alike, numbers aside, or where nobody knows how it failed", () => {
    for (const [base, head] of [
      [red("1 failing in 20 ms"), red("1  failing in 35 ms")],
      [red(""), red("1 failing")],
      [red(), red("1 failing")],
      [red("1 failing"), red()],
    ] as const)
      expect(judgeChecks({ base, head })).toEqual({ decision: "request_changes", finding: null, unclear: true });
  });

  it("ask for a fix where the head fails otherwise than the base did", () => {
    const judged = judgeChecks({ base: red("login fails"), head: red("login fails, search fails") });
    expect(judged).toMatchObject({ unclear: false, finding: { message: expect.stringContaining("search") as string } });
  });

  it("say that a run took too long, and show the end of a long output", () => {
    expect(judgeChecks({ base: null, head: red(undefined, 124) }).finding?.message).toBe("`npm test` took too long");
    const long = judgeChecks({ base: null, head: red(`${"x".repeat(5000)}END`) }).finding?.message ?? "";
    expect(long.length).toBeLessThan(2100);
    expect(long).toMatch(/END$/);
  });
});
