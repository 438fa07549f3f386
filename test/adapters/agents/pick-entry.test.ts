import { describe, expect, test } from "vitest";
import { pickEntry } from "../../../src/adapters/agents/pick-entry.ts";
import { Recording } from "../../../src/adapters/agents/schema.ts";
import type { Role } from "../../../src/domain/assignment.ts";

const recording = (tasks: Record<string, Record<string, object[]>>): Recording => Recording.parse({ v: 1, tasks });
const start = (round: number, attempt: number, id = "A", role: Role = "coder") => ({
  task: { id },
  role,
  round,
  attempt,
});

function plays(list: object[]): (round: number, attempt: number) => string | undefined {
  const tape = recording({ A: { coder: list } });
  return (round, attempt) => pickEntry(tape, start(round, attempt))?.summary;
}

describe("the entry that a start plays", () => {
  test("is the next one at each start, and the last one from then on", () => {
    const played = plays([{ summary: "first" }, { summary: "second" }]);
    expect([played(1, 1), played(1, 2), played(2, 1), played(3, 1)]).toEqual(["first", "second", "second", "second"]);
  });

  test("is the one marked for the round, whatever went before", () => {
    const played = plays([{ summary: "crash" }, { summary: "ok" }, { round: 2, summary: "fix" }]);
    expect([played(1, 1), played(1, 2), played(2, 1), played(2, 2)]).toEqual(["crash", "ok", "fix", "fix"]);
  });

  test("counts attempts anew among those marked for a round", () => {
    const played = plays([
      { round: 2, summary: "crash" },
      { round: 2, summary: "fix" },
    ]);
    expect([played(2, 1), played(2, 2)]).toEqual(["crash", "fix"]);
  });

  test("is the one that names most", () => {
    const played = plays([
      { summary: "any" },
      { attempt: 2, summary: "again" },
      { round: 2, summary: "fix" },
      { round: 2, attempt: 2, summary: "fix again" },
    ]);
    expect([played(1, 1), played(1, 2), played(2, 1), played(2, 2)]).toEqual(["any", "again", "fix", "fix again"]);
  });

  test("is undefined where nothing fits", () => {
    expect(plays([{ round: 2 }])(1, 1)).toBeUndefined();
    expect(pickEntry(recording({}), start(1, 1))).toBeUndefined();
  });

  test("comes from the list for all tasks where the task has none of its own for the role", () => {
    const tape = recording({
      A: { coder: [{ summary: "own" }] },
      "*": { coder: [{ summary: "any" }], reviewer: [{ verdict: "approve", summary: "fine" }] },
    });
    expect(pickEntry(tape, start(1, 1))?.summary).toBe("own");
    expect(pickEntry(tape, start(1, 1, "B"))?.summary).toBe("any");
    expect(pickEntry(tape, start(1, 1, "A", "reviewer"))?.summary).toBe("fine");
  });
});

describe("a recording", () => {
  test.each([
    ["an unknown key", { v: 1, tasks: { A: { coder: [{ edit: [] }] } } }],
    [
      "a path that leaves the worktree",
      { v: 1, tasks: { A: { coder: [{ edits: [{ path: "a/../../b", content: "" }] }] } } },
    ],
    ["an absolute path", { v: 1, tasks: { A: { coder: [{ edits: [{ path: "/etc/passwd", delete: true }] }] } } }],
    ["an unknown end", { v: 1, tasks: { A: { coder: [{ end: "explode" }] } } }],
    ["an unknown role", { v: 1, tasks: { A: { boss: [{}] } } }],
    ["an empty list", { v: 1, tasks: { A: { coder: [] } } }],
  ])("is refused with %s", (_, json) => {
    expect(Recording.safeParse(json).success).toBe(false);
  });
});
