import { describe, expect, it } from "vitest";
import type { FactBody } from "../../src/domain/fact.ts";
import type { TaskState } from "../../src/domain/task-state.ts";
import { blockedOn, foldTask, foldTasks, shownState, waitingFor, type TaskView } from "../../src/domain/task-view.ts";
import { aFinding, factsOfTask } from "../support/domain-data.ts";

const queued = (branch = "dispatch/a--t"): FactBody => ({
  name: "task.queued",
  data: { title: "T", branch, textHash: "h1", kind: "fix" },
});
const began: FactBody = { name: "episode.started", data: { from: "code", base: "base1", why: "new" } };
const turn = (
  role: "coder" | "reviewer" | "planner",
  round: number,
  attempt: number,
  agent: string = role,
): FactBody => ({
  name: "assignment.started",
  data: { role, round, attempt, agent, version: "1.0.0", log: `${role}-${round}-${attempt}.log` },
});
const ended = (costUsd: number | null, inputTokens: number | null, seconds = 10): FactBody => ({
  name: "assignment.ended",
  data: {
    role: "coder",
    round: 1,
    attempt: 1,
    agent: "coder",
    end: { kind: "ok" },
    seconds,
    usage: inputTokens === null ? null : { inputTokens, outputTokens: 1 },
    costUsd,
    reason: null,
  },
});
const interrupted: FactBody = {
  name: "assignment.interrupted",
  data: { role: "coder", round: 1, attempt: 1, why: "crash" },
};
const verdict = (round: number, role: "tester" | "reviewer"): FactBody => ({
  name: "verdict.given",
  data: { role, round, agent: role, commit: "c", decision: "request_changes", findings: [aFinding("x")], summary: "" },
});
const snapshot = (commit: string): FactBody => ({
  name: "snapshot.taken",
  data: { round: 1, commit, parent: "base1", files: ["a"], added: 1, removed: 0 },
});
const check: FactBody = {
  name: "checks.ran",
  data: { kind: "head", commit: "c1", command: "npm test", exitCode: 1, seconds: 2, round: 1 },
};
const rejected: FactBody = { name: "pr.rejected", data: { by: "me", why: "smaller" } };

const view = (bodies: readonly (FactBody | readonly [FactBody, number])[]): TaskView => {
  const fact = factsOfTask("A");
  return foldTask(bodies.map((one) => ("name" in one ? fact(one) : fact(one[0], one[1]))));
};

const parked = (from?: "code" | "test"): FactBody => ({
  name: "task.parked",
  data: {
    reason: "rate_limited: a limit",
    wakeAt: "2026-01-01T00:00:00.000Z",
    ...(from === undefined ? {} : { from }),
  },
});
const retried = (saved?: string): FactBody => ({
  name: "task.retried",
  data: { from: "code", by: "the clock", ...(saved === undefined ? {} : { saved }) },
});

describe("the view of a task that rests", () => {
  it("keeps a human's words that no coder heeded, and those that one did not", () => {
    const before = [queued(), began, rejected, [began, 2]] as const;
    expect(view(before).feedback).toEqual([]);
    expect(view([...before, [parked("code"), 2]]).feedback).toEqual([rejected.data]);
    expect(view([...before, [parked("test"), 2]]).feedback).toEqual([]);
    expect(view([...before, [parked(), 2]]).feedback).toEqual([]);
  });

  it("knows with what the next episode begins, until it has begun", () => {
    const again = [queued(), began, parked("code"), retried("refs/dispatch/salvage/A/1")];
    expect(view(again)).toMatchObject({ beginsWith: "refs/dispatch/salvage/A/1", state: { name: "queued" } });
    expect(view([...again, [began, 2]]).beginsWith).toBeNull();
    expect(view([queued(), began, parked("code"), retried()]).beginsWith).toBeNull();
  });
});

describe("the view of a task", () => {
  it("knows what the journal knows", () => {
    const seen = view([
      queued(),
      began,
      turn("coder", 1, 1),
      snapshot("c1"),
      check,
      verdict(1, "reviewer"),
      ended(0.5, 10),
    ]);
    expect(seen).toMatchObject({
      id: "A",
      title: "T",
      branch: "dispatch/a--t",
      kind: "fix",
      textHash: "h1",
      episode: 1,
      round: 1,
      head: "c1",
      base: "base1",
      agent: "coder",
      agents: [{ name: "coder", role: "coder", version: "1.0.0" }],
      startedAt: "2026-01-01T00:00:02.000Z",
      reason: null,
      pr: null,
      checks: [{ kind: "head", exitCode: 1, episode: 1 }],
      verdicts: [{ role: "reviewer", decision: "request_changes", episode: 1 }],
      logs: [{ log: "coder-1-1.log", episode: 1 }],
      salvaged: [],
    });
    expect(seen.state.name).toBe("coding");
  });

  it("knows what a human lets it cost, as they said last", () => {
    const budgeted = (usd: number): FactBody => ({ name: "task.budgeted", data: { usd, by: "me" } });
    expect(view([queued()]).capUsd).toBeNull();
    expect(view([queued(), budgeted(5), began, budgeted(7), [began, 2]]).capUsd).toBe(7);
  });

  it("forgets what the base meant for a head that was moved onto it", () => {
    const data = { head: "c1", base: "base2", outcome: "conflict", reason: "conflict: both", findings: [] } as const;
    const judged: FactBody = { name: "landing.judged", data };
    const moved: FactBody = { name: "branch.rebased", data: { branch: "b", from: "c1", to: "c2", base: "base3" } };
    expect(view([queued(), began, judged]).landing).toEqual(data);
    expect(view([queued(), began, judged, moved])).toMatchObject({ landing: null, head: "c2", base: "base3" });
  });

  it("is empty without facts", () => {
    expect(foldTask([])).toMatchObject({
      id: "",
      state: { name: "queued" },
      costUsd: 0,
      usage: null,
      seconds: 0,
      attempts: 0,
      rounds: 0,
    });
  });

  it("has the branch that its newest episode was given", () => {
    const seen = view([queued("dispatch/a--t"), [queued("dispatch/a--t-2"), 2]]);
    expect(seen.branch).toBe("dispatch/a--t-2");
  });

  it("counts starts of the coder over the whole task, and reviews by round", () => {
    const bodies = [
      began,
      turn("coder", 1, 1),
      turn("coder", 1, 2, "other"),
      turn("reviewer", 1, 1),
      verdict(1, "tester"),
      verdict(1, "reviewer"),
    ];
    const second = [
      [began, 2],
      [turn("coder", 1, 1), 2],
      [verdict(1, "reviewer"), 2],
    ] as const;
    expect(view(bodies)).toMatchObject({ attempts: 2, rounds: 1 });
    const both = view([...bodies, ...second]);
    expect(both).toMatchObject({ attempts: 3, rounds: 2, round: 1, episode: 2 });
    expect(both.agents.map(({ name }) => name)).toEqual(["coder", "other", "reviewer"]);
  });

  it("counts interruptions in a row", () => {
    expect(view([began, interrupted, interrupted]).interruptions).toBe(2);
    expect(view([began, interrupted, ended(null, null), interrupted]).interruptions).toBe(1);
    expect(view([began, interrupted, [began, 2]]).interruptions).toBe(0);
  });

  it("adds up what is known of cost, usage and time", () => {
    expect(view([ended(0.5, 10), ended(null, null), ended(0.25, 5)])).toMatchObject({
      costUsd: 0.75,
      usage: { inputTokens: 15, outputTokens: 2 },
      seconds: 30,
    });
    expect(view([ended(null, null)])).toMatchObject({ costUsd: null, usage: null });
    expect(view([ended(null, null), ended(0, 3)])).toMatchObject({
      costUsd: 0,
      usage: { inputTokens: 3, outputTokens: 1 },
    });
    expect(view([began]).costUsd).toBe(0);
  });

  it("has a planner's money and log, and is else as if nobody had looked at it", () => {
    const planned = ended(2, 100);
    const plan: FactBody = { ...planned, data: { ...planned.data, role: "planner" } } as FactBody;
    const seen = view([
      [turn("planner", 1, 1), 0],
      [plan, 0],
    ]);
    const usage = { inputTokens: 100, outputTokens: 1 };
    expect(seen.logs.map(({ role, episode }) => [role, episode])).toEqual([["planner", 0]]);
    expect({ ...seen, logs: [] }).toEqual({ ...view([]), id: "A", costUsd: 2, usage });
  });

  it("takes a fact with a key seen before for the same fact", () => {
    const fact = factsOfTask("A");
    const facts = [fact(began), fact(turn("coder", 1, 1)), fact(interrupted), fact(ended(1, 1))];
    expect(foldTask([...facts, ...facts.slice(0, 3)])).toEqual(foldTask(facts));
  });

  it("is not moved by late facts of an episode that is over", () => {
    const seen = view([
      began,
      snapshot("c1"),
      [began, 2],
      [snapshot("c2"), 2],
      snapshot("late"),
      turn("coder", 5, 1),
      began,
    ]);
    expect(seen).toMatchObject({ head: "c2", round: 0, episode: 2 });
    const second: FactBody = { name: "episode.started", data: { from: "code", base: "base2", why: "again" } };
    expect(view([began, second])).toMatchObject({ base: "base1", startedAt: "2026-01-01T00:00:01.000Z" });
  });

  it("carries a human's feedback until an episode takes it up", () => {
    const rejectedOnce = [began, { name: "task.needs-human", data: { reason: "rounds: x" } } as const, rejected];
    expect(view(rejectedOnce)).toMatchObject({ humanRounds: 1, feedback: [{ by: "me", why: "smaller" }] });
    expect(view([...rejectedOnce, [began, 2]])).toMatchObject({ humanRounds: 1, feedback: [] });
  });

  it("knows saved work, a rebase and a reason", () => {
    const seen = view([
      began,
      { name: "work.salvaged", data: { ref: "refs/dispatch/salvage/A/1", commit: "s" } },
      { name: "branch.rebased", data: { branch: "b", from: "c1", to: "c2", base: "base2" } },
      { name: "task.failed", data: { reason: "idle: too long" } },
    ]);
    expect(seen).toMatchObject({ head: "c2", base: "base2", reason: "idle: too long" });
    expect(seen.salvaged).toEqual([{ ref: "refs/dispatch/salvage/A/1", commit: "s" }]);
    expect(view([began, { name: "task.cancelled", data: { by: "me" } }]).reason).toBe("cancelled: by me");
  });
});

describe("the views of all tasks", () => {
  it("are folded apart; facts of the run belong to none", () => {
    const [a, b] = [factsOfTask("A"), factsOfTask("B")];
    const run = { ...a({ name: "run.ended", data: { exit: 0, seconds: 1 } }), task: null };
    const views = foldTasks([a(queued()), b(began), run, a(began), b(interrupted)]);
    expect([...views.keys()]).toEqual(["A", "B"]);
    expect(views.get("A")?.interruptions).toBe(0);
    expect(views.get("B")?.interruptions).toBe(1);
  });
});

const inState = (id: string, state: Record<string, unknown>): TaskView => ({
  ...foldTask([]),
  id,
  state: { episode: 1, pr: null, ...state } as unknown as TaskState,
});

describe("a task behind others", () => {
  const views = new Map(
    [
      inState("merged", { name: "merged", commit: "m" }),
      inState("coding", { name: "coding", round: 1, attempt: 1 }),
      inState("ready", { name: "ready-for-human", head: "h" }),
      inState("approved", { name: "approved", head: "h", by: "me" }),
      inState("failed", { name: "failed", reason: "idle: x" }),
      inState("closed", { name: "closed", why: "w" }),
      inState("cancelled", { name: "cancelled", by: "me" }),
      inState("human", { name: "needs-human", reason: "rounds: x" }),
      inState("parked", { name: "parked", reason: "rate_limited: later", wakeAt: null }),
    ].map((one) => [one.id, one]),
  );
  const on = (...after: readonly string[]) => blockedOn({ after }, views, new Set(["done"]));

  it.each([
    [[], null],
    [["done", "merged"], null],
    [["unheard-of"], "the merge of unheard-of"],
    [["coding"], "the merge of coding"],
    [["ready"], "merge ready, then dispatch run"],
    [["approved"], "merge approved, then dispatch run"],
    [["failed"], "failed, which failed: dispatch retry failed"],
    [["closed"], "closed, which was closed: dispatch retry closed"],
    [["cancelled"], "cancelled, which was cancelled: dispatch retry cancelled"],
    [["human"], "human, which needs a human: dispatch retry human"],
    [["parked"], "parked, which is parked: rate_limited: later"],
    [["done", "coding", "ready", "failed"], "failed, which failed: dispatch retry failed"],
    [["coding", "ready"], "merge ready, then dispatch run"],
  ])("after %j waits for: %s", (after, sentence) => {
    expect(on(...after)).toBe(sentence);
  });

  it("is shown as blocked while it is queued, and only then", () => {
    const waiting = inState("A", { name: "queued", from: "code", why: "new" });
    expect(shownState(waiting, "the merge of B")).toEqual({
      name: "blocked",
      episode: 1,
      pr: null,
      on: "the merge of B",
    });
    expect(shownState(waiting, null)).toBe(waiting.state);
    const coding = inState("A", { name: "coding", round: 1, attempt: 1 });
    expect(shownState(coding, "the merge of B")).toBe(coding.state);
  });
});

describe("what a task waits for", () => {
  it.each<[Record<string, unknown>, string | null, string | null]>([
    [{ name: "queued" }, null, "dispatch run"],
    [{ name: "queued" }, "the merge of B", "the merge of B"],
    [{ name: "coding" }, null, null],
    [{ name: "publishing" }, null, null],
    [{ name: "merged" }, null, null],
    [{ name: "ready-for-human" }, null, "your review: dispatch approve A, or dispatch reject A -m WHY"],
    [{ name: "approved" }, null, "dispatch merge A"],
    [
      { name: "needs-human", reason: "rounds: three" },
      null,
      "you, rounds: three: dispatch diff A, then dispatch approve A --allow rounds, or dispatch retry A",
    ],
    [
      { name: "needs-human", reason: "budget: x" },
      null,
      "you, budget: x: dispatch diff A, then dispatch approve A --allow budget, or let it cost more (budget.perTask, or /dispatch budget USD beside its pull request), then dispatch retry A",
    ],
    [{ name: "failed" }, null, "dispatch retry A"],
    [{ name: "closed" }, null, "dispatch retry A"],
    [{ name: "cancelled" }, null, "dispatch retry A"],
    [{ name: "parked", reason: "quota: x", wakeAt: null }, null, "quota: x: dispatch retry A"],
    [
      { name: "parked", reason: "conflict: nothing moved.", wakeAt: null },
      null,
      "conflict: nothing moved: dispatch retry A",
    ],
    [{ name: "parked", reason: "rate_limited: x", wakeAt: "2026-01-01" }, null, "rate_limited: x, until 2026-01-01"],
  ])("in %j behind %j is %j", (state, blocked, sentence) => {
    expect(waitingFor(inState("A", state), blocked)).toBe(sentence);
  });
});
