import { expect, it } from "vitest";
import { CHECKS_RULE, judgeChecks } from "../../src/domain/check-verdict.ts";

const ran = { command: "npm test", exitCode: 0, tail: "" };

it("checks that pass approve, in one sentence", () => {
  expect(judgeChecks(ran)).toEqual({ decision: "approve", findings: [], summary: "`npm test` passed" });
});

it("checks that fail are one blocker with the last that they printed", () => {
  const { decision, findings } = judgeChecks({ ...ran, exitCode: 3, tail: "one\n\ntwo\n" });
  expect(decision).toBe("request_changes");
  expect(findings).toMatchObject([
    { severity: "blocker", rule: CHECKS_RULE, message: "`npm test` ended with exit code 3:\none\ntwo" },
  ]);
  const [silent] = judgeChecks({ ...ran, exitCode: 3 }).findings;
  expect(silent?.message).toBe("`npm test` ended with exit code 3");
});

it("says who stopped them, and what was set up without its install scripts", () => {
  const setup = { command: "npm ci", scriptsOff: true };
  expect(judgeChecks({ ...ran, exitCode: 124, stopped: "too slow", setup }).summary).toBe(
    "`npm test` was stopped: too slow; `npm ci` ran without install scripts: it was run on files that are not the base's",
  );
  expect(judgeChecks({ ...ran, setup: { ...setup, scriptsOff: false } }).summary).toBe("`npm test` passed");
});
