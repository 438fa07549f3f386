import { type GitHub, ONCE } from "./client.ts";
import { statusOf } from "./errors.ts";
import type { People } from "./people.ts";
import { Threads } from "./schema.ts";
import { fetchReviews } from "./reviews.ts";
import { formatPost, parsePost } from "./text.ts";

const QUERY = `query ($owner: String!, $repo: String!, $number: Int!, $after: String) {
  repository(owner: $owner, name: $repo) {
    pullRequest(number: $number) {
      reviewThreads(first: 50, after: $after) {
        pageInfo { hasNextPage endCursor }
        nodes {
          id
          isResolved
          comments(first: 100) { nodes { databaseId body author { login } } }
        }
      }
    }
  }
}`;

const RESOLVE = "mutation ($id: ID!) { resolveReviewThread(input: {threadId: $id}) { clientMutationId } }";

/**
 * Every open thread of a person is told which commit answers it, once, and left to them to resolve; threads of ours about
 * what is gone are resolved. Whoever asked for changes is asked to look again.
 */
export async function answerThreads(
  github: GitHub,
  people: People,
  { number, task }: { readonly number: number; readonly task: string },
  head: string,
): Promise<void> {
  const { rest, slug, graphql } = github;
  // GraphQL calls a bot by its name alone.
  const ours = (await github.fetchOwn()).map((login) => login.replace(/\[bot\]$/, ""));
  for (const { id, isResolved, comments } of await fetchThreads(github, number)) {
    const [first] = comments.nodes;
    if (isResolved || first === undefined) continue;
    if (ours.includes(first.author?.login ?? "")) {
      const { marker } = parsePost(first.body);
      // With a person's token their own words are nobody's to resolve but theirs.
      if (marker?.kind === "finding" && marker["head"] !== head) await graphql(RESOLVE, { id });
      if (marker !== null) continue;
    }
    const isAnswered = comments.nodes.some(
      ({ author, body }) => ours.includes(author?.login ?? "") && parsePost(body).marker?.["head"] === head,
    );
    // Of strangers there may be any number.
    if (isAnswered || first.databaseId === null || !(await people.mayWrite(first.author?.login ?? ""))) continue;
    const body = formatPost({ kind: "review", task, head }, `Changed in ${head}.`);
    await rest.pulls.createReplyForReviewComment({
      ...{ ...slug, pull_number: number, comment_id: first.databaseId, body },
      ...ONCE,
    });
  }
  await askAgain(github, people, number, ours);
}

async function fetchThreads(github: GitHub, number: number): Promise<readonly Threads["nodes"][number][]> {
  const found = [];
  for (let after: string | null = null; ;) {
    const { pageInfo, nodes } = Threads.parse(await github.graphql(QUERY, { ...github.slug, number, after }));
    found.push(...nodes);
    if (!pageInfo.hasNextPage) return found;
    after = pageInfo.endCursor;
  }
}

async function askAgain(github: GitHub, people: People, number: number, ours: readonly string[]): Promise<void> {
  const last = new Map<string, string>();
  for (const { login, state } of await fetchReviews(github, number))
    if (state !== "COMMENTED" && state !== "PENDING") last.set(login, state);
  const reviewers: string[] = [];
  for (const [login, state] of last)
    if (state === "CHANGES_REQUESTED" && !ours.includes(login) && (await people.mayWrite(login))) reviewers.push(login);
  if (reviewers.length === 0) return;
  try {
    await github.rest.pulls.requestReviewers({ ...github.slug, pull_number: number, reviewers });
  } catch (error) {
    // Who wrote it cannot be asked; the thread tells them.
    if (statusOf(error) !== 422) throw error;
  }
}
