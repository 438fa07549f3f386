import { reviewCommentShape, reviewShape } from "../shape/review.ts";
import type { NewReview, NewReviewComment } from "../types.ts";
import type { ReviewDecision } from "../views.ts";
import { may, requirePermission } from "./accounts.ts";
import { baseOf, diffOf, showLine, type FileDiff, type Shown } from "./diff.ts";
import { commitOf, isAncestor } from "./git.ts";
import { requireBody, requireShort } from "./issues.ts";
import type { Account, Actor, PullIssue, Review, ReviewComment, Thread, World } from "./model.ts";
import { invalid, notFound, Refusal, unprocessable } from "./refusal.ts";
import { pullPayload } from "./tell.ts";

const STATES = { APPROVE: "APPROVED", REQUEST_CHANGES: "CHANGES_REQUESTED", COMMENT: "COMMENTED" } as const;

export async function addReview(world: World, by: Actor, issue: PullIssue, draft: NewReview): Promise<Review> {
  const { repo, pull } = issue;
  requirePermission(repo, by.account, "read");
  requireVerdictOfAnother(by, issue, draft);
  const inline = draft.comments ?? [];
  const body = requireShort("PullRequestReview", draft.body ?? "");
  if (draft.event !== "APPROVE" && body.trim() === "" && inline.length === 0) {
    throw unprocessable("Review body can't be blank");
  }
  const commit = await requireCommit(issue, draft.commit ?? pull.headSha);
  const files = inline.length === 0 ? [] : await diffOf(repo.dir, baseOf(issue), commit);
  const places = inline.map((comment) => ({ ...comment, ...requireShown(files, comment) }));
  const review = keepReview(world, by, issue, { state: STATES[draft.event], body, commit });
  for (const place of places) addThread(world, by, review, place);
  pull.requested = pull.requested.filter(({ login }) => login !== by.account.login);
  tellReview(world, by, "submitted", review);
  for (const comment of pull.threads.flatMap(({ comments }) => comments)) {
    if (comment.review === review) tellReviewComment(world, by, comment);
  }
  return review;
}

function requireVerdictOfAnother(by: Actor, { by: author, repo }: PullIssue, { event }: NewReview): void {
  if (!Object.hasOwn(STATES, event)) throw invalid("PullRequestReview", "event");
  if (event === "COMMENT") return;
  if (by.account.login === author.account.login) {
    throw unprocessable(
      `Review Can not ${event === "APPROVE" ? "approve" : "request changes on"} your own pull request`,
    );
  }
  const mayNot = by.account.kind === "actions" && repo.options.actionsMayOpenPullRequests === false;
  if (mayNot && event === "APPROVE") throw unprocessable("GitHub Actions is not permitted to approve pull requests.");
}

async function requireCommit({ repo, pull }: PullIssue, given: string): Promise<string> {
  const commit = await commitOf(repo.dir, given);
  if (commit === null || !(await isAncestor(repo.dir, commit, pull.headSha))) {
    throw unprocessable("The commit_id is not part of the pull request");
  }
  return commit;
}

/** GitHub takes no comment on what the pull request does not show. */
function requireShown(files: readonly FileDiff[], comment: NewReviewComment): Shown {
  const { path, line, side = "RIGHT", startLine, body } = comment;
  requireBody("PullRequestReviewComment", body);
  const file = files.find((one) => one.path === path);
  if (file === undefined) throw unprocessable("Path could not be resolved");
  const shown = showLine(file, line, side);
  if (shown === null || (startLine !== undefined && showLine(file, startLine, side) === null)) {
    throw unprocessable("Line could not be resolved");
  }
  return shown;
}

function keepReview(
  world: World,
  by: Actor,
  issue: PullIssue,
  what: Pick<Review, "state" | "body" | "commit">,
): Review {
  const now = world.stamp();
  const times = { createdAt: now, updatedAt: now, submittedAt: now };
  const review: Review = { id: world.nextId(), by, ...times, reactions: [], issue, ...what };
  issue.pull.reviews.push(review);
  Object.assign(issue, { updatedAt: now });
  return review;
}

function addThread(world: World, by: Actor, review: Review, place: NewReviewComment & Shown): void {
  const { path, line, side = "RIGHT", startLine = null, body, hunk, position } = place;
  const thread: Thread = {
    id: world.nextId(),
    issue: review.issue,
    path,
    line,
    startLine,
    originalLine: line,
    side,
    originalCommit: review.commit,
    hunk,
    position,
    resolvedBy: null,
    comments: [],
  };
  review.issue.pull.threads.push(thread);
  keepComment(world, by, thread, review, body);
}

function keepComment(world: World, by: Actor, thread: Thread, review: Review, body: string): ReviewComment {
  const now = world.stamp();
  const comment = { id: world.nextId(), by, createdAt: now, updatedAt: now, body, reactions: [], thread, review };
  thread.comments.push(comment);
  thread.issue.updatedAt = now;
  return comment;
}

/** One alone, which GitHub makes a review of its own for. */
export async function addReviewComment(
  world: World,
  by: Actor,
  issue: PullIssue,
  draft: NewReviewComment & { commit: string },
) {
  const review = await addReview(world, by, issue, { event: "COMMENT", commit: draft.commit, comments: [draft] });
  return issue.pull.threads.flatMap(({ comments }) => comments).find((one) => one.review === review);
}

export function reply(world: World, by: Actor, thread: Thread, body: unknown): ReviewComment {
  requirePermission(thread.issue.repo, by.account, "read");
  const text = requireBody("PullRequestReviewComment", body);
  const review = keepReview(world, by, thread.issue, {
    state: "COMMENTED",
    body: "",
    commit: thread.issue.pull.headSha,
  });
  const comment = keepComment(world, by, thread, review, text);
  tellReviewComment(world, by, comment);
  return comment;
}

export function findReviewComment(threads: readonly Thread[], id: number): ReviewComment {
  const comment = threads.flatMap(({ comments }) => comments).find((one) => one.id === id);
  if (comment === undefined) throw notFound();
  return comment;
}

export function resolve(by: Actor, thread: Thread, resolved: boolean): void {
  const isAuthor = thread.issue.by.account.login === by.account.login;
  if (!isAuthor && !may(thread.issue.repo, by.account, "write")) {
    throw new Refusal(403, "You can't perform that action at this time.");
  }
  thread.resolvedBy = resolved ? (thread.resolvedBy ?? by.account) : null;
}

export function dismiss(world: World, by: Actor, review: Review): void {
  if (review.state !== "APPROVED" && review.state !== "CHANGES_REQUESTED") {
    throw unprocessable("Can not dismiss a commented pull request review");
  }
  review.state = "DISMISSED";
  tellReview(world, by, "dismissed", review);
}

/** Whose word counts: the last verdict of each who may write. */
export function verdicts({ repo, pull }: PullIssue): ReadonlyMap<Account, Review> {
  const counting = pull.reviews.filter(({ by, state }) => state !== "COMMENTED" && may(repo, by.account, "write"));
  return new Map(counting.map((review) => [review.by.account, review]));
}

export function approvals(issue: PullIssue): number {
  return [...verdicts(issue).values()].filter(({ state }) => state === "APPROVED").length;
}

export function decisionOf(issue: PullIssue): ReviewDecision | null {
  const states = [...verdicts(issue).values()].map(({ state }) => state);
  if (states.includes("CHANGES_REQUESTED")) return "CHANGES_REQUESTED";
  const wanted = issue.repo.protections.get(issue.pull.baseRef)?.approvals ?? 0;
  if (approvals(issue) >= Math.max(1, wanted)) return "APPROVED";
  return wanted > 0 ? "REVIEW_REQUIRED" : null;
}

function tellReview(world: World, by: Actor, action: string, review: Review): void {
  const { issue } = review;
  const shape = reviewShape(world, review);
  // Webhooks say it in small letters.
  const payload = { ...pullPayload(world, issue), review: { ...shape, state: shape.state.toLowerCase() } };
  world.emit({ repo: issue.repo, event: "pull_request_review", action, by: by.account, payload });
}

function tellReviewComment(world: World, by: Actor, comment: ReviewComment): void {
  const { issue } = comment.thread;
  const payload = { ...pullPayload(world, issue), comment: reviewCommentShape(world, comment) };
  world.emit({ repo: issue.repo, event: "pull_request_review_comment", action: "created", by: by.account, payload });
}
