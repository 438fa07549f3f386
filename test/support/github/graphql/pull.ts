import { associationOf, nodeId, repoHtml } from "../shape/basics.ts";
import { latestRuns, latestStatuses, isGreen } from "../state/checks.ts";
import type { Account, PullIssue, Repo } from "../state/model.ts";
import { askMergeability, commitsOf } from "../state/pulls.ts";
import { decisionOf } from "../state/reviews.ts";
import { labelsShape } from "../shape/issue.ts";
import { connection, object, PAGE, pageOf, type ObjectType } from "./define.ts";

interface CommitOf {
  readonly repo: Repo;
  readonly sha: string;
}

export const commit = (repo: Repo, sha: string): CommitOf => ({ repo, sha });

/** PENDING while anything is, else the worst. */
function rollup({ repo, sha }: CommitOf): { readonly state: string } | null {
  const runs = latestRuns(repo, sha);
  const statuses = latestStatuses(repo, sha);
  const names = [...runs.map(({ name }) => name), ...statuses.map(({ context }) => context)];
  if (names.length === 0) return null;
  const isPending =
    runs.some(({ status }) => status !== "completed") || statuses.some(({ state }) => state === "pending");
  if (isPending) return { state: "PENDING" };
  return { state: names.every((name) => isGreen(repo, sha, name)) ? "SUCCESS" : "FAILURE" };
}

const pullRequest = object<PullIssue>({
  "id: ID!": ({ id }) => nodeId("PR", id),
  "fullDatabaseId: BigInt": ({ pull }) => String(pull.id),
  "number: Int!": ({ number }) => number,
  "title: String!": ({ title }) => title,
  "body: String!": ({ body }) => body,
  "url: URI!": ({ repo, number }, _, { world }) => `${repoHtml(world, repo)}/pull/${number}`,
  "state: PullRequestState!": ({ state, pull }) => (pull.merged === null ? state.toUpperCase() : "MERGED"),
  "closed: Boolean!": ({ state }) => state === "closed",
  "merged: Boolean!": ({ pull }) => pull.merged !== null,
  "mergedAt: DateTime": ({ pull }) => pull.merged?.at ?? null,
  "mergedBy: Actor": ({ pull }) => pull.merged?.by ?? null,
  "mergeCommit: Commit": ({ repo, pull }) => (pull.merged === null ? null : commit(repo, pull.merged.commit)),
  "isDraft: Boolean!": ({ pull }) => pull.draft,
  "isCrossRepository: Boolean!": ({ repo, pull }) => repo !== pull.headRepo,
  "headRefName: String!": ({ pull }) => pull.headRef,
  "headRefOid: GitObjectID!": ({ pull }) => pull.headSha,
  "headRepository: Repository": ({ pull }) => pull.headRepo,
  "baseRefName: String!": ({ pull }) => pull.baseRef,
  "baseRefOid: GitObjectID!": ({ pull }) => pull.baseSha,
  "mergeable: MergeableState!": async (issue) => {
    const { mergeable } = await askMergeability(issue);
    return mergeable === null ? "UNKNOWN" : mergeable ? "MERGEABLE" : "CONFLICTING";
  },
  "mergeStateStatus: MergeStateStatus!": async (issue) => (await askMergeability(issue)).state.toUpperCase(),
  "reviewDecision: PullRequestReviewDecision": decisionOf,
  "author: Actor": ({ by }) => by.account,
  "authorAssociation: CommentAuthorAssociation!": ({ repo, by }) => associationOf(repo, by.account),
  "createdAt: DateTime!": ({ createdAt }) => createdAt,
  "updatedAt: DateTime!": ({ updatedAt }) => updatedAt,
  "closedAt: DateTime": ({ closedAt }) => closedAt,
  "viewerDidAuthor: Boolean!": ({ by }, _, { account }) => by.account === account,
  "autoMergeRequest: AutoMergeRequest": ({ pull }) => pull.autoMerge,
  [`labels(${PAGE}): LabelConnection`]: (issue, args, { world }) => pageOf(labelsShape(world, issue), args),
  [`comments(${PAGE}): IssueCommentConnection!`]: ({ comments }, args) => pageOf(comments, args),
  [`reviews(${PAGE}, author: String): PullRequestReviewConnection`]: ({ pull }, args) => pageOf(pull.reviews, args),
  [`reviewThreads(${PAGE}): PullRequestReviewThreadConnection!`]: ({ pull }, args) => pageOf(pull.threads, args),
  [`reviewRequests(${PAGE}): ReviewRequestConnection`]: ({ pull }, args) =>
    pageOf(
      pull.requested.map((account) => ({ account })),
      args,
    ),
  [`commits(${PAGE}): PullRequestCommitConnection!`]: async (issue, args) =>
    pageOf(
      (await commitsOf(issue)).map((sha) => ({ commit: commit(issue.repo, sha) })),
      args,
    ),
});

export const pullTypes: readonly (readonly [string, ObjectType])[] = [
  ["PullRequest", pullRequest],
  [
    "AutoMergeRequest",
    object<NonNullable<PullIssue["pull"]["autoMerge"]>>({
      "enabledBy: Actor": ({ by }) => by.account,
      "mergeMethod: PullRequestMergeMethod!": ({ method }) => method.toUpperCase(),
    }),
  ],
  [
    "Commit",
    object<CommitOf>({
      "oid: GitObjectID!": ({ sha }) => sha,
      "statusCheckRollup: StatusCheckRollup": rollup,
    }),
  ],
  ["StatusCheckRollup", object<{ state: string }>({ "state: StatusState!": ({ state }) => state })],
  ["PullRequestCommit", object<{ commit: CommitOf }>({ "commit: Commit!": (one) => one.commit })],
  ["ReviewRequest", object<{ account: Account }>({ "requestedReviewer: RequestedReviewer": ({ account }) => account })],
  [
    "Label",
    object<{ node_id: string; name: string; color: string }>({
      "id: ID!": (label) => label.node_id,
      "name: String!": ({ name }) => name,
      "color: String!": ({ color }) => color,
    }),
  ],
  ...connection("PullRequest"),
  ...connection("PullRequestCommit"),
  ...connection("ReviewRequest"),
  ...connection("Label"),
];
