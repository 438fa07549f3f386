import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";
import { parsePullRequest } from "../../src/domain/pull-request-text.ts";
import { breaking, mend, starts, whole, workflow } from "../support/action-runs.ts";
import { actionSite, type ActionSite, dispatched, openIssues } from "../support/action-site.ts";
import { SLOW } from "../support/e2e.ts";

describe("what people said is not lost", SLOW, () => {
  it.each([
    ["crashes, in one job", "exit 3", whole],
    ["is withheld, in two halves", "mkdir -p .github; echo x > .github/x.yml", workflow],
  ])("an order whose round %s is heard again by the next run", async (_, broken, go) => {
    await using site = await actionSite(breaking(broken));
    await openIssues(site, "Say hello");
    await go(site);
    const bob = site.repo.as("bob");
    await bob.comment(2, "/dispatch fix say it louder");
    const before = await site.repo.pull(2);
    expect(starts(await go(site, site.event("issue_comment"), "address"))).toBe(1);
    expect((await site.repo.pull(2)).head.sha).toBe(before.head.sha);
    expect((await site.repo.pull(2)).labels).toEqual(["dispatch:needs-human"]);
    await mend(site);
    expect(starts(await go(site))).toBe(1);
    const after = await site.repo.pull(2);
    expect(after.head.sha).not.toBe(before.head.sha);
    expect(after).toMatchObject({ draft: false, labels: ["dispatch:ready-for-human"] });
    expect(parsePullRequest(after.body)).toMatchObject({ humanRounds: 2, attempts: 3 });
    // It was done: nobody hears it a third time.
    expect(starts(await go(site))).toBe(0);
    expect(await site.hub.violations()).toEqual([]);
  });
});

it("a pause holds from run to run until somebody resumes it, whoever wakes the Action", SLOW, async () => {
  await using site = await actionSite();
  await openIssues(site, "Say hello");
  await whole(site);
  const bob = site.repo.as("bob");
  await bob.comment(2, "/dispatch pause");
  const isPaused = async (event: typeof dispatched, command: string, go: typeof workflow = whole): Promise<void> => {
    const { log } = await go(site, event, command);
    expect(log).not.toMatch(/(?:coder|reviewer) starts/);
    expect((await site.repo.pull(2)).labels).toEqual(["dispatch:paused"]);
  };
  await isPaused(site.event("issue_comment"), "address", workflow);
  await isPaused(dispatched, "");
  await bob.review(2, { event: "REQUEST_CHANGES", body: "louder" });
  await isPaused(site.event("pull_request_review"), "address");
  await bob.comment(2, "/dispatch fix say it louder");
  await isPaused(site.event("issue_comment"), "address");
  const { head } = await site.repo.pull(2);
  await bob.push(head.ref, { "src/more.txt": "by bob\n" }, "more");
  await isPaused(site.event("pull_request", "synchronize"), "review");
  const pushed = await site.repo.pull(2);
  await bob.comment(2, "/dispatch resume");
  expect(starts(await workflow(site, site.event("issue_comment"), "address"))).toBe(1);
  const after = await site.repo.pull(2);
  expect(after.head.sha).not.toBe(pushed.head.sha);
  expect(after.labels).toEqual(["dispatch:ready-for-human"]);
  expect(starts(await workflow(site))).toBe(0);
  expect((await site.repo.pull(2)).labels).toEqual(["dispatch:ready-for-human"]);
});

describe("what has ended stays ended", SLOW, () => {
  it.each([
    [
      "squash-merged, its branch left where it was",
      async (site: ActionSite) => void (await site.repo.as("bob").merge(2, { method: "squash" })),
    ],
    ["closed", async (site: ActionSite) => await site.repo.as("bob").close(2)],
  ])("one that was %s is nothing to any later run", async (_, end) => {
    await using site = await actionSite();
    await openIssues(site, "Say hello");
    await whole(site);
    await end(site);
    await workflow(site, site.event("pull_request", "closed"));
    expect((await site.repo.pull(2)).labels).toEqual([]);
    const workspace = await site.checkOut();
    const outbox = join(workspace, "outbox");
    const asked = site.hub.journal.length;
    await site.step({ event: dispatched, workspace, inputs: { outbox } });
    expect(JSON.parse(await readFile(join(outbox, "intents.json"), "utf8"))).toMatchObject({ intents: [] });
    const about = site.hub.journal.slice(asked).filter(({ path }) => /(?:pulls|issues)\/2\b/.test(path));
    expect(about.map(({ method, path }) => `${method} ${path}`)).toEqual([]);
  });
});

it("a run keeps off what another clone has claimed, before it pays for it", SLOW, async () => {
  await using site = await actionSite();
  await openIssues(site, "Say hello");
  const git = async (...args: string[]): Promise<string> =>
    (await promisify(execFile)("git", ["-C", site.repo.bare, ...args])).stdout.trim();
  const until = "2999-01-01T00:00:00.000Z";
  const claim = JSON.stringify({ v: 1, task: "1", owner: "laptop", host: "a-laptop", until, fence: 1 });
  const by = ["-c", "user.name=x", "-c", "user.email=x@x"];
  const commit = await git(...by, "commit-tree", "-m", claim, `${await git("rev-parse", "main")}^{tree}`);
  await git("update-ref", "refs/dispatch/claims/1", commit);
  const end = await workflow(site);
  expect(end.log).toContain("claimed by a-laptop");
  expect(starts(end)).toBe(0);
  await git("update-ref", "-d", "refs/dispatch/claims/1");
  expect(starts(await workflow(site))).toBe(1);
});
