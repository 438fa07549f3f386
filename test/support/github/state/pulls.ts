import type { NewPull } from "../types.ts";
import { requirePermission } from "./accounts.ts";
import { baseOf, diffOf, type FileDiff } from "./diff.ts";
import { git, listCommits } from "./git.ts";
import { addIssue, findIssue } from "./issues.ts";
import { mergeableState, type MergeableState } from "./merge.ts";
import type { Account, Actor, Pull, PullIssue, Repo, World } from "./model.ts";
import { invalid, notFound, Refusal, unprocessable } from "./refusal.ts";
import { keepHead } from "./sync.ts";
import { isPull, tellPull } from "./tell.ts";

export function findPull(repo: Repo, number: number): PullIssue {
  const issue = findIssue(repo, number);
  if (!isPull(issue)) throw notFound();
  return issue;
}

function custom(message: string): Refusal {
  return new Refusal(422, "Validation Failed", [{ resource: "PullRequest", code: "custom", message }]);
}

export async function openPull(world: World, repo: Repo, by: Actor, draft: NewPull): Promise<PullIssue> {
  const { title, base = repo.defaultBranch } = draft;
  const [owner, headRef] = draft.head.includes(":") ? cut(draft.head) : [repo.owner, draft.head];
  const headRepo = [...world.repos.values()].find(
    (one) => one.owner === owner && (one === repo || one.forkOf === repo),
  );
  const headSha = headRepo?.heads.get(headRef);
  requirePermission(repo, by.account, "read");
  if (title === "") throw invalid("PullRequest", "title", "missing_field");
  if (headRepo === undefined || headSha === undefined) throw invalid("PullRequest", "head");
  const baseSha = repo.heads.get(base);
  if (baseSha === undefined) throw invalid("PullRequest", "base");
  requirePermission(headRepo, by.account, "write");
  if (by.account.kind === "actions" && repo.options.actionsMayOpenPullRequests === false) {
    throw new Refusal(403, "GitHub Actions is not permitted to create or approve pull requests.");
  }
  const same = repo.issues.filter(isPull).filter(({ state, pull }) => state === "open" && isSame(pull));
  if (same.length > 0) throw custom(`A pull request already exists for ${owner}:${headRef}.`);
  const ahead = await git(headRepo.dir, ["rev-list", "--count", headSha, "--not", baseSha]).catch(() => "1");
  if (ahead === "0") throw custom(`No commits between ${base} and ${headRef}`);
  const id = world.nextId();
  const pull: Pull = {
    id,
    headRepo,
    headRef,
    headSha,
    baseRef: base,
    baseSha,
    draft: draft.draft ?? false,
    merged: null,
    requested: [],
    reviews: [],
    threads: [],
    autoMerge: null,
    asked: null,
  };
  const issue = addIssue(world, repo, by, { title, body: draft.body ?? "", pull }) as PullIssue;
  await keepHead(issue, headSha);
  tellPull(world, by.account, "opened", issue);
  return issue;

  function isSame(pull: Pull): boolean {
    return pull.headRepo === headRepo && pull.headRef === headRef && pull.baseRef === base;
  }
}

function cut(head: string): [string, string] {
  const colon = head.indexOf(":");
  return [head.slice(0, colon), head.slice(colon + 1)];
}

export function setDraft(world: World, by: Actor, issue: PullIssue, draft: boolean): void {
  if (by.account.login !== issue.by.account.login) requirePermission(issue.repo, by.account, "write");
  if (issue.pull.draft === draft) return;
  issue.pull.draft = draft;
  issue.updatedAt = world.stamp();
  tellPull(world, by.account, draft ? "converted_to_draft" : "ready_for_review", issue);
}

export function requestReviewers(world: World, by: Actor, issue: PullIssue, logins: readonly string[]): void {
  const { repo, pull } = issue;
  requirePermission(repo, by.account, "triage");
  if (logins.includes(issue.by.account.login)) {
    throw unprocessable("Review cannot be requested from pull request author.");
  }
  const accounts = logins.map((login) => world.accounts.get(login));
  const isCollaborator = (account: Account | undefined): account is Account =>
    account?.kind === "user" && (repo.permissions.get(account.login) ?? "none") !== "none";
  if (!accounts.every(isCollaborator)) {
    const sentence =
      "Reviews may only be requested from collaborators. One or more of the users or teams you specified";
    throw unprocessable(`${sentence} is not a collaborator of the ${repo.fullName} repository.`);
  }
  for (const account of accounts.filter((one) => !pull.requested.includes(one))) {
    pull.requested.push(account);
    tellPull(world, by.account, "review_requested", issue, { requested_reviewer: { login: account.login } });
  }
}

export interface Mergeability {
  readonly mergeable: boolean | null;
  readonly state: MergeableState;
}

/** Not known at the first asking after head or base moved, as on GitHub, which begins to find out then. */
export async function askMergeability(issue: PullIssue): Promise<Mergeability> {
  const { pull, repo } = issue;
  const key = `${repo.heads.get(pull.baseRef)} ${pull.headSha}`;
  const isKnown = pull.asked === key;
  pull.asked = key;
  if (issue.state === "closed" || !isKnown) return { mergeable: null, state: "unknown" };
  const state = await mergeableState(issue);
  return { mergeable: state !== "dirty", state };
}

/** What its tab "Files changed" says. */
export async function filesOf(issue: PullIssue): Promise<readonly FileDiff[]> {
  return diffOf(issue.repo.dir, baseOf(issue), issue.pull.headSha);
}

/** Ids, oldest first. */
export async function commitsOf(issue: PullIssue): Promise<readonly string[]> {
  return listCommits(issue.repo.dir, issue.pull.headSha, baseOf(issue));
}
