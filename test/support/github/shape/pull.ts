import { createHash } from "node:crypto";
import type { Pull, PullIssue, Repo, World } from "../state/model.ts";
import { accountOf } from "../state/accounts.ts";
import { nodeId, repoApi, repoHtml, timesShape, userShape, writtenShape } from "./basics.ts";
import { labelsShape } from "./issue.ts";
import { repositoryShape } from "./repository.ts";

function endShape(world: World, repo: Repo, ref: string, sha: string) {
  return {
    label: `${repo.owner}:${ref}`,
    ref,
    sha,
    user: userShape(world, accountOf(world, repo.owner)),
    repo: repositoryShape(world, repo),
  };
}

function linksShape(world: World, { repo, number, pull }: PullIssue) {
  const url = `${repoApi(world, repo)}/pulls/${number}`;
  const issueUrl = `${repoApi(world, repo)}/issues/${number}`;
  return {
    self: { href: url },
    html: { href: `${repoHtml(world, repo)}/pull/${number}` },
    issue: { href: issueUrl },
    comments: { href: `${issueUrl}/comments` },
    review_comments: { href: `${url}/comments` },
    review_comment: { href: `${repoApi(world, repo)}/pulls/comments{/number}` },
    commits: { href: `${url}/commits` },
    statuses: { href: `${repoApi(world, repo)}/statuses/${pull.headSha}` },
  };
}

/** Also what is not merged has such an id: of the merge that GitHub tried, once it was asked whether one would do. */
function trialOf({ asked }: Pull): string | null {
  return asked === null ? null : createHash("sha1").update(asked).digest("hex");
}

/** As in lists and webhooks. */
export function pullShape(world: World, issue: PullIssue) {
  const { repo, number, pull } = issue;
  const url = `${repoApi(world, repo)}/pulls/${number}`;
  const html = `${repoHtml(world, repo)}/pull/${number}`;
  return {
    ...writtenShape(world, repo, "PR", { ...issue, id: pull.id }),
    node_id: nodeId("PR", issue.id),
    body: issue.body === "" ? null : issue.body,
    url,
    html_url: html,
    diff_url: `${html}.diff`,
    patch_url: `${html}.patch`,
    issue_url: `${repoApi(world, repo)}/issues/${number}`,
    commits_url: `${url}/commits`,
    review_comments_url: `${url}/comments`,
    review_comment_url: `${repoApi(world, repo)}/pulls/comments{/number}`,
    comments_url: `${repoApi(world, repo)}/issues/${number}/comments`,
    statuses_url: `${repoApi(world, repo)}/statuses/${pull.headSha}`,
    _links: linksShape(world, issue),
    number,
    state: issue.state,
    locked: false,
    active_lock_reason: null,
    title: issue.title,
    labels: labelsShape(world, issue),
    milestone: null,
    assignee: issue.assignees[0] === undefined ? null : userShape(world, issue.assignees[0]),
    assignees: issue.assignees.map((account) => userShape(world, account)),
    requested_reviewers: pull.requested.map((account) => userShape(world, account)),
    requested_teams: [],
    head: endShape(world, pull.headRepo, pull.headRef, pull.headSha),
    base: endShape(world, repo, pull.baseRef, pull.baseSha),
    draft: pull.draft,
    ...timesShape(issue),
    closed_at: issue.closedAt,
    merged_at: pull.merged?.at ?? null,
    merge_commit_sha: pull.merged?.commit ?? trialOf(pull),
    auto_merge:
      pull.autoMerge === null
        ? null
        : {
            enabled_by: userShape(world, pull.autoMerge.by.account),
            merge_method: pull.autoMerge.method,
            commit_title: issue.title,
            commit_message: "",
          },
  };
}

/** As one that is asked for by its number; what costs a look at git comes in. */
export function pullDetailsShape(
  world: World,
  issue: PullIssue,
  facts: {
    readonly mergeable: boolean | null;
    readonly mergeableState: string;
    readonly commits: number;
    readonly additions: number;
    readonly deletions: number;
    readonly changedFiles: number;
  },
) {
  const { pull } = issue;
  return {
    ...pullShape(world, issue),
    merged: pull.merged !== null,
    merged_by: pull.merged === null ? null : userShape(world, pull.merged.by),
    mergeable: facts.mergeable,
    rebaseable: facts.mergeable,
    mergeable_state: facts.mergeableState,
    maintainer_can_modify: false,
    comments: issue.comments.length,
    review_comments: pull.threads.flatMap(({ comments }) => comments).length,
    commits: facts.commits,
    additions: facts.additions,
    deletions: facts.deletions,
    changed_files: facts.changedFiles,
  };
}
