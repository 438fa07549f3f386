import { nodeId, readNodeId, repoHtml } from "../shape/basics.ts";
import { may, permissionOf } from "../state/accounts.ts";
import type { Account, Issue, Repo, World } from "../state/model.ts";
import { Refusal } from "../state/refusal.ts";
import { findPull } from "../state/pulls.ts";
import { findIssue } from "../state/issues.ts";
import { isPull } from "../state/tell.ts";
import { rateOf } from "../http/limits.ts";
import { conversationTypes } from "./conversation.ts";
import { object, PAGE, pageInfo, pageOf, type Args, type Context, type ObjectType } from "./define.ts";
import { INPUTS, mutation, payloadTypes } from "./mutations.ts";
import { pullTypes } from "./pull.ts";

/** A part of GitHub's schema, line by line as it is there. */

type Asked = Account & { readonly isViewer?: true };

const actor = {
  // Of a bot GraphQL leaves out what REST puts behind it; but whoever asks for themselves is told all of it.
  "login: String!": ({ login, isViewer }: Asked) => (isViewer === true ? login : login.replace("[bot]", "")),
  "url: URI!": ({ login }: Asked, _args: Args, { world }: Context) => `${world.url}/${login}`,
};

const user = object<Asked>({ ...actor, "id: ID!": ({ id }) => nodeId("U", id), "databaseId: Int": ({ id }) => id });

const query = object<null>({
  "viewer: User!": (_source, _args, { account }): Asked => ({ ...account, isViewer: true }),
  "rateLimit(dryRun: Boolean): RateLimit": (_source, _args, { world, account }) => rateOf(world, account.login),
  "repository(followRenames: Boolean, name: String!, owner: String!): Repository": (
    _,
    { owner, name },
    { world, account },
  ) => {
    const full = `${String(owner)}/${String(name)}`;
    const repo = world.repos.get(full.toLowerCase());
    if (repo !== undefined && may(repo, account, "read")) return repo;
    throw new Refusal(404, `Could not resolve to a Repository with the name '${full}'.`);
  },
  "node(id: ID!): Node": (_, { id }, { world, account }) => findNode(world, account, String(id)),
});

export interface Found {
  readonly typename: string;
  readonly source: unknown;
}

/** Anything that has an id which REST or GraphQL gave away. */
function findNode(world: World, account: Account, id: string): Found {
  const { kind, id: wanted } = readNodeId(id) ?? { kind: "", id: 0 };
  const issues = [...world.repos.values()].filter((repo) => may(repo, account, "read")).flatMap((repo) => repo.issues);
  const is = (one: { readonly id: number }): boolean => one.id === wanted;
  const found: Readonly<Record<string, () => unknown>> = {
    PR: () => issues.filter(isPull).find(is),
    I: () => issues.find(is),
    IC: () => issues.flatMap(({ comments }) => comments).find(is),
    PRR: () => issues.flatMap(({ pull }) => pull?.reviews ?? []).find(is),
    PRRT: () => issues.flatMap(({ pull }) => pull?.threads ?? []).find(is),
    PRRC: () =>
      issues
        .flatMap(({ pull }) => pull?.threads ?? [])
        .flatMap(({ comments }) => comments)
        .find(is),
    R: () => [...world.repos.values()].find(is),
    U: () => [...world.accounts.values()].find(is),
  };
  const source = found[kind]?.();
  if (source === undefined) throw new Refusal(404, `Could not resolve to a node with the global id of '${id}'`);
  return { typename: KINDS[kind] ?? "", source };
}

const KINDS: Readonly<Record<string, string>> = {
  PR: "PullRequest",
  I: "Issue",
  IC: "IssueComment",
  PRR: "PullRequestReview",
  PRRT: "PullRequestReviewThread",
  PRRC: "PullRequestReviewComment",
  R: "Repository",
  U: "User",
};

const repository = object<Repo>({
  "id: ID!": ({ id }) => nodeId("R", id),
  "databaseId: Int": ({ id }) => id,
  "name: String!": ({ name }) => name,
  "nameWithOwner: String!": ({ fullName }) => fullName,
  "url: URI!": (repo, _, { world }) => repoHtml(world, repo),
  "isPrivate: Boolean!": ({ options }) => options.private === true,
  "isFork: Boolean!": ({ forkOf }) => forkOf !== null,
  "autoMergeAllowed: Boolean!": ({ options }) => options.allowAutoMerge === true,
  "viewerPermission: RepositoryPermission": (repo, _, { account }) => permissionOf(repo, account).toUpperCase(),
  "pullRequest(number: Int!): PullRequest": (repo, { number }) => findPull(repo, Number(number)),
  [`pullRequests(${PAGE}, baseRefName: String, headRefName: String, states: [PullRequestState!]): PullRequestConnection!`]:
    (repo, args) => pageOf(pullRequests(repo, args), args),
  "issue(number: Int!): Issue": (repo, { number }) => findIssue(repo, Number(number)),
});

function pullRequests({ issues }: Repo, { baseRefName, headRefName, states }: Readonly<Record<string, unknown>>) {
  const stateOf = ({ state, pull }: Issue): string => (pull?.merged == null ? state.toUpperCase() : "MERGED");
  return issues
    .filter(isPull)
    .filter(
      ({ pull }) => (headRefName ?? pull.headRef) === pull.headRef && (baseRefName ?? pull.baseRef) === pull.baseRef,
    )
    .filter((issue) => !Array.isArray(states) || states.includes(stateOf(issue)));
}

const issue = object<Issue>({
  "id: ID!": ({ id }) => nodeId("I", id),
  "number: Int!": ({ number }) => number,
  "title: String!": ({ title }) => title,
  "body: String!": ({ body }) => body,
  "state: IssueState!": ({ state }) => state.toUpperCase(),
  "author: Actor": ({ by }) => by.account,
  [`comments(${PAGE}): IssueCommentConnection!`]: ({ comments }, args) => pageOf(comments, args),
});

const rateLimit = object<ReturnType<typeof rateOf>>({
  "limit: Int!": ({ limit }) => limit,
  "cost: Int!": () => 1,
  "remaining: Int!": ({ remaining }) => remaining,
  "used: Int!": ({ used }) => used,
  "resetAt: DateTime!": ({ reset }) => new Date(reset * 1000).toISOString(),
});

export const TYPES: ReadonlyMap<string, ObjectType> = new Map<string, ObjectType>([
  ["Query", query],
  ["Mutation", mutation],
  ["User", user],
  ["Bot", user],
  ["Actor", object<Asked>(actor)],
  ["Node", object<never>({ "id: ID!": () => null })],
  ["RequestedReviewer", new Map()],
  ["Repository", repository],
  ["Issue", issue],
  ["RateLimit", rateLimit],
  ["PageInfo", pageInfo],
  ...pullTypes,
  ...conversationTypes,
  ...payloadTypes,
]);

export { INPUTS };

/** What a value of an abstract type is; null where the type is one already. */
export function concrete(type: string, value: unknown): Found | null {
  if (type === "Node") return value as Found;
  if (type !== "Actor" && type !== "RequestedReviewer") return null;
  const account = value as Account;
  return { typename: account.kind === "user" ? "User" : "Bot", source: account };
}

export const ABSTRACT: Readonly<Record<string, readonly string[]>> = {
  Actor: ["User", "Bot"],
  RequestedReviewer: ["User", "Bot"],
  Node: Object.values(KINDS),
};
