import { associationOf, nodeId, repoHtml } from "../shape/basics.ts";
import { may } from "../state/accounts.ts";
import type { Comment, Repo, Review, ReviewComment, Thread, Written } from "../state/model.ts";
import { connection, object, PAGE, pageOf, type ObjectType } from "./define.ts";
import { commit } from "./pull.ts";

/** What everything that somebody wrote can be asked for. */
function written(kind: string, repoOf: (one: never) => Repo): ObjectType {
  return object<Written>({
    "id: ID!": ({ id }) => nodeId(kind, id),
    "databaseId: Int": ({ id }) => id,
    "fullDatabaseId: BigInt": ({ id }) => String(id),
    "author: Actor": ({ by }) => by.account,
    "authorAssociation: CommentAuthorAssociation!": (one) => associationOf(repoOf(one as never), one.by.account),
    "body: String!": ({ body }) => body,
    "createdAt: DateTime!": ({ createdAt }) => createdAt,
    "updatedAt: DateTime!": ({ updatedAt }) => updatedAt,
    "viewerDidAuthor: Boolean!": ({ by }, _, { account }) => by.account === account,
  });
}

const both = (...types: readonly ObjectType[]): ObjectType => new Map(types.flatMap((type) => [...type]));

const thread = object<Thread>({
  "id: ID!": ({ id }) => nodeId("PRRT", id),
  "isResolved: Boolean!": ({ resolvedBy }) => resolvedBy !== null,
  "resolvedBy: User": ({ resolvedBy }) => resolvedBy,
  "isOutdated: Boolean!": ({ line }) => line === null,
  "isCollapsed: Boolean!": ({ resolvedBy }) => resolvedBy !== null,
  "path: String!": ({ path }) => path,
  "line: Int": ({ line }) => line,
  "originalLine: Int": ({ originalLine }) => originalLine,
  "startLine: Int": ({ line, startLine }) => (line === null ? null : startLine),
  "diffSide: DiffSide!": ({ side }) => side,
  "subjectType: PullRequestReviewThreadSubjectType!": () => "LINE",
  "pullRequest: PullRequest!": ({ issue }) => issue,
  "viewerCanReply: Boolean!": () => true,
  "viewerCanResolve: Boolean!": ({ issue }, _, { account }) => may(issue.repo, account, "write"),
  [`comments(${PAGE}): PullRequestReviewCommentConnection!`]: ({ comments }, args) => pageOf(comments, args),
});

const reviewComment = object<ReviewComment>({
  "url: URI!": ({ thread: { issue }, id }, _, { world }) =>
    `${repoHtml(world, issue.repo)}/pull/${issue.number}#discussion_r${id}`,
  "path: String!": (one) => one.thread.path,
  "line: Int": (one) => one.thread.line,
  "originalLine: Int": (one) => one.thread.originalLine,
  "outdated: Boolean!": (one) => one.thread.line === null,
  "diffHunk: String!": (one) => one.thread.hunk,
  "state: PullRequestReviewCommentState!": () => "SUBMITTED",
  "originalCommit: Commit": (one) => commit(one.thread.issue.repo, one.thread.originalCommit),
  "pullRequestReview: PullRequestReview": ({ review }) => review,
  "replyTo: PullRequestReviewComment": (one) => (one.thread.comments[0] === one ? null : one.thread.comments[0]),
});

const review = object<Review>({
  "state: PullRequestReviewState!": ({ state }) => state,
  "submittedAt: DateTime": ({ submittedAt }) => submittedAt,
  "commit: Commit": ({ issue, commit: sha }) => commit(issue.repo, sha),
});

const issueComment = object<Comment>({
  "url: URI!": ({ issue: { repo, number, pull }, id }, _, { world }) =>
    `${repoHtml(world, repo)}/${pull === null ? "issues" : "pull"}/${number}#issuecomment-${id}`,
  "isMinimized: Boolean!": () => false,
});

export const conversationTypes: readonly (readonly [string, ObjectType])[] = [
  ["PullRequestReviewThread", thread],
  [
    "PullRequestReviewComment",
    both(
      written("PRRC", (one: ReviewComment) => one.thread.issue.repo),
      reviewComment,
    ),
  ],
  [
    "PullRequestReview",
    both(
      written("PRR", ({ issue }: Review) => issue.repo),
      review,
    ),
  ],
  [
    "IssueComment",
    both(
      written("IC", ({ issue }: Comment) => issue.repo),
      issueComment,
    ),
  ],
  ...connection("PullRequestReviewThread"),
  ...connection("PullRequestReviewComment"),
  ...connection("PullRequestReview"),
  ...connection("IssueComment"),
];
