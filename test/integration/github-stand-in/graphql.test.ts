import { describe, expect, it } from "vitest";
import { gitHub } from "../../support/github/index.ts";
import type { GitHub, GitHubOptions, Repository } from "../../support/github/types.ts";

type Json = { readonly [field: string]: unknown };
type Query = (query: string, variables?: Json) => Promise<Json>;

interface Site extends AsyncDisposable {
  readonly github: GitHub;
  readonly widgets: Repository;
  readonly query: Query;
}

function querying({ graphqlUrl, token }: GitHub, login: string): Query {
  const authorization = `bearer ${token(login)}`;
  return async (query, variables = {}) => {
    const body = JSON.stringify({ query, variables });
    const response = await fetch(graphqlUrl, { method: "POST", headers: { authorization }, body });
    return (await response.json()) as Json;
  };
}

/** bob's pull request of `work`, which changes line 5 of a.txt. */
async function site(options: GitHubOptions & { readonly draft?: boolean; readonly autoMerge?: boolean } = {}) {
  const github = await gitHub(options);
  const lines = "1\n2\n3\n4\n5\n6\n7\n8\n9\n";
  const widgets = await github.repository("acme/widgets", {
    files: { "a.txt": lines },
    allowAutoMerge: options.autoMerge ?? false,
  });
  await widgets.as("bob").push("work", { "a.txt": lines.replace("5", "five") });
  await widgets.as("bob").openPullRequest({ head: "work", title: "t", draft: options.draft ?? false });
  const at: Site = {
    github,
    widgets,
    query: querying(github, "bob"),
    [Symbol.asyncDispose]: () => github[Symbol.asyncDispose](),
  };
  return at;
}

const ID = `query { repository(owner: "acme", name: "widgets") { pullRequest(number: 1) { id } } }`;

async function pullId(query: Query): Promise<string> {
  const { data } = (await query(ID)) as { data: { repository: { pullRequest: { id: string } } } };
  return data.repository.pullRequest.id;
}

const THREADS = `query Threads($owner: String!, $name: String!, $number: Int!, $after: String) {
  repository(owner: $owner, name: $name) {
    pullRequest(number: $number) {
      reviewDecision
      reviewThreads(first: 1, after: $after) {
        pageInfo { hasNextPage endCursor }
        nodes {
          id isResolved isOutdated path line
          comments(first: 10) { totalCount nodes { databaseId body author { login __typename } } }
        }
      }
    }
  }
}`;

describe("a query", () => {
  it("fails for what GitHub's schema does not have, and for what was not declared or given", async () => {
    await using at = await site();
    const message = async (query: string, variables: Json = {}) => {
      const { errors } = (await at.query(query, variables)) as { errors?: readonly { message: string }[] };
      return errors?.[0]?.message;
    };
    const pull = (inner: string) =>
      `{ repository(owner: "acme", name: "widgets") { pullRequest(number: 1) { ${inner} } } }`;
    expect(await message(pull("nonsense"))).toBe("Field 'nonsense' doesn't exist on type 'PullRequest'");
    expect(await message(pull("author"))).toMatch(/must have selections/);
    expect(await message(pull("number { id }"))).toMatch(/can't be made on scalars/);
    expect(await message(pull("reviewThreads { totalCount }"))).toMatch(/`first` or `last`/);
    expect(await message(pull("reviewThreads(first: $n) { totalCount }"))).toMatch(/not declared/);
    expect(await message(`query ($n: Int!) ${pull("id")}`, { n: 1 })).toMatch(/not used/);
    expect(await message(`query ($n: String) ${pull("reviewThreads(first: $n) { totalCount }")}`)).toMatch(/mismatch/);
    expect(await message(`{ repository(owner: "acme") { id } }`)).toMatch(/missing required arguments: name/);
    expect(await message(`{ repository(owner: "acme", name: "gone") { id } }`)).toMatch(/Could not resolve/);
    expect(await message("{ viewer { login ")).toMatch(/^Expected/);
    expect(await message("mutation { closeTheShop { id } }")).toMatch(/doesn't exist on type 'Mutation'/);
  });

  it("tells a bot its whole login, and others the short one", async () => {
    await using at = await site();
    const bot = querying(at.github, at.github.app.login);
    expect(await bot("{ viewer { login } }")).toEqual({ data: { viewer: { login: "dispatch-app[bot]" } } });
  });

  it("pages through review threads, whose lines move with what is pushed, or are outdated", async () => {
    await using at = await site();
    const ada = at.widgets.as("ada");
    const comment = { path: "a.txt", side: "RIGHT" } as const;
    const comments = [5, 7].map((line) => ({ ...comment, line, body: `line ${line}` }));
    await ada.review(1, { event: "REQUEST_CHANGES", body: "no", comments });
    await at.widgets.as("bob").push("work", { "a.txt": "0\n1\n2\n3\n4\nfünf\n6\n7\n8\n9\n" });
    const variables = { owner: "acme", name: "widgets", number: 1 };
    expect(await at.query(THREADS, variables)).toMatchObject({
      data: {
        repository: {
          pullRequest: {
            reviewDecision: "CHANGES_REQUESTED",
            reviewThreads: {
              pageInfo: { hasNextPage: true },
              nodes: [
                { isOutdated: true, line: null, comments: { totalCount: 1, nodes: [{ author: { login: "ada" } }] } },
              ],
            },
          },
        },
      },
    });
    const after = Buffer.from("cursor:0").toString("base64");
    expect(await at.query(THREADS, { ...variables, after })).toMatchObject({
      data: {
        repository: {
          pullRequest: { reviewThreads: { pageInfo: { hasNextPage: false }, nodes: [{ isOutdated: false, line: 8 }] } },
        },
      },
    });
  });
});

describe("a mutation", () => {
  it("takes a pull request out of draft and back, for its author and who may write only", async () => {
    await using at = await site({ draft: true });
    const id = await pullId(at.query);
    const ready = `mutation ($id: ID!) { markPullRequestReadyForReview(input: { pullRequestId: $id }) { pullRequest { isDraft } } }`;
    expect(await querying(at.github, "eve")(ready, { id })).toMatchObject({ errors: [{ type: "FORBIDDEN" }] });
    expect((await at.widgets.pull(1)).draft).toBe(true);
    const back = `mutation D($input: ConvertPullRequestToDraftInput!) { convertPullRequestToDraft(input: $input) { pullRequest { isDraft } } }`;
    expect(await at.query(ready, { id })).toMatchObject({
      data: { markPullRequestReadyForReview: { pullRequest: { isDraft: false } } },
    });
    expect(await at.query(back, { input: { pullRequest: id } })).toMatchObject({ errors: [{}, {}] });
    expect(await at.query(back, { input: { pullRequestId: id } })).toMatchObject({
      data: { convertPullRequestToDraft: { pullRequest: { isDraft: true } } },
    });
    expect(at.github.deliveries.map(({ action }) => action)).toContain("ready_for_review");
  });

  it("answers and resolves a thread", async () => {
    await using at = await site();
    const comments = [{ path: "a.txt", line: 5, body: "why?" }];
    await at.widgets.as("ada").review(1, { event: "COMMENT", comments });
    const [thread] = await at.widgets.threads(1);
    const reply = `mutation ($id: ID!, $body: String!) {
      addPullRequestReviewThreadReply(input: { pullRequestReviewThreadId: $id, body: $body }) { comment { databaseId } }
    }`;
    await at.query(reply, { id: thread?.id, body: "because" });
    await at.query(`mutation ($id: ID!) { resolveReviewThread(input: { threadId: $id }) { thread { isResolved } } }`, {
      id: thread?.id,
    });
    expect(await at.widgets.threads(1)).toMatchObject([
      { resolved: true, resolvedBy: "bob", comments: [{ body: "why?" }, { body: "because", author: "bob" }] },
    ]);
  });

  it("merges by itself when checks are green, where that is allowed and something is missing", async () => {
    const enable = `mutation ($id: ID!) { enablePullRequestAutoMerge(input: { pullRequestId: $id, mergeMethod: SQUASH }) { pullRequest { number } } }`;
    {
      await using at = await site();
      expect(await at.query(enable, { id: await pullId(at.query) })).toMatchObject({
        errors: [{ message: "Pull request Auto merge is not allowed for this repository" }],
      });
    }
    await using at = await site({ autoMerge: true });
    const id = await pullId(at.query);
    expect(await at.query(enable, { id })).toMatchObject({ errors: [{ message: "Pull request is in clean status" }] });
    at.widgets.protect("main", { requiredChecks: ["ci"] });
    await at.query(enable, { id });
    expect(await at.widgets.pull(1)).toMatchObject({ merged: false, autoMerge: true });
    await at.widgets.as("ada").check((await at.widgets.pull(1)).head.sha, "ci", "success");
    expect(await at.widgets.pull(1)).toMatchObject({ merged: true, mergedBy: "bob" });
  });
});
