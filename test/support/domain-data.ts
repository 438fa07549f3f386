import { createHash } from "node:crypto";
import type { EffectivePolicy } from "../../src/dispatch/ports.ts";
import type { RoleRules } from "../../src/domain/authorize.ts";
import type { BacklogItem } from "../../src/domain/backlog-item.ts";
import type { Fact, FactBody } from "../../src/domain/fact.ts";
import { bareTask, type Task } from "../../src/domain/task.ts";
import type { Finding, Verdict } from "../../src/domain/verdict.ts";

export const sha256 = (text: string): string => createHash("sha256").update(text).digest("hex");

const ANYTHING: RoleRules = {
  allow: ["**"],
  deny: [],
  touchProtected: false,
  openPullRequest: true,
  network: "open",
  maxFiles: null,
  maxLines: null,
  maxTaskUsd: null,
};

export function aPolicy({
  coder = {},
  ...with_
}: Partial<EffectivePolicy> & { coder?: Partial<RoleRules> } = {}): EffectivePolicy {
  const roles = { coder: { ...ANYTHING, ...coder }, tester: ANYTHING, reviewer: ANYTHING, planner: ANYTHING };
  return { protected: [], roles, hash: sha256("policy"), text: "{}", reach: {}, ...with_ };
}

export function anItem(id: string, with_: Partial<BacklogItem> = {}): BacklogItem {
  return {
    id,
    title: `Title of ${id}`,
    body: "",
    done: false,
    after: [],
    estimateSeconds: null,
    files: [],
    kind: null,
    skills: [],
    value: null,
    priority: null,
    children: [],
    at: null,
    ...with_,
  };
}

export function aTask(id: string, with_: Partial<Task> = {}): Task {
  return { ...bareTask({ id, title: `Title of ${id}`, body: "", kind: null, textHash: "h" }), ...with_ };
}

export const aFinding = (message: string, with_: Partial<Finding> = {}): Finding => ({
  path: "a.ts",
  line: 1,
  severity: "major",
  rule: null,
  message,
  skills: [],
  ...with_,
});

export const approves = (findings: readonly Finding[] = []): Verdict => ({
  decision: "approve",
  findings,
  summary: "good",
});

export const refuses = (findings: readonly Finding[], summary = "not yet"): Verdict => ({
  decision: "request_changes",
  findings,
  summary,
});

/** Facts of one task, with keys and times of their own. */
export function factsOfTask(task: string): (body: FactBody, episode?: number) => Fact {
  let nth = 0;
  return (body, episode = 1) => {
    nth += 1;
    const at = new Date(Date.UTC(2026, 0, 1, 0, 0, nth)).toISOString();
    return { ...body, key: `${task}/${nth}`, at, run: "r1", task, episode };
  };
}
