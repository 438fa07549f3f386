import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { fingerprint, judgeRound, type Round } from "../../src/domain/review-round.ts";
import type { Finding, Verdict } from "../../src/domain/verdict.ts";
import { aFinding, approves, refuses, sha256 } from "../support/domain-data.ts";

const roundOf = (...verdicts: readonly Verdict[]): Round => ({
  verdicts: verdicts.map((verdict) => ({ role: "reviewer", agent: "critic", verdict })),
});
const judge = (rounds: readonly Round[], max = 3) => judgeRound({ rounds, max, hash: sha256 });
const asking = (...messages: readonly string[]) => roundOf(refuses(messages.map((message) => aFinding(message))));

describe("a round", () => {
  it("is approved when everybody approves, whatever small things they note", () => {
    const notes = [aFinding("nit", { severity: "minor" }), aFinding("fyi", { severity: "note" })];
    expect(judge([roundOf(approves(notes), approves())])).toEqual({ kind: "approved" });
  });

  it("is approved where nobody was to be asked", () => {
    expect(judge([roundOf()])).toEqual({ kind: "approved" });
    expect(judge([])).toEqual({ kind: "approved" });
  });

  it("asks for a fix of what those found who want changes", () => {
    const nit = aFinding("nit", { severity: "minor" });
    const decision = judge([roundOf(approves([nit]), refuses([aFinding("bug")]))]);
    expect(decision).toEqual({ kind: "fix", findings: [aFinding("bug")] });
  });

  it("is not approved over a grave finding, though its author approves", () => {
    const grave = aFinding("hole", { severity: "blocker" });
    expect(judge([roundOf(approves([grave]))])).toEqual({ kind: "fix", findings: [grave] });
  });

  it("asks for a fix though the refusal has no finding, with its summary as the brief", () => {
    expect(judge([roundOf(refuses([], "too clever"))])).toMatchObject({
      kind: "fix",
      findings: [{ message: "too clever", severity: "major", path: null }],
    });
    expect(judge([roundOf(refuses([], " "))])).toMatchObject({
      findings: [{ message: "the reviewer asked for changes without saying which" }],
    });
  });

  it("asks for a fix of small things where somebody refuses for them", () => {
    const nit = aFinding("nit", { severity: "minor" });
    expect(judge([roundOf(refuses([nit]))])).toEqual({ kind: "fix", findings: [nit] });
  });
});

describe("rounds end", () => {
  it("when they are used up", () => {
    expect(judge([asking("a"), asking("b"), asking("c", "d")])).toEqual({
      kind: "stop",
      code: "rounds",
      sentence: "round 3 of 3 still asks for changes: 2 findings open",
    });
    expect(judge([asking("a")], 1)).toMatchObject({
      code: "rounds",
      sentence: expect.stringContaining("1 finding open") as string,
    });
  });

  it("when a round finds what the one before found, line numbers and nits aside", () => {
    const again = roundOf(
      refuses([aFinding("Bug  in line 7", { line: 9 }), aFinding("new nit", { severity: "minor" })]),
    );
    expect(judge([roundOf(refuses([aFinding("bug in line 3")])), again])).toEqual({
      kind: "stop",
      code: "no_progress",
      sentence: "round 2 found the same as round 1: 2 findings",
    });
  });

  it("when a round brings back what an earlier one found", () => {
    expect(judge([asking("a"), asking("b"), asking("a")], 9)).toEqual({
      kind: "stop",
      code: "no_progress",
      sentence: "round 3 brought back what round 1 found: 1 finding",
    });
  });

  it("not while the findings change", () => {
    expect(judge([asking("a", "b"), asking("a")])).toMatchObject({ kind: "fix" });
    expect(judge([asking("a"), asking("a", "b")])).toMatchObject({ kind: "fix" });
    expect(judge([asking("a"), asking("a"), roundOf(approves())])).toEqual({ kind: "approved" });
    const nit = (message: string) => roundOf(refuses([aFinding(message, { severity: "minor" })]));
    expect(judge([nit("a"), nit("b")])).toMatchObject({ kind: "fix" });
    expect(judge([nit("a"), nit("a")])).toMatchObject({ code: "no_progress" });
  });

  it("within the bound, whatever reviewers say, and never approved against their word", () => {
    const finding = fc.record({
      message: fc.constantFrom("a", "b", "c"),
      severity: fc.constantFrom("blocker", "major", "minor", "note"),
    });
    const verdict: fc.Arbitrary<Verdict> = fc.record({
      decision: fc.constantFrom("approve", "request_changes"),
      findings: fc.array(
        finding.map(({ message, severity }): Finding => aFinding(message, { severity })),
        { maxLength: 3 },
      ),
      summary: fc.constantFrom("", "s"),
    });
    const round = fc.array(verdict, { minLength: 1, maxLength: 2 }).map((verdicts) => roundOf(...verdicts));
    fc.assert(
      fc.property(fc.array(round, { minLength: 1, maxLength: 6 }), fc.integer({ min: 1, max: 5 }), (rounds, max) => {
        const decision = judge(rounds, max);
        const last = rounds.at(-1)?.verdicts ?? [];
        if (decision.kind === "approved") expect(last.every((one) => one.verdict.decision === "approve")).toBe(true);
        if (decision.kind === "fix") {
          expect(rounds.length).toBeLessThan(max);
          expect(decision.findings.length).toBeGreaterThan(0);
        }
      }),
    );
  });
});

describe("a fingerprint", () => {
  it("is of the path, the rule and the words", () => {
    const print = (with_: Partial<Finding>, message = "Line 3: unused `x1`") =>
      fingerprint(aFinding(message, with_), sha256);
    expect(print({ line: 5, severity: "note", skills: ["ts"] })).toBe(print({}));
    expect(print({}, "line 44:  unused `x2`")).toBe(print({}));
    expect(print({ path: "b.ts" })).not.toBe(print({}));
    expect(print({ rule: "no-unused" })).not.toBe(print({}));
    expect(print({}, "Line 3: unknown")).not.toBe(print({}));
  });
});
