import { readNodeId } from "../shape/basics.ts";
import { may, requirePermission } from "../state/accounts.ts";
import { mergeableState } from "../state/merge.ts";
import type { Account, PullIssue, Thread, World } from "../state/model.ts";
import { setDraft } from "../state/pulls.ts";
import { Refusal, unprocessable } from "../state/refusal.ts";
import { reply, resolve } from "../state/reviews.ts";
import { isPull } from "../state/tell.ts";
import type { MergeMethod } from "../types.ts";
import { object, readArgs, type Args, type Context, type ObjectType } from "./define.ts";

type Input = Readonly<Record<string, unknown>>;

const inputOf = (args: Args): Input => args["input"] as Input;

const COMMON = "clientMutationId: String";

/** What a mutation takes: `type → fields`. */
export const INPUTS: ReadonlyMap<string, ReadonlyMap<string, string>> = new Map(
  Object.entries({
    MarkPullRequestReadyForReviewInput: `${COMMON}, pullRequestId: ID!`,
    ConvertPullRequestToDraftInput: `${COMMON}, pullRequestId: ID!`,
    ResolveReviewThreadInput: `${COMMON}, threadId: ID!`,
    UnresolveReviewThreadInput: `${COMMON}, threadId: ID!`,
    AddPullRequestReviewThreadReplyInput: `${COMMON}, body: String!, pullRequestReviewId: ID, pullRequestReviewThreadId: ID!`,
    EnablePullRequestAutoMergeInput: `authorEmail: String, ${COMMON}, commitBody: String, commitHeadline: String, expectedHeadOid: GitObjectID, mergeMethod: PullRequestMergeMethod, pullRequestId: ID!`,
    DisablePullRequestAutoMergeInput: `${COMMON}, pullRequestId: ID!`,
  }).map(([name, fields]) => [name, readArgs(fields)]),
);

function visible(world: World, account: Account): readonly PullIssue[] {
  const repos = [...world.repos.values()].filter((repo) => may(repo, account, "read"));
  return repos.flatMap(({ issues }) => issues).filter(isPull);
}

function nothing(id: unknown): Refusal {
  return new Refusal(404, `Could not resolve to a node with the global id of '${String(id)}'`);
}

function requirePull({ world, account }: Context, id: unknown): PullIssue {
  const pull = visible(world, account).find((one) => one.id === readNodeId(String(id))?.id);
  if (pull === undefined) throw nothing(id);
  return pull;
}

function requireThread({ world, account }: Context, id: unknown): Thread {
  const threads = visible(world, account).flatMap(({ pull }) => pull.threads);
  const thread = threads.find((one) => one.id === readNodeId(String(id))?.id);
  if (thread === undefined) throw nothing(id);
  return thread;
}

const actorOf = ({ account }: Context) => ({ account, via: "api" }) as const;

function draft(is: boolean) {
  return (_source: null, args: Args, context: Context): Input => {
    const input = inputOf(args);
    const pullRequest = requirePull(context, input["pullRequestId"]);
    if (pullRequest.state === "closed") throw unprocessable("Pull request is closed");
    setDraft(context.world, actorOf(context), pullRequest, is);
    return { ...input, pullRequest };
  };
}

function resolved(is: boolean) {
  return (_source: null, args: Args, context: Context): Input => {
    const input = inputOf(args);
    const thread = requireThread(context, input["threadId"]);
    resolve(actorOf(context), thread, is);
    return { ...input, thread };
  };
}

async function enableAutoMerge(_source: null, args: Args, context: Context): Promise<Input> {
  const input = inputOf(args);
  const pullRequest = requirePull(context, input["pullRequestId"]);
  const { repo, pull } = pullRequest;
  requirePermission(repo, context.account, "write");
  if (repo.options.allowAutoMerge !== true) {
    throw unprocessable("Pull request Auto merge is not allowed for this repository");
  }
  const expected = input["expectedHeadOid"] ?? pull.headSha;
  if (expected !== pull.headSha) throw unprocessable("Pull request head has been modified");
  const state = await mergeableState(pullRequest);
  if (state === "clean" || state === "draft") throw unprocessable(`Pull request is in ${state} status`);
  const method: MergeMethod = input["mergeMethod"] === "SQUASH" ? "squash" : "merge";
  pull.autoMerge = { by: actorOf(context), method };
  return { ...input, pullRequest, actor: context.account };
}

export const mutation = object<null>({
  "markPullRequestReadyForReview(input: MarkPullRequestReadyForReviewInput!): MarkPullRequestReadyForReviewPayload":
    draft(false),
  "convertPullRequestToDraft(input: ConvertPullRequestToDraftInput!): ConvertPullRequestToDraftPayload": draft(true),
  "resolveReviewThread(input: ResolveReviewThreadInput!): ResolveReviewThreadPayload": resolved(true),
  "unresolveReviewThread(input: UnresolveReviewThreadInput!): UnresolveReviewThreadPayload": resolved(false),
  "addPullRequestReviewThreadReply(input: AddPullRequestReviewThreadReplyInput!): AddPullRequestReviewThreadReplyPayload":
    (_, args, context): Input => {
      const input = inputOf(args);
      const thread = requireThread(context, input["pullRequestReviewThreadId"]);
      return { ...input, comment: reply(context.world, actorOf(context), thread, input["body"]) };
    },
  "enablePullRequestAutoMerge(input: EnablePullRequestAutoMergeInput!): EnablePullRequestAutoMergePayload":
    enableAutoMerge,
  "disablePullRequestAutoMerge(input: DisablePullRequestAutoMergeInput!): DisablePullRequestAutoMergePayload": (
    _,
    args,
    context,
  ): Input => {
    const input = inputOf(args);
    const pullRequest = requirePull(context, input["pullRequestId"]);
    pullRequest.pull.autoMerge = null;
    return { ...input, pullRequest, actor: context.account };
  },
});

const payload = (...lines: string[]): ObjectType =>
  object<Input>(
    Object.fromEntries(
      ["clientMutationId: String", ...lines].map((line) => [
        line,
        (one: Input) => one[line.split(":")[0] ?? ""] ?? null,
      ]),
    ),
  );

export const payloadTypes: readonly (readonly [string, ObjectType])[] = [
  ["MarkPullRequestReadyForReviewPayload", payload("pullRequest: PullRequest")],
  ["ConvertPullRequestToDraftPayload", payload("pullRequest: PullRequest")],
  ["ResolveReviewThreadPayload", payload("thread: PullRequestReviewThread")],
  ["UnresolveReviewThreadPayload", payload("thread: PullRequestReviewThread")],
  ["AddPullRequestReviewThreadReplyPayload", payload("comment: PullRequestReviewComment")],
  ["EnablePullRequestAutoMergePayload", payload("actor: Actor", "pullRequest: PullRequest")],
  ["DisablePullRequestAutoMergePayload", payload("actor: Actor", "pullRequest: PullRequest")],
];
