import type { Comment, Issue, Label, World } from "../state/model.ts";
import { labelShape, reactionsShape, repoApi, repoHtml, timesShape, userShape, writtenShape } from "./basics.ts";

const isLabel = (label: Label | undefined): label is Label => label !== undefined;

export function labelsShape(world: World, { repo, labels }: Issue) {
  const known = labels.map((name) => repo.labels.get(name.toLowerCase())).filter(isLabel);
  return known.map((label) => labelShape(world, repo, label));
}

export function issueShape(world: World, issue: Issue) {
  const { repo, number } = issue;
  const url = `${repoApi(world, repo)}/issues/${number}`;
  const html = `${repoHtml(world, repo)}/${issue.pull === null ? "issues" : "pull"}/${number}`;
  const children = repo.issues.filter(({ parent }) => parent === issue);
  const closed = children.filter(({ state }) => state === "closed").length;
  const blocking = repo.issues.filter(({ blockedBy }) => blockedBy.includes(issue));
  const isOpen = ({ state }: Issue): boolean => state === "open";
  return {
    ...writtenShape(world, repo, issue.pull === null ? "I" : "PR", issue),
    body: issue.body === "" ? null : issue.body,
    url,
    repository_url: repoApi(world, repo),
    labels_url: `${url}/labels{/name}`,
    comments_url: `${url}/comments`,
    events_url: `${url}/events`,
    html_url: html,
    number,
    state: issue.state,
    state_reason: issue.stateReason,
    title: issue.title,
    labels: labelsShape(world, issue),
    assignee: issue.assignees[0] === undefined ? null : userShape(world, issue.assignees[0]),
    assignees: issue.assignees.map((account) => userShape(world, account)),
    milestone: null,
    locked: false,
    active_lock_reason: null,
    comments: issue.comments.length,
    closed_at: issue.closedAt,
    ...timesShape(issue),
    reactions: reactionsShape(url, issue),
    sub_issues_summary: {
      total: children.length,
      completed: closed,
      percent_completed: children.length === 0 ? 0 : Math.floor((100 * closed) / children.length),
    },
    issue_dependencies_summary: {
      blocked_by: issue.blockedBy.filter(isOpen).length,
      blocking: blocking.filter(isOpen).length,
      total_blocked_by: issue.blockedBy.length,
      total_blocking: blocking.length,
    },
    ...(issue.parent === null ? {} : { parent_issue_url: `${repoApi(world, repo)}/issues/${issue.parent.number}` }),
    ...(issue.pull === null
      ? {}
      : {
          draft: issue.pull.draft,
          pull_request: {
            url: `${repoApi(world, repo)}/pulls/${number}`,
            html_url: html,
            diff_url: `${html}.diff`,
            patch_url: `${html}.patch`,
            merged_at: issue.pull.merged?.at ?? null,
          },
        }),
  };
}

export function commentShape(world: World, comment: Comment) {
  const { repo, number, pull } = comment.issue;
  const url = `${repoApi(world, repo)}/issues/comments/${comment.id}`;
  return {
    ...writtenShape(world, repo, "IC", comment),
    url,
    html_url: `${repoHtml(world, repo)}/${pull === null ? "issues" : "pull"}/${number}#issuecomment-${comment.id}`,
    issue_url: `${repoApi(world, repo)}/issues/${number}`,
    ...timesShape(comment),
    reactions: reactionsShape(url, comment),
  };
}
