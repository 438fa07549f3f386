import type { EffectName } from "../../src/domain/effect.ts";

/** One command that a user types, and which effects happen in it. */
export interface Step {
  readonly words: readonly string[];
  readonly effects: readonly EffectName[];
}

/** Of every run that works a task. */
const RUN: readonly EffectName[] = [
  ...([
    "heal",
    "claim",
    "event",
    "worktree",
    "flag",
    "setup",
    "spawn-coder",
    "spawn-tester",
    "spawn-reviewer",
  ] as const),
  ...(["turn-end", "snapshot", "handover", "branch", "checks", "verdict", "push", "pull-request", "done"] as const),
  ...(["flag-release", "worktree-release", "claim-release", "handover-drop", "audit"] as const),
];
const MERGE: readonly EffectName[] = ["merge", "unpublish", "branch-delete", "event"];
const step = (words: string, effects: readonly EffectName[]): Step => ({ words: words.split(" "), effects });

/** Every effect of `domain/effect.ts` happens in it; C stands on A, D on B. */
export const STORY: readonly Step[] = [
  step("run", [...RUN, "salvage"]),
  step("approve A", ["review", "event"]),
  step("merge A", MERGE),
  step("watcher run --once", ["branch", "push", "pull-request", "comment", "event"]),
  step("reject B -m more", ["review", "event"]),
  step("run", RUN),
  step("approve B", ["review", "event"]),
  step("merge B", MERGE),
  step("run", [...RUN, "salvage-drop"]),
  step("cancel D", ["close", "event"]),
];

export const TASKS = ["A", "B", "C", "D"] as const;
export const ENDS: Readonly<Record<(typeof TASKS)[number], string>> = {
  A: "merged",
  B: "merged",
  C: "ready-for-human",
  D: "cancelled",
};

/** How often at least they happen in one run, where that is more than once. */
export const TIMES: Readonly<Partial<Record<EffectName, number>>> = {
  ...{ event: 30, worktree: 6, setup: 6, flag: 6, "turn-end": 6, "flag-release": 6, "worktree-release": 6 },
  ...{ "spawn-coder": 2, "spawn-tester": 2, "spawn-reviewer": 2, snapshot: 2, handover: 2, branch: 2, verdict: 2 },
  ...{ claim: 2, push: 2, "pull-request": 2, done: 2, "claim-release": 2 },
};
