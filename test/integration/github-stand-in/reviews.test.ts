import { describe, expect, it } from "vitest";
import { gitHub } from "../../support/github/index.ts";
import type { GitHub, Repository } from "../../support/github/types.ts";
import { asking, items, type Ask } from "./client.ts";

const REPO = "/repos/acme/widgets";
const PULL = `${REPO}/pulls/1`;

interface Site extends AsyncDisposable {
  readonly github: GitHub;
  readonly widgets: Repository;
  readonly head: string;
  readonly ada: Ask;
  readonly bob: Ask;
  readonly bot: Ask;
}

/** bob's pull request, which changes line 5 of nine. */
async function site(options: { readonly actionsMayOpenPullRequests?: boolean } = {}): Promise<Site> {
  const github = await gitHub();
  const lines = "1\n2\n3\n4\n5\n6\n7\n8\n9\n10\n11\n12\n";
  const widgets = await github.repository("acme/widgets", { files: { "a.txt": lines }, ...options });
  const head = await widgets.as("bob").push("work", { "a.txt": lines.replace("5", "five") });
  await widgets.as("bob").openPullRequest({ head: "work", title: "t" });
  const as = (login: string) => asking(github, login);
  const asks = { ada: as("ada"), bob: as("bob"), bot: as(github.app.login) };
  return { github, widgets, head, ...asks, [Symbol.asyncDispose]: () => github[Symbol.asyncDispose]() };
}

describe("a review", () => {
  it("is no verdict on one's own pull request, and has to say something", async () => {
    await using at = await site();
    expect(await at.bob(`POST ${PULL}/reviews`, { event: "APPROVE" })).toMatchObject({
      status: 422,
      body: { errors: ["Review Can not approve your own pull request"] },
    });
    expect(await at.bob(`POST ${PULL}/reviews`, { event: "REQUEST_CHANGES", body: "x" })).toMatchObject({
      status: 422,
    });
    expect(await at.ada(`POST ${PULL}/reviews`, { event: "COMMENT" })).toMatchObject({ status: 422 });
    expect(await at.ada(`POST ${PULL}/reviews`, { event: "APPROVE", commit_id: "0".repeat(40) })).toMatchObject({
      status: 422,
    });
    expect(await at.widgets.reviews(1)).toEqual([]);
  });

  it("takes comments on lines that the diff shows, on either side, all or none", async () => {
    await using at = await site();
    const review = async (comment: object) =>
      at.ada(`POST ${PULL}/reviews`, {
        event: "COMMENT",
        body: "b",
        comments: [{ path: "a.txt", body: "c", ...comment }],
      });
    expect(await review({ line: 12 })).toMatchObject({ status: 422, body: { errors: ["Line could not be resolved"] } });
    expect(await review({ line: 5, path: "b.txt" })).toMatchObject({ status: 422 });
    expect(await review({ position: 1 })).toMatchObject({ status: 422 });
    expect(await at.widgets.reviews(1)).toEqual([]);
    expect(await review({ line: 5, side: "LEFT" })).toMatchObject({ status: 200, body: { state: "COMMENTED" } });
    expect(await review({ line: 6, start_line: 5 })).toMatchObject({ status: 200 });
    const comments = items(await at.ada(`GET ${PULL}/comments`));
    expect(comments).toMatchObject([
      { path: "a.txt", line: 5, side: "LEFT", commit_id: at.head, user: { login: "ada" } },
      { line: 6, start_line: 5, start_side: "RIGHT" },
    ]);
    expect(comments[0]?.["diff_hunk"]).toBe("@@ -2,7 +2,7 @@\n 2\n 3\n 4\n-5");
    const [{ id } = { id: 0 }] = await at.widgets.reviews(1);
    const [old] = items(await at.ada(`GET ${PULL}/reviews/${id}/comments`));
    expect(old).toMatchObject({ body: "c", position: 4, original_position: 4 });
    expect(old).not.toHaveProperty("line");
  });

  it("is answered under its comments, and keeps where they were", async () => {
    await using at = await site();
    const one = { path: "a.txt", line: 5, body: "c", commit_id: at.head };
    const { body: first } = await at.ada(`POST ${PULL}/comments`, one);
    const line = `POST ${PULL}/comments/${String(first["id"])}/replies`;
    expect(await at.bot(line, { body: "done" })).toMatchObject({
      status: 201,
      body: { in_reply_to_id: first["id"], user: { login: "dispatch-app[bot]", type: "Bot" } },
    });
    await at.widgets.as("bob").push("work", { "a.txt": "other\n" });
    expect(items(await at.ada(`GET ${PULL}/comments`))).toMatchObject([
      { line: null, original_line: 5, original_commit_id: at.head },
      { line: null, in_reply_to_id: first["id"] },
    ]);
    expect(await at.widgets.threads(1)).toMatchObject([{ outdated: true, comments: [{}, { body: "done" }] }]);
  });

  it("counts when its author may write; the last word of each does, until it is dismissed", async () => {
    await using at = await site();
    const decision = async () => (await at.widgets.pull(1)).reviewDecision;
    await at.widgets.as("eve").review(1, { event: "APPROVE" });
    expect(await decision()).toBeNull();
    const { body } = await at.ada(`POST ${PULL}/reviews`, { event: "REQUEST_CHANGES", body: "no" });
    await at.widgets.as("ada").review(1, { event: "COMMENT", body: "hm" });
    expect(await decision()).toBe("CHANGES_REQUESTED");
    const dismissal = `PUT ${PULL}/reviews/${String(body["id"])}/dismissals`;
    expect(await at.bob(dismissal, { message: "m" })).toMatchObject({ body: { state: "DISMISSED" } });
    expect(await decision()).toBeNull();
    await at.widgets.as("ada").review(1, { event: "APPROVE" });
    expect(await decision()).toBe("APPROVED");
  });

  it("is asked for of collaborators only, and of others than the author", async () => {
    await using at = await site();
    const ask = async (...reviewers: string[]) => at.bot(`POST ${PULL}/requested_reviewers`, { reviewers });
    expect(await ask("bob")).toMatchObject({ status: 422 });
    expect(await ask("eve")).toMatchObject({ status: 422 });
    expect(await ask("ada")).toMatchObject({ status: 201, body: { requested_reviewers: [{ login: "ada" }] } });
    await at.widgets.as("ada").review(1, { event: "COMMENT", body: "seen" });
    expect((await at.widgets.pull(1)).requestedReviewers).toEqual([]);
  });

  it("is refused to GITHUB_TOKEN, and so is opening, where the organisation says so", async () => {
    await using at = await site({ actionsMayOpenPullRequests: false });
    const actions = asking(at.github, at.github.actionsLogin);
    expect(await actions(`POST ${PULL}/reviews`, { event: "APPROVE" })).toMatchObject({ status: 422 });
    await at.widgets.as("bob").push("more", { b: "b\n" });
    const pull = { title: "t", head: "more", base: "main" };
    expect(await actions(`POST ${REPO}/pulls`, pull)).toMatchObject({
      status: 403,
      body: { message: "GitHub Actions is not permitted to create or approve pull requests." },
    });
  });
});

describe("checks", () => {
  it("are made by Apps and GITHUB_TOKEN alone, completed by a conclusion, and annotated 50 at a time", async () => {
    await using at = await site();
    const run = { name: "dispatch/review", head_sha: at.head, status: "in_progress", external_id: "x" };
    expect(await at.bob(`POST ${REPO}/check-runs`, run)).toMatchObject({ status: 403 });
    expect(await at.bot(`POST ${REPO}/check-runs`, { ...run, head_sha: "0".repeat(40) })).toMatchObject({
      status: 422,
    });
    const { body } = await at.bot(`POST ${REPO}/check-runs`, run);
    const path = `${REPO}/check-runs/${String(body["id"])}`;
    const note = { path: "a.txt", start_line: 5, end_line: 5, annotation_level: "failure", message: "m" };
    const output = (count: number) => ({
      title: "t",
      summary: "s",
      annotations: Array.from({ length: count }, () => note),
    });
    expect(await at.bot(`PATCH ${path}`, { output: output(51) })).toMatchObject({ status: 422 });
    expect(await at.bot(`PATCH ${path}`, { status: "completed" })).toMatchObject({ status: 422 });
    await at.bot(`PATCH ${path}`, { output: output(50) });
    expect(await at.bot(`PATCH ${path}`, { conclusion: "failure", output: output(2) })).toMatchObject({
      status: 200,
      body: { status: "completed", conclusion: "failure", output: { annotations_count: 52 } },
    });
    expect(items(await at.bot(`GET ${path}/annotations?per_page=100`))).toHaveLength(52);
    const actions = asking(at.github, at.github.actionsLogin);
    expect(await actions(`PATCH ${path}`, { conclusion: "success" })).toMatchObject({ status: 403 });

    const list = async (sha: string) =>
      (await at.bob(`GET ${REPO}/commits/${sha}/check-runs?check_name=dispatch/review`)).body;
    expect(await list(at.head)).toMatchObject({ total_count: 1, check_runs: [{ external_id: "x" }] });
    const next = await at.widgets.as("bob").push("work", { b: "b\n" });
    expect(await list(next)).toMatchObject({ total_count: 0 });
  });

  it("are statuses for people's tokens: the newest of each context, the worst of all", async () => {
    await using at = await site();
    const say = async (context: string, state: string) =>
      at.bob(`POST ${REPO}/statuses/${at.head}`, { context, state, description: "d" });
    const combined = async () => (await at.ada(`GET ${REPO}/commits/work/status`)).body;
    expect(await combined()).toMatchObject({ state: "pending", total_count: 0 });
    expect(await say("a", "pending")).toMatchObject({ status: 201 });
    await say("a", "success");
    expect(await combined()).toMatchObject({ state: "success", statuses: [{ context: "a" }] });
    await say("b", "failure");
    expect(await combined()).toMatchObject({ state: "failure", total_count: 2 });
    const long = { state: "success", description: "x".repeat(141) };
    expect(await at.bob(`POST ${REPO}/statuses/${at.head}`, long)).toMatchObject({ status: 422 });
    expect(await asking(at.github, "eve")(`POST ${REPO}/statuses/${at.head}`, { state: "success" })).toMatchObject({
      status: 403,
    });
  });
});
