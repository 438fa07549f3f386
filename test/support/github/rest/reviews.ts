import { oldReviewCommentShape, reviewCommentShape, reviewShape } from "../shape/review.ts";
import { isReaction } from "../shape/basics.ts";
import type { NewReviewComment } from "../types.ts";
import type { PullIssue, Review, ReviewComment, Thread } from "../state/model.ts";
import { requirePermission } from "../state/accounts.ts";
import { react } from "../state/relations.ts";
import { addReview, addReviewComment, dismiss, findReviewComment, reply } from "../state/reviews.ts";
import { invalid, notFound, Refusal, unprocessable } from "../state/refusal.ts";
import { isPull } from "../state/tell.ts";
import { choice, requireText, text, whole, type Body } from "./body.ts";
import { pullOf } from "./pulls.ts";
import { answer, number, ok, page, routes, type Answer, type AskedOf } from "./route.ts";
import { newest, since } from "./select.ts";

function readComment(body: Body): NewReviewComment {
  const line = whole(body, "line");
  if (line === undefined) {
    throw unprocessable(
      "Pull request review thread line must be part of the diff, and Pull request review thread diff hunk can't be blank",
    );
  }
  const side = choice(body, "side", ["LEFT", "RIGHT"]);
  const startLine = whole(body, "start_line");
  return {
    path: requireText(body, "path"),
    line,
    body: text(body, "body") ?? "",
    ...(side === undefined ? {} : { side }),
    ...(startLine === undefined ? {} : { startLine }),
  };
}

async function createReview(asked: AskedOf): Promise<Answer> {
  const { world, by, body } = asked;
  const issue = pullOf(asked);
  const event = choice(body, "event", ["APPROVE", "REQUEST_CHANGES", "COMMENT"]);
  if (event === undefined) throw new Refusal(422, "the stand-in keeps no pending reviews: say an event");
  const comments = body["comments"] ?? [];
  if (!Array.isArray(comments)) throw invalid("PullRequestReview", "comments");
  const commit = text(body, "commit_id");
  const review = await addReview(world, by, issue, {
    event,
    body: text(body, "body") ?? "",
    comments: comments.map((one: unknown) => readComment(one as Body)),
    ...(commit === undefined ? {} : { commit }),
  });
  return ok(reviewShape(world, review));
}

const threadsOf = (asked: AskedOf): readonly Thread[] => asked.repo.issues.flatMap(({ pull }) => pull?.threads ?? []);

const allComments = (threads: readonly Thread[]): readonly ReviewComment[] =>
  threads.flatMap(({ comments }) => comments).sort((a, b) => a.id - b.id);

function listComments(asked: AskedOf, comments: readonly ReviewComment[], path: string): Answer {
  const { query } = asked;
  const ordered = query.has("sort") || query.has("direction") ? newest(comments, query) : comments;
  const shape = (one: ReviewComment) => reviewCommentShape(asked.world, one);
  return page(asked, `/repos/${asked.repo.fullName}${path}`, since(ordered, query), shape);
}

async function createComment(asked: AskedOf): Promise<Answer> {
  const { world, by, body } = asked;
  const issue = pullOf(asked);
  const above = whole(body, "in_reply_to");
  if (above !== undefined) {
    const { thread } = findReviewComment(issue.pull.threads, above);
    return answer(201, reviewCommentShape(world, reply(world, by, thread, body["body"])));
  }
  const commit = requireText(body, "commit_id");
  const comment = await addReviewComment(world, by, issue, { ...readComment(body), commit });
  if (comment === undefined) throw notFound();
  return answer(201, reviewCommentShape(world, comment));
}

function findReview(asked: AskedOf, issue: PullIssue): Review {
  const review = issue.pull.reviews.find(({ id }) => id === number(asked, "id"));
  if (review === undefined) throw notFound();
  return review;
}

function requireOwn(asked: AskedOf, comment: ReviewComment): void {
  if (comment.by.account !== asked.account) requirePermission(asked.repo, asked.account, "write");
}

export const reviewRoutes = routes<AskedOf>({
  "GET /pulls/comments": (asked) =>
    listComments(
      asked,
      allComments(asked.repo.issues.filter(isPull).flatMap(({ pull }) => pull.threads)),
      "/pulls/comments",
    ),
  "GET /pulls/comments/:id": (asked) =>
    ok(reviewCommentShape(asked.world, findReviewComment(threadsOf(asked), number(asked, "id")))),
  "PATCH /pulls/comments/:id": (asked) => {
    const comment = findReviewComment(threadsOf(asked), number(asked, "id"));
    requireOwn(asked, comment);
    Object.assign(comment, { body: requireText(asked.body, "body"), updatedAt: asked.world.stamp() });
    return ok(reviewCommentShape(asked.world, comment));
  },
  "DELETE /pulls/comments/:id": (asked) => {
    const comment = findReviewComment(threadsOf(asked), number(asked, "id"));
    requireOwn(asked, comment);
    comment.thread.comments.splice(comment.thread.comments.indexOf(comment), 1);
    return answer(204);
  },
  "POST /pulls/comments/:id/reactions": (asked) => {
    const comment = findReviewComment(threadsOf(asked), number(asked, "id"));
    const content = text(asked.body, "content");
    if (!isReaction(content)) throw invalid("Reaction", "content");
    const { reaction, isNew } = react(asked.world, asked.account, comment, content);
    return answer(isNew ? 201 : 200, { id: reaction.id, content });
  },
  "GET /pulls/:number/comments": (asked) =>
    listComments(asked, allComments(pullOf(asked).pull.threads), `/pulls/${number(asked)}/comments`),
  "POST /pulls/:number/comments": createComment,
  "POST /pulls/:number/comments/:id/replies": (asked) => {
    const { thread } = findReviewComment(pullOf(asked).pull.threads, number(asked, "id"));
    const comment = reply(asked.world, asked.by, thread, asked.body["body"]);
    return answer(201, reviewCommentShape(asked.world, comment));
  },
  "GET /pulls/:number/reviews": (asked) => {
    const issue = pullOf(asked);
    const path = `/repos/${asked.repo.fullName}/pulls/${issue.number}/reviews`;
    return page(asked, path, issue.pull.reviews, (review) => reviewShape(asked.world, review));
  },
  "POST /pulls/:number/reviews": createReview,
  "GET /pulls/:number/reviews/:id": (asked) => {
    const issue = pullOf(asked);
    return ok(reviewShape(asked.world, findReview(asked, issue)));
  },
  "PUT /pulls/:number/reviews/:id": (asked) => {
    const issue = pullOf(asked);
    const review = findReview(asked, issue);
    if (review.by.account !== asked.account) throw new Refusal(403, "Resource not accessible");
    Object.assign(review, { body: requireText(asked.body, "body"), updatedAt: asked.world.stamp() });
    return ok(reviewShape(asked.world, review));
  },
  "GET /pulls/:number/reviews/:id/comments": (asked) => {
    const issue = pullOf(asked);
    const review = findReview(asked, issue);
    const comments = allComments(issue.pull.threads).filter((one) => one.review === review);
    const path = `/repos/${asked.repo.fullName}/pulls/${issue.number}/reviews/${review.id}/comments`;
    return page(asked, path, comments, (one) => oldReviewCommentShape(asked.world, one));
  },
  "PUT /pulls/:number/reviews/:id/dismissals": (asked) => {
    requirePermission(asked.repo, asked.account, "write");
    const issue = pullOf(asked);
    const review = findReview(asked, issue);
    requireText(asked.body, "message");
    dismiss(asked.world, asked.by, review);
    return ok(reviewShape(asked.world, review));
  },
});
