import { afterAll, beforeAll, expect, it } from "vitest";
import { SLOW, until, useHeldHome } from "../support/e2e.ts";
import { gitHubSite, type GitHubSite } from "../support/github-site.ts";

const home = useHeldHome();
const secret = "of the webhook";

let stage: GitHubSite;
beforeAll(async () => {
  stage = await gitHubSite({ home: home.path, files: {}, config: { checks: "true" }, tester: true });
}, SLOW.timeout);
afterAll(async () => await stage[Symbol.asyncDispose]());

it("is woken by deliveries, and doubled, dropped and reordered ones change nothing", SLOW, async () => {
  const { hub, widgets, there } = stage;
  const bob = widgets.as("bob");
  const env = { ...hub.env("ada"), GIT_ALLOW_PROTOCOL: "file:http", GITHUB_WEBHOOK_SECRET: secret };
  const up = there.startWith({ env }, "up", "--port", "0");
  const port = await up.said(/webhooks are received at http:\/\/127\.0\.0\.1:(\d+)/);
  hub.onDelivery(`http://127.0.0.1:${port}/`, secret);

  const held = hub.holdDeliveries();
  const first = await bob.openIssue({ title: "One", labels: ["dispatch:ready"] });
  const second = await bob.openIssue({ title: "Two", labels: ["dispatch:ready"] });
  // Most are lost, and the last one comes first, twice.
  await held.release((all) => [...all.slice(-1), ...all.slice(-1), ...all.slice(0, 1)]);
  await until(async () => (await widgets.pulls()).length === 2);
  const [pull] = await widgets.pulls();
  await bob.review(pull?.number ?? 0, { event: "REQUEST_CHANGES", body: "again" });
  await until(async () => (await widgets.pull(pull?.number ?? 0)).head.sha !== pull?.head.sha);
  up.signal("SIGTERM");
  expect((await up.ended).code).toBe(143);
  expect(await widgets.pulls()).toHaveLength(2);
  for (const number of [first, second])
    expect((await there.starts()).filter((start) => start.startsWith(`coder ${number} 1 `))).toHaveLength(1);
  expect(await hub.violations()).toEqual([]);
});
