import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { PullRequestDraft, PullRequestVerdict } from "../../../src/ports/forge.ts";
import { caught } from "../../support/caught.ts";
import { aFinding } from "../../support/domain-data.ts";
import { gitHubWorld, type GitHubWorld } from "../../support/github-world.ts";

let world: GitHubWorld;
beforeEach(async () => {
  world = await gitHubWorld();
});
afterEach(async () => {
  expect(await world.hub.violations()).toEqual([]);
  await world[Symbol.asyncDispose]();
});

async function draft(): Promise<PullRequestDraft> {
  const branch = "dispatch/a--work";
  const head = await world.commit(branch, { "A.txt": "new\n" });
  return { task: "A", title: "Do A", body: "Why", branch, base: "main", head, draft: false };
}

const verdictOn = (head: string): PullRequestVerdict => ({
  ...{ task: "A", head, outcome: "action_required", sentence: "Not agreed." },
  findings: [aFinding("here", { path: "A.txt", line: 1 }), aFinding("elsewhere", { path: "a.txt", line: 400 })],
});

const WAYS = [
  ["an answer that was lost after the effect", { afterEffect: true, status: 502 }],
  ["a connection cut after the effect", { afterEffect: true, drop: true }],
  ["an error before the effect", { status: 502 }],
  ["a connection cut before the effect", { drop: true }],
] as const;

describe.each(WAYS)("%s", (_, fault) => {
  it("opens one pull request all the same", async () => {
    const rule = world.hub.fail({ method: "POST", path: /\/pulls$/, ...fault });
    const opened = await world.forge.ensurePullRequest(await draft());
    expect(rule.hits).toBe(1);
    expect(await world.repo.pulls()).toHaveLength(1);
    expect(opened).toMatchObject({ number: 1, state: "open" });
  });

  it("says everything once", async () => {
    const { number, head } = await world.forge.ensurePullRequest(await draft());
    const rules = [/\/comments$/, /\/reviews$/, /\/statuses\//, /\/labels$/].map((path) =>
      world.hub.fail({ method: path.source.includes("labels") ? "PUT" : "POST", path, ...fault }),
    );
    await world.forge.showVerdict(null, verdictOn(head)).catch(() => undefined);
    await world.forge.showVerdict(null, verdictOn(head));
    await world.forge.showVerdict(number, verdictOn(head));
    await world.forge.showVerdict(number, verdictOn(head));
    await world.forge.showState("A", number, "needs-human").catch(() => undefined);
    await world.forge.showState("A", number, "needs-human");
    await world.forge.ensureComment(number, "k", "words", "ada");
    expect(rules.map(({ hits }) => hits)).toEqual([1, 1, 1, 1]);
    const said = (await world.repo.comments(number)).map(({ body }) => body.replaceAll(/<!--.*?-->/gs, "").trim());
    expect(said).toEqual([expect.stringMatching(/^Not agreed\.\n\nTo let its coder go on: /), "words"]);
    expect(await world.repo.reviews(number)).toHaveLength(1);
    expect(await world.repo.threads(number)).toHaveLength(1);
    expect(await world.repo.statuses(head)).toMatchObject([{ context: "dispatch/review", state: "failure" }]);
    expect((await world.repo.pull(number)).labels).toEqual(["dispatch:needs-human"]);
  });

  it("makes one check run of a token that belongs to an App, with all that is left open", async () => {
    const { number, head } = await world.forge.ensurePullRequest(await draft());
    const bot = await world.forgeOf(world.hub.actionsLogin);
    const findings = Array.from({ length: 60 }, (_at, at) => aFinding(`finding ${at}`, { path: "A.txt", line: 1 }));
    world.hub.fail({ method: "POST", path: /\/check-runs$/, ...fault });
    await bot.showVerdict(null, { ...verdictOn(head), findings });
    await bot.showVerdict(null, { ...verdictOn(head), findings });
    const [run, ...more] = await world.repo.checkRuns(head);
    expect(more).toEqual([]);
    expect(run).toMatchObject({ name: "dispatch/review", status: "completed", conclusion: "action_required" });
    expect(run?.annotations).toHaveLength(60);
    expect(number).toBe(1);
  });

  it("merges once, and knows it", async () => {
    const { number, head } = await world.forge.ensurePullRequest(await draft());
    world.hub.fail({ method: "PUT", path: /\/merge$/, ...fault });
    const merged = await world.forge.merge(number, head, "ada").catch(() => null);
    expect(await world.forge.merge(number, head, "ada")).toMatchObject({ state: "merged" });
    if ("afterEffect" in fault) expect(merged).toMatchObject({ state: "merged" });
  });
});

it("writes nothing more while GitHub takes nothing more, and says until when", async () => {
  const wanted = await draft();
  world.hub.fail({ method: "POST", path: /\/pulls$/, status: 403, headers: { "retry-after": "60" }, body: SECONDARY });
  expect(await caught(world.forge.ensurePullRequest(wanted))).toMatchObject({ code: "github_limited", exit: 75 });
  const asked = world.hub.journal.length;
  expect(await caught(world.forge.ensureComment(1, "k", "words", "ada"))).toMatchObject({ code: "github_limited" });
  expect(await caught(world.forge.fetchPullRequests())).toMatchObject({ code: "github_limited" });
  expect(world.hub.journal.length).toBe(asked);
});
const SECONDARY = { message: "You have exceeded a secondary rate limit." };

it("says whose token it is when it is refused, and what it may not do", async () => {
  world.hub.fail({ path: "/user", status: 401, body: { message: "Bad credentials" } });
  expect(await caught(world.client("ada").fetchLogin())).toMatchObject({ code: "github_auth", exit: 4 });
  world.hub.fail({ method: "POST", path: /\/pulls$/, status: 403, body: { message: "Resource not accessible" } });
  expect(await caught(world.forge.ensurePullRequest(await draft()))).toMatchObject({
    code: "github_forbidden",
    exit: 4,
  });
});

it("waits a minute when GraphQL says in an answer that there were too many", async () => {
  const wanted = await draft();
  await world.forge.ensurePullRequest(wanted);
  const body = { data: null, errors: [{ type: "RATE_LIMITED", message: "API rate limit exceeded" }] };
  world.hub.fail({ method: "POST", path: "/graphql", status: 200, body });
  const asked = world.forge.ensurePullRequest({ ...wanted, draft: true });
  expect(await caught(asked)).toMatchObject({ code: "github_limited" });
});

it("leaves one open that cannot be a draft there", async () => {
  const message = "Draft pull requests are not supported in this repository.";
  const refusal = { status: 422, body: { message: "Validation Failed", errors: [{ message }] } };
  world.hub.fail({ method: "POST", path: /\/pulls$/, ...refusal });
  world.hub.fail({
    method: "POST",
    path: "/graphql",
    status: 200,
    body: { data: null, errors: [{ message }] },
    times: 9,
  });
  const wanted = { ...(await draft()), draft: true };
  expect(await world.forge.ensurePullRequest(wanted)).toMatchObject({ state: "open", draft: false });
  expect(await world.forge.ensurePullRequest(wanted)).toMatchObject({ state: "open", draft: false });
});

it("says nothing where a conversation is locked or an issue is gone, and goes on", async () => {
  const { number, head } = await world.forge.ensurePullRequest(await draft());
  const body = { message: "Unable to create comment because issue is locked." };
  world.hub.fail({ method: "POST", path: /\/(?:reviews|comments)$/, status: 403, body, times: 9 });
  await world.forge.showVerdict(number, verdictOn(head));
  expect(await world.repo.comments(number)).toEqual([]);
  await world.forge.showState("A", 99, "paused");
});

it("asks again who it is when nobody answered", async () => {
  const client = world.client("ada");
  world.hub.fail({ path: "/user", status: 502, times: 3 });
  expect(await caught(client.fetchLogin())).toMatchObject({ code: "github_unreachable" });
  expect(await client.fetchLogin()).toBe("ada");
});

it("asks again for what did not change without paying for it", async () => {
  await world.forge.ensurePullRequest(await draft());
  const first = await world.forge.fetchPullRequests();
  const before = world.hub.cost("ada").unchanged;
  expect(await world.forge.fetchPullRequests()).toEqual(first);
  expect(world.hub.cost("ada").unchanged - before).toBeGreaterThanOrEqual(3);
});
