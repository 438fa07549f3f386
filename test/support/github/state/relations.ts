import { requirePermission } from "./accounts.ts";
import type { Account, Actor, Issue, Reaction, World, Written } from "./model.ts";
import { invalid, notFound, unprocessable } from "./refusal.ts";

const MOST_CHILDREN = 100;

export function setParent(by: Actor, parent: Issue, child: Issue, replace = false): void {
  requirePermission(parent.repo, by.account, "triage");
  if (child.parent === parent) throw unprocessable("Issue may not contain duplicate sub-issues");
  if (child.parent !== null && !replace) throw unprocessable("Sub issue may only have one parent");
  for (let above: Issue | null = parent; above !== null; above = above.parent) {
    if (above === child) throw unprocessable("Sub issue cannot be a parent of itself");
  }
  const children = parent.repo.issues.filter((one) => one.parent === parent);
  if (children.length >= MOST_CHILDREN) throw unprocessable(`Parent cannot have more than ${MOST_CHILDREN} sub-issues`);
  child.parent = parent;
}

export function removeParent(by: Actor, parent: Issue, child: Issue): void {
  requirePermission(parent.repo, by.account, "triage");
  if (child.parent !== parent) throw notFound();
  child.parent = null;
}

export function blockBy(by: Actor, issue: Issue, blocker: Issue): void {
  requirePermission(issue.repo, by.account, "triage");
  if (blocker === issue || issue.blockedBy.includes(blocker)) throw invalid("IssueDependency", "issue_id");
  issue.blockedBy.push(blocker);
}

export function unblock(by: Actor, issue: Issue, blocker: Issue): void {
  requirePermission(issue.repo, by.account, "triage");
  const at = issue.blockedBy.indexOf(blocker);
  if (at === -1) throw notFound();
  issue.blockedBy.splice(at, 1);
}

interface Reacted {
  readonly reaction: Reaction;
  readonly isNew: boolean;
}

/** A second of the same person is the first (200 instead of 201). */
export function react(world: World, account: Account, written: Written, content: string): Reacted {
  const known = written.reactions.find((one) => one.account === account && one.content === content);
  if (known !== undefined) return { reaction: known, isNew: false };
  const reaction = { id: world.nextId(), account, content, createdAt: world.stamp() };
  written.reactions.push(reaction);
  return { reaction, isNew: true };
}
