import { afterEach, beforeEach, expect, it } from "vitest";
import type { Finding } from "../../../src/domain/verdict.ts";
import type { Forge, PullRequestVerdict } from "../../../src/ports/forge.ts";
import { aFinding } from "../../support/domain-data.ts";
import type { IssueView } from "../../support/github/types.ts";
import { gitHubWorld, type GitHubWorld } from "../../support/github-world.ts";

let world: GitHubWorld;
let forge: Forge;
let head: string;
let number: number;
beforeEach(async () => {
  world = await gitHubWorld();
  forge = await world.forgeOf("ada", "dispatch:ready");
  await world.repo.as("bob").openIssue({ title: "The task", labels: ["dispatch:ready"] });
  const branch = "dispatch/1--work";
  head = await world.commit(branch, { "A.txt": "new\n" });
  const draft = { task: "1", title: "Do it", body: "", branch, base: "main", head, draft: true };
  ({ number } = await forge.ensurePullRequest(draft));
});
afterEach(async () => {
  expect(await world.hub.violations()).toEqual([]);
  await world[Symbol.asyncDispose]();
});

const grave = aFinding("It leaks at line 3", { severity: "major", path: "A.txt", line: 1 });
const verdict = (outcome: PullRequestVerdict["outcome"], findings: readonly Finding[]): PullRequestVerdict => ({
  ...{ task: "1", head, outcome, sentence: "Not agreed.", findings },
});
const filed = async (): Promise<readonly IssueView[]> =>
  (await world.repo.issues()).filter(({ labels }) => labels.includes("dispatch:finding"));

it("what could not be settled is an issue, filed once whatever becomes of its lines, and minor things are none", async () => {
  const minor = aFinding("a typo", { severity: "minor" });
  world.hub.fail({ method: "POST", path: /\/issues$/, status: 502, afterEffect: true });
  await forge.showVerdict(number, verdict("action_required", [grave, minor]));
  await forge.showVerdict(number, verdict("action_required", [{ ...grave, message: "It  leaks at line 44" }, minor]));
  expect(await filed()).toMatchObject([{ state: "open", author: "ada", title: "It leaks at line 3" }]);
});

it("one that is settled is closed with the commit, once, and comes back no more", async () => {
  await forge.showVerdict(number, verdict("action_required", [grave]));
  await forge.showVerdict(number, verdict("success", []));
  await forge.showVerdict(number, verdict("success", []));
  const [one] = await filed();
  expect(one).toMatchObject({ state: "closed", stateReason: "completed" });
  expect((await world.repo.comments(one?.number)).map(({ body }) => body)).toEqual([expect.stringContaining(head)]);
  await forge.showVerdict(number, verdict("action_required", [grave]));
  expect(await filed()).toMatchObject([{ state: "closed" }]);
});

it("one is not settled by whoever says it in other words, or did not look", async () => {
  await forge.showVerdict(number, verdict("action_required", [grave]));
  await forge.showVerdict(number, verdict("action_required", []));
  expect(await filed()).toMatchObject([{ state: "open" }]);
});

it("one that a person does not want is not filed again; of many only five are", async () => {
  await forge.showVerdict(number, verdict("action_required", [grave]));
  const [one] = await filed();
  await world.repo.as("bob").close(one?.number ?? 0, "not_planned");
  const words = ["alpha", "beta", "gamma", "delta", "epsilon", "zeta", "eta"];
  const many = words.map((word) => aFinding(word, { severity: "blocker" }));
  await forge.showVerdict(number, verdict("action_required", [grave, ...many]));
  expect((await filed()).map(({ state }) => state)).toEqual(["closed", "open", "open", "open", "open"]);
});
