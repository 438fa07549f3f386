import { describe, expect, it } from "vitest";
import { explanation } from "../../src/domain/explain.ts";
import type { TaskState } from "../../src/domain/task-state.ts";

const of = (state: Record<string, unknown>, costUsd: number | null = null, capUsd: number | null = null): string =>
  explanation({ state: { episode: 1, pr: 2, ...state } as TaskState, rounds: 1, attempts: 2, costUsd }, capUsd);

describe("where a task stands", () => {
  it.each<[Record<string, unknown>, string]>([
    [{ name: "ready-for-human" }, "It is ready, and waits for your review: approve it, or say what has to change"],
    [{ name: "approved" }, "It is approved, and waits to be merged."],
    [
      { name: "needs-human", reason: "budget: x" },
      "It needs you: budget: x. To let it cost more and go on: `/dispatch budget USD`.",
    ],
    [
      { name: "needs-human", reason: "rounds: x" },
      "It needs you: rounds: x. To let its coder go on: `/dispatch fix WHAT`;",
    ],
    [
      { name: "parked", reason: "paused: bob asked for it", wakeAt: null },
      "It rests: paused: bob asked for it. To let it go on: `/dispatch resume`.",
    ],
    [
      { name: "parked", reason: "conflict: x", wakeAt: null },
      "It rests: conflict: x. To let it begin anew: `/dispatch retry`.",
    ],
    [
      { name: "parked", reason: "rate_limited: x", wakeAt: "2026-01-01" },
      "It goes on by itself at 2026-01-01: rate_limited: x.",
    ],
    [{ name: "parked", reason: "budget: x", wakeAt: "" }, "It goes on by itself: budget: x."],
    [{ name: "queued" }, "It is due. The next run takes it up."],
    [{ name: "queued", reason: "base_moved: x" }, "It is due again: base_moved: x. The next run takes it up."],
    [{ name: "blocked", on: "the merge of B" }, "It waits for the merge of B."],
    [{ name: "failed", reason: "idle: x" }, "It failed: idle: x. To let it begin anew: `/dispatch retry`."],
    [{ name: "closed" }, "It is closed. To let it begin anew: `/dispatch retry`."],
    [{ name: "cancelled" }, "It is cancelled. To let it begin anew"],
    [{ name: "merged" }, "It is merged."],
    ...["coding", "testing", "reviewing", "fixing", "publishing"].map((name): [Record<string, unknown>, string] => [
      { name },
      "Agents are at work on it.",
    ]),
  ])("in %j", (state, sentence) => {
    expect(of(state)).toContain(sentence);
    expect(of(state)).toMatch(/ Rounds of review: 1, starts of the coder: 2\.$/);
  });

  it("comes with what it cost, and what it may, as far as that is known", () => {
    expect(of({ name: "merged" }, 1.5, 2)).toMatch(/starts of the coder: 2, cost: \$1\.50, cap: \$2\.00\.$/);
  });
});
