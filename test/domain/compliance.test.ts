import { describe, expect, it } from "vitest";
import { complianceOf } from "../../src/domain/compliance.ts";
import type { Fact, FactBody } from "../../src/domain/fact.ts";
import type { Compliance } from "../../src/domain/policy.ts";

const BEFORE = "2026-01-01T00:00:00.000Z";
const SINCE = "2026-01-02T00:00:00.000Z";

const fact = (body: FactBody, own: Partial<Fact> = {}): Fact =>
  Object.assign({ key: "k", at: SINCE, run: "r", task: "A", episode: 1 }, own, body);
const inspected = (commit: string, reason: string | null = null): Fact =>
  fact({ name: "change.inspected", data: { commit, policy: "p", reason } });
const pushed = (commit: string, own: Partial<Fact> = {}): Fact =>
  fact({ name: "branch.pushed", data: { branch: "b", commit } }, own);
const rebased = (from: string, to: string): Fact =>
  fact({ name: "branch.rebased", data: { branch: "b", from, to, base: "m" } });
const allowed = (own: Partial<Fact> = {}): Fact =>
  fact({ name: "change.allowed", data: { commit: "c1", code: "policy", by: "me" } }, own);

const judged = (facts: readonly Fact[], weaknesses: readonly string[] = []): Compliance =>
  complianceOf({ policy: "p", since: SINCE, weaknesses, facts });

describe("a run", () => {
  it("passes when everything that left was looked through, or is that rebased", () => {
    const facts = [inspected("c1"), pushed("c1"), rebased("c1", "c2"), pushed("c2")];
    expect(judged(facts)).toEqual({ verdict: "pass", reasons: [], policy: "p" });
  });

  it.each([
    ["nobody looked through", [pushed("c1")]],
    ["was looked through and held", [inspected("c1", "policy: no"), pushed("c1")]],
    ["is something else rebased", [rebased("c0", "c1"), pushed("c1")]],
  ])("fails when what left %s", (_what, facts) => {
    const { verdict, reasons } = judged(facts, ["no fence"]);
    expect(verdict).toBe("fail");
    expect(reasons).toEqual(["c1 of A was pushed, and nothing says that it was looked through", "no fence"]);
  });

  it("has exceptions where a human let something through, or this machine cannot hold it", () => {
    expect(judged([inspected("c1", "policy: no"), allowed(), pushed("c1")], ["no fence"])).toEqual({
      verdict: "exceptions",
      reasons: ["no fence", "me let A through in spite of policy"],
      policy: "p",
    });
  });

  it("answers for itself, not for runs before it", () => {
    expect(judged([pushed("c0", { at: BEFORE }), allowed({ at: BEFORE, task: null }), pushed("c1")]).verdict).toBe(
      "pass",
    );
    expect(judged([pushed("c9", { task: null }), allowed({ task: null })]).reasons).toEqual([
      "c9 of a task was pushed, and nothing says that it was looked through",
      "me let a task through in spite of policy",
    ]);
  });
});
