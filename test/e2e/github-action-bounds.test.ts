import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { breaking, mend, starts, whole, workflow } from "../support/action-runs.ts";
import { actionSite, dispatched, openIssues, writesOf } from "../support/action-site.ts";
import { SLOW } from "../support/e2e.ts";

describe("what people said is not lost, nor asked for ever", SLOW, () => {
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
