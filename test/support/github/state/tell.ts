import { issueShape } from "../shape/issue.ts";
import { pullShape } from "../shape/pull.ts";
import { labelShape } from "../shape/basics.ts";
import type { Account, Issue, PullIssue, World } from "./model.ts";

type Payload = Readonly<Record<string, unknown>>;

export function isPull(issue: Issue): issue is PullIssue {
  return issue.pull !== null;
}

/** `issues`, or `pull_request` for what is one. */
export function tellIssue(world: World, by: Account, action: string, issue: Issue, more: Payload = {}): void {
  if (isPull(issue)) return tellPull(world, by, action, issue, more);
  world.emit({ repo: issue.repo, event: "issues", action, by, payload: { issue: issueShape(world, issue), ...more } });
}

export function pullPayload(world: World, issue: PullIssue): Payload {
  return { number: issue.number, pull_request: { ...pullShape(world, issue), merged: issue.pull.merged !== null } };
}

export function tellPull(world: World, by: Account, action: string, issue: PullIssue, more: Payload = {}): void {
  const payload = { ...pullPayload(world, issue), ...more };
  world.emit({ repo: issue.repo, event: "pull_request", action, by, payload });
}

export function tellLabel(
  world: World,
  by: Account,
  action: "labeled" | "unlabeled",
  issue: Issue,
  name: string,
): void {
  const label = issue.repo.labels.get(name.toLowerCase());
  if (label !== undefined) tellIssue(world, by, action, issue, { label: labelShape(world, issue.repo, label) });
}
