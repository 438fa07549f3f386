import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  conflictReason,
  failsReason,
  mergeOrder,
  pushedAroundReason,
  uncheckedReason,
  waitingHead,
} from "../../src/domain/landing.ts";
import { foldTask, waitingFor } from "../../src/domain/task-view.ts";
import { parseReason } from "../../src/domain/retry.ts";
import type { FactBody } from "../../src/domain/fact.ts";
import { aFinding, factsOfTask } from "../support/domain-data.ts";

describe("the order of merging", () => {
  const open = [
    { id: "A", pr: 1 },
    { id: "B", pr: 2 },
    { id: "C", pr: 3 },
  ];

  it("is that of the pull requests where none is in another's way", () => {
    expect(mergeOrder(open.toReversed(), [])).toEqual(["A", "B", "C"]);
  });

  it("puts first who is in nobody's way, and last who is in everybody's", () => {
    const clashes = [
      { a: "A", b: "B", files: ["x"] },
      { a: "A", b: "C", files: ["x"] },
    ];
    expect(mergeOrder(open, clashes)).toEqual(["B", "C", "A"]);
  });

  it("names each once, also where somebody else is in the way", () => {
    const id = fc.constantFrom("A", "B", "C", "D");
    const clash = fc.record({ a: id, b: id, files: fc.constant(["x"]) });
    fc.assert(
      fc.property(fc.array(clash), (clashes) => {
        expect(mergeOrder(open, clashes).toSorted()).toEqual(["A", "B", "C"]);
      }),
    );
  });
});

it("the reasons have codes, and name a few files only", () => {
  const conflict = conflictReason("main", ["a", "b", "c", "d", "e", "f"]);
  const all = [
    conflict,
    uncheckedReason("main", "a"),
    failsReason("main", "it fails"),
    pushedAroundReason("main", 4, "x"),
  ];
  expect(all.map((reason) => parseReason(reason)?.code)).toEqual(["conflict", "base_moved", "checks_failed", "rounds"]);
  expect(conflict).toBe("conflict: main moved and both changed a, b, c, d, e, …");
  // Where it is in doubt it says yes.
  expect(all[1]).toBe("base_moved: main moved, and the checks have not seen both together: a may matter to both");
  expect(conflictReason("main", ["a"])).toBe("conflict: main moved and both changed a");
});

type Judged = Extract<FactBody, { name: "landing.judged" }>["data"];

const judged = (outcome: Judged["outcome"], with_: Partial<Judged> = {}): FactBody => ({
  name: "landing.judged",
  data: {
    head: "c1",
    base: "base2",
    outcome,
    reason: ["apart", "passes", "unknown"].includes(outcome) ? null : `${outcome}: why`,
    findings: outcome === "fails" || outcome === "conflict" ? [aFinding("mend it")] : [],
    ...with_,
  },
});
const READY: readonly FactBody[] = [
  { name: "episode.started", data: { from: "code", base: "base1", why: "new" } },
  { name: "publish.started", data: { commit: "c1" } },
  { name: "pr.opened", data: { number: 7, head: "c1" } },
  { name: "task.ready", data: { head: "c1", rounds: 1 } },
];
const APPROVED: FactBody = { name: "pr.approved", data: { by: "me", head: "c1" } };

function viewAfter(...bodies: readonly FactBody[]) {
  const fact = factsOfTask("A");
  return foldTask([...READY, ...bodies].map((one) => fact(one)));
}

describe("a head that waits while the base moves", () => {
  it.each([
    ["apart", "ready-for-human"],
    ["passes", "ready-for-human"],
    ["unknown", "ready-for-human"],
    ["unchecked", "queued"],
    ["fails", "queued"],
    ["conflict", "queued"],
  ] as const)("%s: %s", (outcome, name) => {
    const { state } = viewAfter(judged(outcome));
    expect(state.name).toBe(name);
    expect(waitingHead({ state, pr: 7 })).toBe("c1");
    expect(waitingHead({ state, pr: null })).toBeNull();
  });

  it("says what happens next", () => {
    const view = viewAfter(judged("unchecked"));
    expect(waitingFor(view, null)).toBe("unchecked: why: dispatch run");
  });

  it("is ready again when it turns out to fit", () => {
    expect(viewAfter(judged("unchecked"), judged("passes")).state.name).toBe("ready-for-human");
    expect(viewAfter(judged("conflict"), judged("apart", { base: "base3" })).state.name).toBe("ready-for-human");
    expect(viewAfter(judged("unchecked"), judged("fails")).state).toMatchObject({ name: "queued", why: "moved" });
  });

  it("stays with its human once they approved it", () => {
    expect(viewAfter(APPROVED, judged("unchecked")).state.name).toBe("approved");
    expect(viewAfter(APPROVED, judged("apart")).state.name).toBe("approved");
    expect(viewAfter(APPROVED, judged("fails")).state).toMatchObject({ name: "parked", reason: "fails: why" });
    expect(viewAfter(judged("conflict"), APPROVED).state).toMatchObject({ name: "parked", wakeAt: null });
    expect(viewAfter(judged("unchecked"), APPROVED).state.name).toBe("approved");
    const other: FactBody = { name: "pr.approved", data: { by: "me", head: "c0" } };
    expect(viewAfter(judged("unchecked"), other).state).toMatchObject({ name: "queued" });
    expect(viewAfter(judged("conflict"), other).state).toMatchObject({ name: "queued" });
  });

  it("is not for a coder when somebody else made it, or nothing can be mended", () => {
    expect(viewAfter(judged("conflict", { head: "c9" })).state.name).toBe("parked");
    expect(viewAfter(judged("conflict", { findings: [] })).state.name).toBe("parked");
    expect(viewAfter(judged("unchecked", { head: "c9" })).state.name).toBe("ready-for-human");
  });

  it("is what another clone made of it, once that fits", () => {
    expect(viewAfter(judged("conflict"), judged("apart", { head: "c9" })).state).toMatchObject({
      name: "ready-for-human",
      head: "c9",
    });
    expect(viewAfter(judged("conflict"), judged("unchecked", { head: "c9" })).state).toMatchObject({
      why: "unchecked",
      head: "c9",
    });
  });

  it("is of no matter anywhere else", () => {
    const ended: FactBody = { name: "task.needs-human", data: { reason: "rounds: x" } };
    const { state } = viewAfter(ended, judged("conflict"));
    expect(state.name).toBe("needs-human");
    expect(waitingHead({ state, pr: 7 })).toBeNull();
  });

  it("counts each head that had to be mended once, until a human says something", () => {
    const twice = [judged("fails"), judged("conflict", { base: "base3" })];
    expect(viewAfter(...twice).moved).toEqual(["c1"]);
    expect(viewAfter(...twice, { name: "task.retried", data: { from: "code", by: "me" } }).moved).toEqual([]);
    expect(viewAfter(...twice, { name: "pr.rejected", data: { by: "me", why: "no" } }).moved).toEqual([]);
  });

  it("remembers the newest base that it goes with, and what is to be mended until somebody begins", () => {
    expect(viewAfter(judged("passes"), judged("unchecked", { base: "base3" }))).toMatchObject({
      fits: { head: "c1", base: "base2" },
      landing: { outcome: "unchecked", base: "base3" },
    });
    expect(viewAfter(judged("unknown")).fits).toBeNull();
    const fact = factsOfTask("A");
    const began: FactBody = { name: "episode.started", data: { from: "code", base: "base2", why: "moved" } };
    const facts = [...[...READY, judged("fails")].map((one) => fact(one)), fact(began, 2)];
    expect(foldTask(facts)).toMatchObject({ landing: null, state: { name: "coding", episode: 2 } });
  });

  it("that is sent back unchecked goes to its coder", () => {
    const state = viewAfter(judged("unchecked"), { name: "pr.rejected", data: { by: "me", why: "no" } }).state;
    expect(state).toMatchObject({ name: "queued", why: "rejected", from: "code" });
  });
});
