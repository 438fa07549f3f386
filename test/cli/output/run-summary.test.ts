import { PassThrough } from "node:stream";
import { expect, it } from "vitest";
import { runSummary } from "../../../src/cli/output/run-summary.ts";
import { screen } from "../../../src/cli/output/screen.ts";
import { statusText } from "../../../src/cli/output/status-text.ts";
import type { TaskResult } from "../../../src/dispatch/report.ts";

const task = (state: string, more: Partial<TaskResult> = {}): TaskResult => ({
  ...{ id: state, title: "A task", state, branch: null, pr: null, rounds: 1, attempts: 1 },
  ...{ costUsd: null, usage: null, seconds: 1, reason: null, waitingFor: null, wakeAt: null },
  ...more,
});

const fanOut = {
  n: 1,
  taskSeconds: 1,
  spawnSeconds: 1,
  savedSeconds: 0,
  lanes: 1,
  decision: "inline",
  why: "so",
} as const;

const compliance = { verdict: "pass", reasons: [], policy: "p".repeat(64) } as const;

const nextAfter = (...tasks: readonly TaskResult[]): string | undefined => {
  const plain = screen({ stream: Object.assign(new PassThrough(), { isTTY: false }), env: {}, color: false });
  const result = { type: "result", v: 1, run: "r", tasks, fanOut, wallSeconds: 1, costUsd: null, compliance } as const;
  return runSummary(result, plain).at(-1);
};

it.each([
  [
    [task("failed", { reason: "crashed: exit 1" }), task("ready-for-human")],
    "dispatch logs failed   (crashed: exit 1)",
  ],
  [[task("needs-human"), task("approved")], "dispatch review"],
  [[task("approved"), task("merged")], "dispatch merge approved"],
  [
    [task("blocked", { waitingFor: "A, which failed: dispatch retry A" })],
    "blocked is blocked: A, which failed: dispatch retry A",
  ],
  [[], "dispatch help backlog"],
])("the last line is what to do next (%#)", (tasks, next) => {
  expect(nextAfter(...tasks)).toBe(`next  ${next}`);
});

it("a row says why its task failed, beside what to type", () => {
  const failed = task("failed", { reason: "idle: no word for 10m", waitingFor: "dispatch retry failed" });
  expect(statusText([failed])[1]).toMatch(/ {2}idle: no word for 10m; dispatch retry failed$/);
});
