import type { Review, ReviewComment, World } from "../state/model.ts";
import { reactionsShape, repoApi, repoHtml, timesShape, writtenShape } from "./basics.ts";

function links(html: string, pullUrl: string) {
  return { html: { href: html }, pull_request: { href: pullUrl } };
}

export function reviewShape(world: World, review: Review) {
  const { repo, number } = review.issue;
  const pullUrl = `${repoApi(world, repo)}/pulls/${number}`;
  const html = `${repoHtml(world, repo)}/pull/${number}#pullrequestreview-${review.id}`;
  return {
    ...writtenShape(world, repo, "PRR", review),
    state: review.state,
    html_url: html,
    pull_request_url: pullUrl,
    submitted_at: review.submittedAt,
    commit_id: review.commit,
    _links: links(html, pullUrl),
  };
}

/** As `…/reviews/N/comments` has it: without lines and sides, whatever its description says. */
export function oldReviewCommentShape(world: World, comment: ReviewComment) {
  const { thread } = comment;
  const { repo, number, pull } = thread.issue;
  const url = `${repoApi(world, repo)}/pulls/comments/${comment.id}`;
  const pullUrl = `${repoApi(world, repo)}/pulls/${number}`;
  const html = `${repoHtml(world, repo)}/pull/${number}#discussion_r${comment.id}`;
  const first = thread.comments[0];
  return {
    ...writtenShape(world, repo, "PRRC", comment),
    url,
    pull_request_review_id: comment.review.id,
    diff_hunk: thread.hunk,
    path: thread.path,
    position: thread.line === null ? null : thread.position,
    original_position: thread.position,
    commit_id: thread.line === null ? thread.originalCommit : pull.headSha,
    original_commit_id: thread.originalCommit,
    html_url: html,
    pull_request_url: pullUrl,
    ...timesShape(comment),
    _links: { self: { href: url }, ...links(html, pullUrl) },
    reactions: reactionsShape(url, comment),
    ...(first === undefined || first === comment ? {} : { in_reply_to_id: first.id }),
  };
}

export function reviewCommentShape(world: World, comment: ReviewComment) {
  const { thread } = comment;
  return {
    ...oldReviewCommentShape(world, comment),
    start_line: thread.line === null ? null : thread.startLine,
    original_start_line: thread.startLine,
    start_side: thread.startLine === null ? null : thread.side,
    line: thread.line,
    original_line: thread.originalLine,
    side: thread.side,
    subject_type: "line" as const,
  };
}
