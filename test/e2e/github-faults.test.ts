import { afterAll, beforeAll, expect, it } from "vitest";
import { json, SLOW, useHeldHome } from "../support/e2e.ts";
import { gitHubSite, type GitHubSite } from "../support/github-site.ts";
import type { FaultRule, GitFaultRule } from "../support/github/views.ts";

const home = useHeldHome();
const FILES = { "README.md": "# shop\n" };

let stage: GitHubSite;
beforeAll(async () => {
  // Twenty runs in a minute are more than GitHub would bear.
  const limits = { pointsPerMinute: 100_000, contentPerMinute: 10_000 };
  stage = await gitHubSite({ home: home.path, files: FILES, config: { checks: "true" }, tester: true }, { limits });
}, SLOW.timeout);
afterAll(async () => await stage[Symbol.asyncDispose]());

const LIMIT = {
  status: 403,
  headers: { "retry-after": "1" },
  body: { message: "You have exceeded a secondary rate limit" },
};

const FAULTS: readonly (readonly [string, FaultRule | GitFaultRule])[] = [
  ["a push whose answer was lost", { service: "git-receive-pack", drop: true, afterEffect: true, skip: 1 }],
  ["a push that was refused", { service: "git-receive-pack", status: 503, skip: 1 }],
  ["a pull request whose answer was lost", { method: "POST", path: /\/pulls$/, status: 504, afterEffect: true }],
  ["a pull request that a limit refused", { method: "POST", path: /\/pulls$/, ...LIMIT }],
  ["a comment whose answer was lost", { method: "POST", path: /\/comments$/, drop: true, afterEffect: true }],
  ["a status that came too soon", { method: "POST", path: /\/statuses\//, ...LIMIT, status: 429 }],
  ["labels that a limit refused", { method: "PUT", path: /\/labels$/, ...LIMIT, skip: 1 }],
  ["a list that was not given", { method: "GET", path: /\/issues$/, status: 500, times: 9 }],
];

it.each(FAULTS)("%s loses nothing and makes nothing twice", SLOW, async (_, rule) => {
  const { hub, widgets } = stage;
  const number = await widgets.as("bob").openIssue({ title: "Write a file", labels: ["dispatch:ready"] });
  const fault = hub.fail(rule);
  const before = stage.writes("ada").length;
  await stage.dispatch("--json", "run");
  expect(fault.hits).toBeGreaterThan(0);
  fault.remove();
  // GitHub said a second.
  await new Promise((resolve) => void setTimeout(resolve, 1000));
  const done = await stage.run();
  expect(done.states[number]).toBe("ready-for-human");
  expect(done.tasks[number]).toMatchObject({ attempts: 1 });
  const own = (await widgets.pulls()).filter(({ head }) => head.ref.startsWith(`dispatch/${number}--`));
  expect(own).toHaveLength(1);
  const [pull] = own;
  expect(await widgets.comments(pull?.number)).toHaveLength(1);
  expect(await widgets.statuses(pull?.head.sha)).toMatchObject([{ state: "success" }]);
  for (const at of [number, pull?.number ?? 0])
    expect((await widgets.issue(at)).labels).toEqual(["dispatch:ready-for-human"]);
  expect(await hub.violations()).toEqual([]);
  // Six until it waits for a human, and what had to be asked again.
  expect(stage.writes("ada").length - before).toBeLessThanOrEqual(8);
});

it("what a human asked for is heard by the run that can read it", SLOW, async () => {
  const { hub, widgets } = stage;
  const pull = (await widgets.pulls()).at(-1);
  const task = /^dispatch\/(\d+)--/.exec(pull?.head.ref ?? "")?.[1] ?? "";
  await widgets.as("bob").review(pull?.number ?? 0, { event: "REQUEST_CHANGES", body: "another round" });
  const fault = hub.fail({ method: "GET", path: /\/reviews$/, status: 502, times: 9 });
  expect((await stage.dispatch("--json", "run")).code).toBe(75);
  expect(fault.hits).toBeGreaterThan(0);
  fault.remove();
  expect((await stage.run()).tasks[task]).toMatchObject({ state: "ready-for-human", attempts: 2 });
  expect(await hub.violations()).toEqual([]);
});

it("what a human pushed onto the branch is judged as it is, and stays", SLOW, async () => {
  const { hub, widgets, there } = stage;
  const pull = (await widgets.pulls())[1];
  const { number = 0, head } = pull ?? {};
  const task = /^dispatch\/(\d+)--/.exec(head?.ref ?? "")?.[1] ?? "";
  const theirs = await widgets.as("bob").push(head?.ref ?? "", { "by-hand.txt": "mine\n" }, "by hand");
  const before = await there.starts();
  expect((await stage.run()).tasks[task]).toMatchObject({ state: "ready-for-human", attempts: 1, pr: number });
  expect((await there.starts()).slice(before.length)).toEqual([`reviewer ${task} 1 1`]);
  expect((await widgets.pull(number)).head.sha).toBe(theirs);
  expect(await widgets.statuses(theirs)).toMatchObject([{ context: "dispatch/review", state: "success" }]);
  expect((await stage.run()).tasks[task]).toMatchObject({ state: "ready-for-human" });
  expect((await there.starts()).length).toBe(before.length + 1);
  expect(await hub.violations()).toEqual([]);
});

it("whoever's token opened it approves by words, and merges", SLOW, async () => {
  const [first] = await stage.widgets.pulls();
  const task = /^dispatch\/(\d+)--/.exec(first?.head.ref ?? "")?.[1] ?? "";
  expect(json(await stage.dispatch("--json", "approve", task))).toMatchObject({ review: "approved" });
  expect(json(await stage.dispatch("--json", "merge", task))).toMatchObject({ state: "merged" });
  expect(await stage.widgets.issue(Number(task))).toMatchObject({ state: "closed", labels: [] });
});

it("without a token it says what to set, before anything is begun", SLOW, async () => {
  const { there } = stage;
  const env = { ...stage.hub.env("ada"), GIT_ALLOW_PROTOCOL: "file:http", GITHUB_TOKEN: "" };
  const ran = await there.dispatchWith({ env }, "--json", "run");
  expect(ran.code).toBe(4);
  expect(JSON.parse(ran.stderr.trim().split("\n").at(-1) ?? "")).toMatchObject({
    error: { code: "github_token_missing" },
  });
});

it("a token that is refused, or may not write, ends the run with what to do", SLOW, async () => {
  stage.hub.fail({ path: "/user", status: 401, body: { message: "Bad credentials" } });
  expect((await stage.dispatch("--json", "run")).code).toBe(4);
});
