import { nodeId } from "./shape/basics.ts";
import { treeOf } from "./state/merge.ts";
import type { CheckRun, Comment, Issue, PullIssue, Review, Status, Thread } from "./state/model.ts";
import { decisionOf } from "./state/reviews.ts";
import type { IssueView } from "./types.ts";
import type { CheckRunView, CommentView, PullView, ReviewView, StatusView, ThreadView } from "./views.ts";

export function issueView(issue: Issue): IssueView {
  const { number, title, body, state, stateReason } = issue;
  return {
    number,
    title,
    body,
    author: issue.by.account.login,
    state,
    stateReason,
    labels: [...issue.labels],
    assignees: issue.assignees.map(({ login }) => login),
    parent: issue.parent?.number ?? null,
    blockedBy: issue.blockedBy.map((one) => one.number),
  };
}

export async function pullView(issue: PullIssue): Promise<PullView> {
  const { number, title, body, author, state, labels } = { ...issueView(issue) };
  const { pull } = issue;
  return {
    number,
    title,
    body,
    author,
    state,
    labels,
    draft: pull.draft,
    merged: pull.merged !== null,
    mergedBy: pull.merged?.by.login ?? null,
    mergeCommit: pull.merged?.commit ?? null,
    head: { sha: pull.headSha, ref: pull.headRef, repository: pull.headRepo.fullName },
    base: { sha: pull.baseSha, ref: pull.baseRef },
    requestedReviewers: pull.requested.map(({ login }) => login),
    reviewDecision: decisionOf(issue),
    mergeable: (await treeOf(issue)) !== null,
    autoMerge: pull.autoMerge !== null,
  };
}

export function commentView({ id, issue, by, body, createdAt, updatedAt, reactions }: Comment): CommentView {
  return {
    id,
    issue: issue.number,
    author: by.account.login,
    body,
    createdAt,
    updatedAt,
    reactions: reactions.map(({ account, content }) => ({ login: account.login, content })),
  };
}

export function reviewView({ id, by, state, body, commit }: Review): ReviewView {
  return { id, author: by.account.login, state, body, commit };
}

export function threadView(thread: Thread): ThreadView {
  return {
    id: nodeId("PRRT", thread.id),
    path: thread.path,
    line: thread.line,
    side: thread.side,
    resolved: thread.resolvedBy !== null,
    resolvedBy: thread.resolvedBy?.login ?? null,
    outdated: thread.line === null,
    comments: thread.comments.map(({ id, by, body }) => ({ id, author: by.account.login, body })),
  };
}

export function checkRunView(run: CheckRun): CheckRunView {
  const { id, name, sha, status, conclusion, title, summary, externalId } = run;
  const annotations = run.annotations.map(({ path, start_line: startLine, message }) => ({ path, startLine, message }));
  return { id, name, sha, author: run.by.account.login, status, conclusion, title, summary, externalId, annotations };
}

export function statusView({ sha, context, state, description, by }: Status): StatusView {
  return { sha, context, state, description, author: by.account.login };
}
