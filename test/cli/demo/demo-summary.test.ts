import { PassThrough } from "node:stream";
import { expect, it } from "vitest";
import { demoSummary, type DemoStory } from "../../../src/cli/demo/demo-summary.ts";
import { screen, type Screen } from "../../../src/cli/output/screen.ts";
import type { RunResult, TaskResult } from "../../../src/dispatch/report.ts";
import type { Fact, FactBody } from "../../../src/domain/fact.ts";

const plain = (locale: string): Screen => screen({ stream: new PassThrough(), env: { LANG: locale }, color: false });

function task(id: string, pr: number | null, more: Partial<TaskResult> = {}): TaskResult {
  const title = `A title of ${id} that is too long for the rest of a line of eighty columns`;
  const zero = {
    branch: null,
    rounds: 1,
    attempts: 1,
    costUsd: 0,
    usage: null,
    reason: null,
    waitingFor: null,
    wakeAt: null,
  };
  return { id, title, state: "ready-for-human", pr, seconds: 2, ...zero, ...more };
}

function result(tasks: readonly TaskResult[]): RunResult {
  const why = "(7-1) x 1.8s = 11.0s > 1.0s spawn: 4 lanes";
  const fanOut = {
    n: 7,
    taskSeconds: 1.8,
    spawnSeconds: 1,
    savedSeconds: 8,
    lanes: 4,
    decision: "fan-out",
    why,
  } as const;
  const compliance = { verdict: "pass", reasons: [], policy: "p" } as const;
  return { type: "result", v: 1, run: "r", tasks, fanOut, wallSeconds: 6.25, costUsd: 0, compliance };
}

const fact = (task: string, body: FactBody): Fact => ({ ...body, task, key: "k", at: "", run: "r", episode: 1 });
const committed = (task: string): Fact =>
  fact(task, { name: "snapshot.taken", data: { round: 1, commit: "c", parent: "p", files: [], added: 1, removed: 0 } });
const finding = { path: null, line: null, severity: "major", rule: null, message: "m", skills: [] } as const;

function verdict(task: string, role: "tester" | "reviewer", findings: number): Fact {
  const decision = findings === 0 ? "approve" : "request_changes";
  const data = {
    role,
    round: 1,
    agent: role,
    commit: "c",
    decision,
    summary: "",
    findings: Array.from({ length: findings }, () => finding),
  };
  return fact(task, { name: "verdict.given", data } as FactBody);
}

const crashed = (task: string): Fact =>
  fact(task, {
    name: "assignment.ended",
    data: {
      role: "coder",
      round: 1,
      attempt: 1,
      agent: "coder",
      end: { kind: "crashed", signal: "SIGKILL" },
      seconds: 1,
      usage: null,
      costUsd: null,
      reason: "crashed: ended by SIGKILL",
    },
  });

const ready = (task: string): Fact => fact(task, { name: "task.ready", data: { head: "c", rounds: 1 } });

const STORY: DemoStory = {
  result: result([task("T-1", 2), task("T-2", 1, { seconds: 3 })]),
  facts: [
    crashed("T-2"),
    ...["T-1", "T-2"].flatMap((id) => [committed(id), verdict(id, "tester", 0), verdict(id, "reviewer", 0)]),
    verdict("T-1", "reviewer", 1),
    ready("T-1"),
    ready("T-2"),
  ],
  inlined: ["T-6"],
  next: [
    ["cd dispatch-demo", "go there"],
    ["dispatch review", "look"],
  ],
};

it("tells the rule, what was inlined, each task's way, the time, and what to type next", () => {
  expect(demoSummary(STORY, plain("C.UTF-8"))).toEqual([
    "fan-out  (7-1) x 1.8s = 11.0s > 1.0s spawn: 4 lanes",
    "inlined  T-6: too small for a lane of its own",
    "",
    "✓ T-1  coded, tested, reviewed (1 finding, fixed)  #2  A title of T-1 that is..",
    "✓ T-2  crashed, retried, coded, tested, reviewed   #1  A title of T-2 that is..",
    "",
    "2 tasks, 2 pull requests ready for you",
    "6.3s in all; one agent after the other would have worked 5.0s",
    "",
    "next  cd dispatch-demo  go there",
    "      dispatch review   look",
  ]);
});

it("keeps to ASCII where the locale does", () => {
  const text = demoSummary(STORY, plain("C")).join("\n");
  expect(text).toContain("+ T-1");
  expect(text).not.toMatch(/[^\n -~]/);
});

it("says why a task is not ready, and does not call its findings fixed", () => {
  const failed = task("T-1", null, { state: "failed", reason: "crashed: ended by SIGKILL" });
  const stuck = task("T-2", 1, { state: "needs-human", reason: "rounds: no agreement" });
  const lines = demoSummary({ ...STORY, result: result([failed, stuck]) }, plain("C")).join("\n");
  expect(lines).toMatch(/x T-1 +failed: crashed: ended by SIGKILL +- /);
  expect(lines).toMatch(/x T-2 +needs-human: rounds: no agreement +#1/);
  expect(lines).toContain("2 tasks, 1 pull request (2 not ready)");
});
