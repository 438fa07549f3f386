import type { MergeMethod } from "../types.ts";
import { requirePermission } from "./accounts.ts";
import { isGreen, latestRuns, latestStatuses } from "./checks.ts";
import { commitTree, git, mergedTree, moveRef } from "./git.ts";
import { closeIssue } from "./issues.ts";
import type { Actor, PullIssue, Repo, World } from "./model.ts";
import { tellPush } from "./push.ts";
import { Refusal } from "./refusal.ts";
import { approvals, decisionOf } from "./reviews.ts";
import { isPull } from "./tell.ts";

export type MergeableState = "clean" | "dirty" | "blocked" | "draft" | "unstable" | "unknown";

/** The tree that a merge would have; null when there are conflicts. */
export async function treeOf({ repo, pull }: PullIssue): Promise<string | null> {
  const base = repo.heads.get(pull.baseRef);
  if (base === undefined) return null;
  return mergedTree(repo.dir, base, pull.headSha);
}

export async function mergeableState(issue: PullIssue): Promise<MergeableState> {
  const { repo, pull } = issue;
  if ((await treeOf(issue)) === null) return "dirty";
  if (pull.draft) return "draft";
  if (whyBlocked(issue) !== null) return "blocked";
  const runs = latestRuns(repo, pull.headSha);
  const statuses = latestStatuses(repo, pull.headSha);
  const names = [...runs.map(({ name }) => name), ...statuses.map(({ context }) => context)];
  return names.every((name) => isGreen(repo, pull.headSha, name)) ? "clean" : "unstable";
}

function whyBlocked(issue: PullIssue): string | null {
  const { repo, pull } = issue;
  const { requiredChecks = [], approvals: wanted = 0 } = repo.protections.get(pull.baseRef) ?? {};
  const missing = requiredChecks.find((name) => !isGreen(repo, pull.headSha, name));
  if (missing !== undefined) return `Required status check "${missing}" is expected.`;
  if (wanted > 0 && decisionOf(issue) === "CHANGES_REQUESTED") return "Changes have been requested.";
  if (approvals(issue) >= wanted) return null;
  const noun = wanted === 1 ? "review is" : "reviews are";
  return `At least ${wanted} approving ${noun} required by reviewers with write access.`;
}

export interface MergeOptions {
  readonly sha?: string;
  readonly method?: MergeMethod;
  readonly title?: string;
  readonly message?: string;
}

/** Gives the commit on the base. */
export async function merge(world: World, by: Actor, issue: PullIssue, options: MergeOptions = {}): Promise<string> {
  const { repo, pull } = issue;
  const { method = "merge" } = options;
  requirePermission(repo, by.account, "write");
  if (issue.state === "closed") throw new Refusal(405, "Pull Request is not mergeable");
  if (options.sha !== undefined && options.sha !== pull.headSha) {
    throw new Refusal(409, "Head branch was modified. Review and try the merge again.");
  }
  if (method === "rebase") throw new Refusal(405, "Rebase merges are not allowed on this repository.");
  if (pull.draft) throw new Refusal(405, "Pull Request is still a draft");
  const tree = await treeOf(issue);
  if (tree === null) throw new Refusal(405, "Pull Request is not mergeable");
  const blocked = whyBlocked(issue);
  if (blocked !== null) throw new Refusal(405, blocked);
  const base = repo.heads.get(pull.baseRef) ?? "";
  const commit = await commitTree(repo.dir, {
    tree,
    parents: method === "merge" ? [base, pull.headSha] : [base],
    message: messageOf(issue, method, options),
    by: by.account,
  });
  await moveRef(repo.dir, `refs/heads/${pull.baseRef}`, commit, base);
  repo.heads.set(pull.baseRef, commit);
  repo.pushers.set(commit, by.account.login);
  if (by.via === "api" && by.account.kind !== "user") {
    world.violations.push({ rule: "no bot merges", what: `#${issue.number} merged by ${by.account.login}` });
  }
  tellPush(world, repo, by.account, { branch: pull.baseRef, before: base, after: commit });
  settleMerged(world, by, issue, commit);
  await settleOthers(world, by, issue, commit);
  return commit;
}

function messageOf({ number, title, pull }: PullIssue, method: MergeMethod, options: MergeOptions): string {
  const from = `${pull.headRepo.owner}/${pull.headRef}`;
  const first = method === "merge" ? `Merge pull request #${number} from ${from}` : `${title} (#${number})`;
  const second = method === "merge" ? title : "";
  return `${options.title ?? first}\n\n${options.message ?? second}`.trimEnd();
}

export function settleMerged(world: World, by: Actor, issue: PullIssue, commit: string): void {
  const { repo, pull } = issue;
  pull.merged = { at: world.stamp(), by: by.account, commit };
  closeIssue(world, by, issue, null);
  if (pull.baseRef !== repo.defaultBranch) return;
  const closing = /\b(?:close[sd]?|fix(?:e[sd])?|resolve[sd]?):? +(?:([\w.-]+\/[\w.-]+))?#(\d+)/gi;
  for (const [, fullName = repo.fullName, number] of issue.body.matchAll(closing)) {
    const closed = repo.issues.find((one) => one.number === Number(number));
    if (fullName === repo.fullName && closed?.pull === null) closeIssue(world, by, closed, "completed");
  }
}

/** Others into the same base: merged with it when they were part of it, to be asked anew else. */
async function settleOthers(world: World, by: Actor, { repo, pull }: PullIssue, commit: string): Promise<void> {
  for (const other of repo.issues.filter(isPull)) {
    if (other.state === "closed" || other.pull.baseRef !== pull.baseRef) continue;
    other.pull.asked = null;
    const ahead = await git(repo.dir, ["rev-list", "--count", other.pull.headSha, "--not", commit]);
    if (ahead === "0") settleMerged(world, by, other, commit);
  }
}

/** Auto-merge, of what has become mergeable by whatever just happened. */
export async function mergeWhenGreen(world: World, repo: Repo): Promise<void> {
  for (const issue of repo.issues.filter(isPull)) {
    const { autoMerge } = issue.pull;
    if (autoMerge === null || issue.state === "closed" || (await mergeableState(issue)) !== "clean") continue;
    await merge(world, { account: autoMerge.by.account, via: "hand" }, issue, { method: autoMerge.method });
  }
}
