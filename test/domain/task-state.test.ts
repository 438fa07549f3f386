import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Fact, FactBody } from "../../src/domain/fact.ts";
import { isActive, isEnded, NEW_TASK, nextState, type TaskState } from "../../src/domain/task-state.ts";
import { factsOfTask } from "../support/domain-data.ts";

type Name = FactBody["name"];
type DataOf<N extends Name> = Extract<FactBody, { name: N }>["data"];

const began = (from: "code" | "test" | "review" = "code"): FactBody => ({
  name: "episode.started",
  data: { from, base: "base1", why: "new" },
});
const starts = (role: "coder" | "tester" | "reviewer" | "planner", round = 1, attempt = 1): FactBody => ({
  name: "assignment.started",
  data: { role, round, attempt, agent: role, version: "1", log: "l" },
});
const paused: FactBody = { name: "task.parked", data: { reason: "paused: by bob", wakeAt: null } };
const BODIES: { readonly [N in Name]: DataOf<N> } = {
  "run.started": { tasks: 1, jobs: 1, storyVersion: "1" },
  "run.ended": { exit: 0, seconds: 1 },
  "task.queued": { title: "t", branch: "b", textHash: "h", kind: null },
  "task.adopted": { pr: 7, commit: "c1", rounds: 2, attempts: 3, costUsd: 1, seconds: 60 },
  "episode.started": { from: "code", base: "base1", why: "new" },
  "assignment.started": { role: "coder", round: 1, attempt: 1, agent: "coder", version: "1", log: "l" },
  "assignment.ended": {
    role: "coder",
    round: 1,
    attempt: 1,
    agent: "coder",
    end: { kind: "ok" },
    seconds: 1,
    usage: null,
    costUsd: null,
    reason: null,
  },
  "assignment.interrupted": { role: "coder", round: 1, attempt: 1, why: "crash" },
  "snapshot.intended": { round: 1, attempt: 1, parent: "p", date: "d", run: "r", agent: "a" },
  "snapshot.taken": { round: 1, commit: "c1", parent: "p", files: [], added: 0, removed: 0 },
  "work.salvaged": { ref: "refs/x", commit: "c" },
  "tests.judged": { round: 1, agent: "t", files: [], adopted: true, why: "", ref: null },
  "checks.ran": { kind: "head", commit: "c1", command: "npm test", exitCode: 0, seconds: 1, round: 1 },
  "verdict.given": {
    role: "reviewer",
    round: 1,
    agent: "r",
    commit: "c1",
    decision: "approve",
    findings: [],
    summary: "",
  },
  "fix.wanted": { round: 1, findings: 1 },
  "change.inspected": { commit: "c1", policy: "p", reason: null },
  "change.allowed": { commit: "c1", code: "policy", by: "me" },
  "claim.refused": { by: "elsewhere", until: "2026-01-01T00:00:00.000Z" },
  "landing.judged": { head: "c1", base: "base2", outcome: "conflict", reason: "conflict: both", findings: [] },
  "publish.started": { commit: "c1" },
  "branch.pushed": { branch: "b", commit: "c1" },
  "rebase.intended": { from: "c1", to: "c2" },
  "suggestions.intended": { parent: "c1", commit: "c2", ids: ["7/0"] },
  "branch.rebased": { branch: "b", from: "c1", to: "c2", base: "base2" },
  "pr.opened": { number: 7, head: "c1" },
  "pr.approved": { by: "me", head: "c1" },
  "pr.rejected": { by: "me", why: "no" },
  "pr.merged": { commit: "m1" },
  "task.settled": { pr: 1 },
  "pr.closed": { why: "no need" },
  "task.ready": { head: "c1", rounds: 1 },
  "task.needs-human": { reason: "rounds: three" },
  "task.failed": { reason: "no_change: nothing" },
  "task.parked": { reason: "rate_limited: later", wakeAt: "2026-01-02T00:00:00Z" },
  "task.cancelled": { by: "me" },
  "task.retried": { from: "test", by: "me" },
  "task.budgeted": { usd: 5, by: "me" },
  "lane.measured": { start: "cold", seconds: 1 },
};
const body = (name: Name): FactBody => ({ name, data: BODIES[name] }) as FactBody;
const ALL = Object.keys(BODIES) as Name[];

const walk = (...bodies: readonly (FactBody | Name)[]): TaskState => {
  const fact = factsOfTask("A");
  return bodies.map((one) => fact(typeof one === "string" ? body(one) : one)).reduce(nextState, NEW_TASK);
};
const published = [began(), "publish.started", "pr.opened"] as const;
const ready = [...published, "task.ready"] as const;

describe("a task", () => {
  it.each<[string, readonly (FactBody | Name)[], Partial<TaskState>]>([
    ["is queued before anything began", ["task.queued"], { name: "queued", episode: 0, why: "new" }],
    ["is coding from the start of an episode", [began()], { name: "coding", episode: 1, round: 1, attempt: 1 }],
    ["begins where the episode begins, testing", [began("test")], { name: "testing" }],
    ["begins where the episode begins, reviewing", [began("review")], { name: "reviewing" }],
    ["is coding at each start of round 1", [began(), starts("coder", 1, 2)], { name: "coding", round: 1, attempt: 2 }],
    ["goes on to its tester", [began(), starts("coder", 1, 2), starts("tester")], { name: "testing", attempt: 1 }],
    ["goes on to its reviewer", [began(), starts("tester"), starts("reviewer")], { name: "reviewing" }],
    ["is fixing once a fix is wanted", [began(), starts("reviewer"), "fix.wanted"], { name: "fixing", round: 2 }],
    [
      "is fixing in later rounds",
      [began(), starts("reviewer"), starts("coder", 2, 2)],
      { name: "fixing", round: 2, attempt: 2 },
    ],
    ["is publishing", [began(), "publish.started"], { name: "publishing", commit: "c1", pr: null }],
    ["knows its pull request", [...published], { name: "publishing", pr: 7 }],
    ["is ready for a human", [...ready], { name: "ready-for-human", head: "c1", pr: 7 }],
    ["is approved for the head that was seen", [...ready, "pr.approved"], { name: "approved", head: "c1", by: "me" }],
    [
      "may be approved although agents disagree",
      [...published, "task.needs-human", "pr.approved"],
      { name: "approved" },
    ],
    ["is merged", [...ready, "pr.approved", "pr.merged"], { name: "merged", commit: "m1", pr: 7 }],
    [
      "is due again when a human rejects it",
      [...ready, "pr.rejected"],
      { name: "queued", from: "code", why: "rejected", pr: 7 },
    ],
    ["is closed", [...ready, "pr.closed"], { name: "closed", why: "no need" }],
    [
      "is its coder's after a rejection, whatever else was asked for before",
      [...ready, { name: "task.retried", data: { from: "test", by: "me" } }, "pr.rejected"],
      { name: "queued", from: "code", why: "retried" },
    ],
    ["is closed though work was due after a rejection", [...ready, "pr.rejected", "pr.closed"], { name: "closed" }],
    ["fails with its reason", [began(), "task.failed"], { name: "failed", reason: "no_change: nothing" }],
    ["is parked until its time", [began(), "task.parked"], { name: "parked", wakeAt: "2026-01-02T00:00:00Z" }],
    ["goes on after it was parked", [began(), "task.parked", starts("reviewer", 2)], { name: "reviewing", round: 2 }],
    ["fails while parked", [began(), "task.parked", "task.failed"], { name: "failed" }],
    ["needs a human", [began(), "task.needs-human"], { name: "needs-human", reason: "rounds: three" }],
    [
      "is published after all when a human allows it",
      [began(), "task.needs-human", "task.ready"],
      { name: "ready-for-human" },
    ],
    ["is cancelled", [began(), "task.cancelled"], { name: "cancelled", by: "me" }],
    ["is cancelled though it failed", [began(), "task.failed", "task.cancelled"], { name: "cancelled" }],
    [
      "is queued again where the retry says",
      [began(), "task.failed", "task.retried"],
      { name: "queued", from: "test", why: "retried" },
    ],
    [
      "is begun by the coder where a human wants more than another look",
      [...ready, "task.parked", "task.retried", "pr.rejected"],
      { name: "queued", from: "code", why: "retried" },
    ],
    [
      "needs a new look after a rebase",
      [...ready, "pr.approved", "branch.rebased"],
      { name: "ready-for-human", head: "c2" },
    ],
  ])("%s", (_, bodies, state) => {
    expect(walk(...bodies)).toMatchObject(state);
  });

  it.each<[string, readonly (FactBody | Name)[], TaskState["name"]]>([
    ["work before its episode", [starts("coder")], "queued"],
    ["a planner's turn", [began(), starts("planner")], "coding"],
    ["an earlier round", [began(), starts("coder", 2), starts("reviewer", 1)], "fixing"],
    ["an earlier stage", [began(), starts("reviewer"), starts("tester")], "reviewing"],
    ["a fix that is wanted of a round behind", [began(), starts("tester", 3), "fix.wanted"], "testing"],
    ["a fix of what is parked", [began(), "task.parked", "fix.wanted"], "parked"],
    ["a turn while it is published", [began(), "publish.started", starts("reviewer")], "publishing"],
    ["publishing what is ready", [...ready, "publish.started"], "ready-for-human"],
    [
      "approval of another head",
      [...ready, { name: "pr.approved", data: { by: "me", head: "c9" } }],
      "ready-for-human",
    ],
    ["approval of what was never published", [began(), "task.needs-human", "pr.approved"], "needs-human"],
    ["approval of what is worked on", [began(), "pr.approved"], "coding"],
    ["a rejection of what is worked on", [began(), "pr.rejected"], "coding"],
    ["a rejection of what a person paused", [...ready, paused, "pr.rejected"], "parked"],
    [
      "a rebase of another head",
      [...ready, { name: "branch.rebased", data: { branch: "b", from: "c9", to: "c2", base: "x" } }],
      "ready-for-human",
    ],
    ["a rebase of what is worked on", [began(), "branch.rebased"], "coding"],
    ["readiness of what never began", ["task.ready"], "queued"],
    ["failure of what is ready", [...ready, "task.failed"], "ready-for-human"],
    ["a retry of what is worked on", [began(), "task.retried"], "coding"],
    ["a retry of what is merged", [...ready, "pr.merged", "task.retried"], "merged"],
    ["the old close after a retry", [...ready, "pr.closed", "task.retried", "pr.closed"], "queued"],
    ["the old trouble after a retry", [began(), "task.needs-human", "task.retried", "task.needs-human"], "queued"],
    ["a pull request after its end", [began(), "task.failed", "pr.opened"], "failed"],
    ["trouble after its end", [began(), "task.failed", "task.needs-human"], "failed"],
    ["parking after its end", [began(), "task.failed", "task.parked"], "failed"],
    ["a cancel after its merge", [...ready, "pr.merged", "task.cancelled"], "merged"],
    ["a second merge", [...ready, "pr.merged", "pr.merged"], "merged"],
    ["a close after its merge", [...ready, "pr.merged", "pr.closed"], "merged"],
    ["a second episode 1", [began(), "task.failed", began()], "failed"],
  ])("is not moved by %s", (_, bodies, name) => {
    expect(walk(...bodies).name).toBe(name);
  });

  it("forgets episodes that are over, but not a merge", () => {
    const fact = factsOfTask("A");
    const second = [fact(began(), 1), fact(body("task.failed"), 1), fact(began("review"), 2)].reduce(
      nextState,
      NEW_TASK,
    );
    expect(second).toMatchObject({ name: "reviewing", episode: 2 });
    for (const name of ALL.filter((one) => one !== "pr.merged"))
      expect(nextState(second, fact(body(name), 1))).toBe(second);
    expect(nextState(second, fact(body("pr.merged"), 1)).name).toBe("merged");
  });

  it("is not moved by what only happens beside it", () => {
    const beside: readonly Name[] = [
      "run.started",
      "run.ended",
      "task.queued",
      "assignment.ended",
      "assignment.interrupted",
      "snapshot.intended",
      "snapshot.taken",
      "work.salvaged",
      "checks.ran",
      "verdict.given",
      "tests.judged",
      "branch.pushed",
      "lane.measured",
    ];
    expect(walk(began(), ...beside)).toEqual(walk(began()));
  });

  it("takes a human's word that belongs to no episode", () => {
    expect(nextState(NEW_TASK, factsOfTask("A")(body("task.cancelled"), 0)).name).toBe("cancelled");
  });

  it("keeps its pull request through a new episode", () => {
    const fact = factsOfTask("A");
    const state = walk(...ready, "pr.rejected");
    expect(nextState(state, fact(began(), 2))).toMatchObject({ name: "coding", pr: 7, episode: 2 });
  });
});

describe("any sequence of facts", () => {
  const fact: fc.Arbitrary<Fact> = fc
    .tuple(
      fc.oneof(
        fc.constantFrom(...ALL).map(body),
        fc
          .tuple(
            fc.constantFrom("coder", "tester", "reviewer", "planner"),
            fc.integer({ min: 1, max: 3 }),
            fc.integer({ min: 1, max: 2 }),
          )
          .map(([role, round, attempt]) => starts(role, round, attempt)),
        fc.constantFrom("code", "test", "review").map((from) => began(from)),
      ),
      fc.nat(3),
      fc.nat(),
    )
    .map(([one, episode, key]) => ({
      ...one,
      key: String(key),
      at: "2026-01-01T00:00:00Z",
      run: "r",
      task: "A",
      episode,
    }));

  it("leaves an ended task ended until a new episode or a retry", () => {
    fc.assert(
      fc.property(fc.array(fact), (facts) => {
        let state = NEW_TASK;
        for (const one of facts) {
          const next = nextState(state, one);
          if (isEnded(state) && !["episode.started", "task.retried"].includes(one.name))
            expect(isEnded(next)).toBe(true);
          if (state.name === "merged" && one.name !== "episode.started") expect(next).toBe(state);
          expect(next.episode).toBeGreaterThanOrEqual(state.episode);
          state = next;
        }
      }),
    );
  });

  it("means the same with each fact twice", () => {
    fc.assert(
      fc.property(fc.array(fact), (facts) => {
        const once = facts.reduce(nextState, NEW_TASK);
        expect(facts.flatMap((one) => [one, one]).reduce(nextState, NEW_TASK)).toEqual(once);
      }),
    );
  });

  it("ends where an episode ended, however its facts are shuffled behind its beginning and end", () => {
    const ends = fc.constantFrom<Name>("task.failed", "task.cancelled", "pr.merged", "pr.closed");
    const middle = [
      starts("coder"),
      starts("tester"),
      starts("reviewer"),
      body("fix.wanted"),
      starts("coder", 2),
      body("publish.started"),
      body("pr.opened"),
      body("task.ready"),
      body("branch.pushed"),
    ];
    fc.assert(
      fc.property(ends, fc.shuffledSubarray(middle), fc.shuffledSubarray(middle), (end, before, after) => {
        const working = walk(began(), ...before.filter(({ name }) => end !== "task.failed" || name !== "task.ready"));
        const make = factsOfTask("A");
        const ended = nextState(working, make(body(end)));
        expect(isEnded(ended)).toBe(true);
        expect(after.map((one) => make(one)).reduce(nextState, ended).name).toBe(ended.name);
      }),
    );
  });

  it("is active only between a beginning and an end", () => {
    expect(isActive(NEW_TASK)).toBe(false);
    expect(isActive(walk(began()))).toBe(true);
    expect(isActive(walk(...published))).toBe(true);
    expect(isActive(walk(...ready))).toBe(false);
  });
});
