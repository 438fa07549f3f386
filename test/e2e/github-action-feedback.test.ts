import { execFile } from "node:child_process";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";
import { parsePullRequest } from "../../src/domain/pull-request-text.ts";
import {
  actionSite,
  type ActionSite,
  type ActionSiteOptions,
  dispatched,
  openIssues,
  writesOf,
} from "../support/action-site.ts";
import { SLOW } from "../support/e2e.ts";

/** Round 1 makes a pull request; what `broken` says comes of every later one, until the file `mended` is there. */
const breaking = (broken: string): ActionSiteOptions => ({
  coder: `here="$(dirname "$0")"
if [ "$DISPATCH_ROUND" -gt 1 ] && [ ! -e "$here/mended" ]; then ${broken}; fi
mkdir -p src; echo "$DISPATCH_TASK_ID round $DISPATCH_ROUND $$" > "src/$DISPATCH_TASK_ID.txt"`,
  config: { attempts: 1 },
});

const mend = async ({ temp }: ActionSite): Promise<void> => await writeFile(join(temp, "agents/mended"), "");

/** One whole workflow run: both jobs. */
async function workflow(
  site: ActionSite,
  event = dispatched,
  command = "",
): Promise<{ readonly log: string; readonly code: number | null }> {
  const workspace = await site.checkOut();
  const outbox = join(workspace, "outbox");
  const agents = await site.step({ event, workspace, inputs: { command, outbox } });
  if (agents.outputs["run-id"] === undefined) return agents;
  const published = await site.step({ event: dispatched, inputs: { command: "apply", outbox } });
  return { log: agents.log + published.log, code: Math.max(agents.code ?? 1, published.code ?? 1) };
}

const whole = async (site: ActionSite, event = dispatched, command = "") =>
  await site.step({ event, inputs: { command } });

const starts = ({ log }: { readonly log: string }): number => log.match(/coder starts/g)?.length ?? 0;

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

  it("what never comes to anything is asked for no more often than people may ask, and then a person is needed", async () => {
    await using site = await actionSite({ ...breaking("exit 3"), config: { attempts: 1, review: { humanRounds: 2 } } });
    await openIssues(site, "Say hello");
    await whole(site);
    await site.repo.as("bob").comment(2, "/dispatch fix say it louder");
    const runs = [];
    for (let run = 1; run <= 3; run += 1) runs.push(starts(await workflow(site)));
    expect(runs).toEqual([1, 1, 0]);
    expect((await site.repo.pull(2)).labels).toEqual(["dispatch:needs-human"]);
    const notes = (await site.repo.comments(2)).filter(({ body }) => body.includes('"key":"left"'));
    expect(notes.map(({ body }) => body)).toEqual([expect.stringMatching(/3 times; the last: say it louder/)]);
    const before = writesOf(site).length;
    await whole(site);
    expect(writesOf(site).slice(before)).toEqual([]);
    // A person may say that it begins anew, and the words are still there.
    await mend(site);
    await site.repo.as("bob").comment(2, "/dispatch retry");
    expect(starts(await workflow(site))).toBe(1);
    expect((await site.repo.pull(2)).labels).toEqual(["dispatch:ready-for-human"]);
  });

  it("changes that a review asks for are bounded, too", async () => {
    await using site = await actionSite({ ...breaking("exit 0"), config: { attempts: 1, review: { humanRounds: 2 } } });
    await openIssues(site, "Say hello");
    await whole(site);
    await site.repo.as("bob").review(2, {
      event: "REQUEST_CHANGES",
      body: "louder",
      comments: [{ path: "src/1.txt", line: 1, body: "here" }],
    });
    const runs = [];
    for (let run = 1; run <= 3; run += 1) runs.push(starts(await whole(site)));
    expect(runs).toEqual([1, 1, 0]);
    expect((await site.repo.pull(2)).labels).toEqual(["dispatch:needs-human"]);
    // Nothing was changed: nobody is told that it was.
    expect((await site.repo.threads(2)).map(({ comments }) => comments.length)).toEqual([1]);
  });

  it("an order at another pull request than the run is about waits for a run of its own", async () => {
    await using site = await actionSite();
    await openIssues(site, "Say hello", "Say goodbye");
    await whole(site);
    const bob = site.repo.as("bob");
    await bob.comment(3, "/dispatch fix louder");
    const louder = site.event("issue_comment");
    await bob.comment(4, "/dispatch retry");
    expect(starts(await workflow(site, louder, "address"))).toBe(1);
    expect(starts(await workflow(site, site.event("issue_comment"), "address"))).toBe(1);
    expect(starts(await workflow(site))).toBe(0);
  });

  it("an order whose commit may not be pushed is heard again, as often as people may ask", async () => {
    await using site = await actionSite({ config: { attempts: 1, review: { humanRounds: 2 } } });
    await openIssues(site, "Say hello");
    await whole(site);
    const before = await site.repo.pull(2);
    await site.repo.as("bob").comment(2, "/dispatch fix say it louder");
    const event = site.event("issue_comment");
    const runs = [];
    for (let run = 1; run <= 3; run += 1) {
      const workspace = await site.checkOut();
      const outbox = join(workspace, "outbox");
      const { log } = await site.step({ event, workspace, inputs: { command: "address", outbox } });
      runs.push(starts({ log }));
      // The base's policy is another for the publisher: what it was told here is no word of the agent half's.
      const env = { DISPATCH_POLICY__PROTECTED: '["src/**"]' };
      const end = await site.step({ event: dispatched, inputs: { command: "apply", outbox }, env });
      if (run < 3) expect(end.annotations.join()).toMatch(/1 is not published: push: .*src\/1\.txt/);
      expect((await site.repo.pull(2)).labels).toEqual(["dispatch:needs-human"]);
    }
    expect(runs).toEqual([1, 1, 0]);
    expect((await site.repo.pull(2)).head.sha).toBe(before.head.sha);
    await site.repo.as("bob").comment(2, "/dispatch retry");
    expect(starts(await workflow(site))).toBe(1);
    expect((await site.repo.pull(2)).head.sha).not.toBe(before.head.sha);
  });

  it("an issue whose first commit may not be pushed is not paid for again", async () => {
    await using site = await actionSite();
    const [issue = 0] = await openIssues(site, "Say hello");
    const workspace = await site.checkOut();
    const outbox = join(workspace, "outbox");
    await site.step({ event: dispatched, workspace, inputs: { outbox } });
    const env = { DISPATCH_POLICY__PROTECTED: '["src/**"]' };
    expect((await site.step({ event: dispatched, inputs: { command: "apply", outbox }, env })).code).toBe(1);
    expect((await site.repo.issue(issue)).labels).toEqual(["dispatch:needs-human"]);
    expect(starts(await workflow(site))).toBe(0);
  });

  it("what the day's money stopped rests in the next run, too", async () => {
    const costs = `echo '{"costUsd":3}' > "$DISPATCH_RESULT"`;
    await using site = await actionSite({
      coder: `mkdir -p src; echo $$ > src/a.txt; ${costs}`,
      config: { budget: { daily: 2 } },
    });
    await openIssues(site, "Say hello");
    expect(starts(await workflow(site))).toBe(1);
    expect(starts(await workflow(site))).toBe(0);
    expect(await site.repo.pulls()).toEqual([]);
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
