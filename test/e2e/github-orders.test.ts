import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { parsePullRequest } from "../../src/domain/pull-request-text.ts";
import { actionSite, type ActionSite } from "../support/action-site.ts";
import { SLOW, useHeldHome } from "../support/e2e.ts";
import { gitHubSite } from "../support/github-site.ts";

const home = useHeldHome();
const reactions = async ({ repo }: Pick<ActionSite, "repo">, number: number) =>
  (await repo.comments(number)).flatMap((one) =>
    one.body.startsWith("/dispatch") ? [one.reactions.map(({ content }) => content)] : [],
  );

describe("orders beside a pull request", SLOW, () => {
  it("move what a human approved, and give a task a cap of its own", async () => {
    const coder = `echo "round $DISPATCH_ROUND" > src/a.txt; echo '{"costUsd":1}' > "$DISPATCH_RESULT"`;
    const files = { "src/a.txt": "a\n" };
    await using at = await gitHubSite({ home: home.path, files, coder, config: { budget: { perTask: 2 } } });
    const repo = at.widgets;
    const bob = repo.as("bob");
    await bob.openIssue({ title: "Count", labels: ["dispatch:ready"] });
    await at.run();
    await bob.review(2, { event: "APPROVE" });
    await bob.push("main", { "elsewhere.txt": "text\n" }, "elsewhere");
    const before = await repo.pull(2);
    await bob.comment(2, "/dispatch rebase");
    expect(await at.run()).toMatchObject({ states: { 1: "ready-for-human" } });
    const after = await repo.pull(2);
    expect(after.head.sha).not.toBe(before.head.sha);
    expect(await at.there.repo.gitIn(repo.bare, "rev-parse", `${after.head.sha}~1`)).toBe(
      await at.there.repo.gitIn(repo.bare, "rev-parse", "main"),
    );
    expect(await repo.statuses(after.head.sha)).toMatchObject([{ context: "dispatch/review", state: "success" }]);
    expect(parsePullRequest(after.body)?.head).toBe(after.head.sha);

    await bob.comment(2, "/dispatch fix more");
    expect(await at.run()).toMatchObject({ states: { 1: "needs-human" } });
    await bob.comment(2, "/dispatch budget 2.50");
    const done = await at.run();
    expect(done.states).toEqual({ 1: "ready-for-human" });
    expect(done.tasks["1"]).toMatchObject({ attempts: 2, costUsd: 2 });
    expect(await reactions({ repo }, 2)).toEqual([["rocket"], ["rocket"], ["rocket"]]);
    expect(await at.hub.violations()).toEqual([]);
  });
});

describe("orders that the Action obeys", SLOW, () => {
  const dispatched = { name: "workflow_dispatch", payload: {} };

  async function begun(site: ActionSite): Promise<void> {
    const issue = await site.repo.as("ada").openIssue({ title: "Say hello" });
    await site.repo.as("ada").labelIssue(issue, "dispatch:ready");
    await site.step({ event: dispatched });
  }

  it("to rebase, in halves: the one with the agents moves nothing, and the other what it was told, once", async () => {
    await using site = await actionSite();
    await begun(site);
    const before = await site.repo.pull(2);
    await site.repo.as("bob").push("main", { "elsewhere.txt": "text\n" }, "elsewhere");
    await site.repo.as("bob").comment(2, "/dispatch rebase");
    const workspace = await site.checkOut();
    site.repo.setPermission(site.hub.actionsLogin, "read");
    const inputs = { command: "address", outbox: "outbox" };
    const end = await site.step({ event: site.event("issue_comment"), workspace, inputs });
    site.repo.setPermission(site.hub.actionsLogin, "write");
    expect(end).toMatchObject({ code: 0, annotations: [] });
    expect(end.log).toContain("reviewer starts");
    expect(end.log).not.toContain("coder starts");
    expect((await site.repo.pull(2)).head.sha).toBe(before.head.sha);
    const publish = { event: dispatched, inputs: { command: "apply", outbox: join(workspace, "outbox") } };
    for (const _ of ["first", "again"]) expect(await site.step(publish)).toMatchObject({ code: 0, annotations: [] });
    const after = await site.repo.pull(2);
    expect(after.head.sha).not.toBe(before.head.sha);
    expect(parsePullRequest(after.body)?.head).toBe(after.head.sha);
    expect(after.labels).toEqual(["dispatch:ready-for-human"]);
    expect(await reactions(site, 2)).toEqual([["rocket"]]);
    expect((await site.step({ event: dispatched })).log).not.toMatch(/(coder|reviewer) starts/);
    expect(await site.hub.violations()).toEqual([]);
  });

  it("with a budget, which later runs hold to", async () => {
    const costs = `echo '{"costUsd":3}' > "$DISPATCH_RESULT"`;
    await using site = await actionSite({
      coder: `mkdir -p src; echo "$DISPATCH_ROUND $$" > src/a.txt; ${costs}`,
      config: { budget: { perTask: 5 } },
    });
    await begun(site);
    const order = async (text: string): Promise<string> => {
      await site.repo.as("bob").comment(2, `/dispatch ${text}`);
      const end = await site.step({ event: site.event("issue_comment"), inputs: { command: "address" } });
      expect(end.code).toBe(0);
      return end.log;
    };
    // Its coder takes it over the cap: nobody is left to review.
    expect(await order("fix more")).toContain("coder starts");
    expect((await site.repo.pull(2)).labels).toEqual(["dispatch:needs-human"]);
    const log = await order("budget 9.5");
    expect(log).toContain("may cost $9.50, on the word of bob");
    expect(log).toContain("reviewer starts");
    expect(log).not.toContain("coder starts");
    expect(await site.repo.pull(2)).toMatchObject({ draft: false, labels: ["dispatch:ready-for-human"] });
    expect(await order("fix still more")).toContain("coder starts");
    expect(await order("budget much")).not.toMatch(/(coder|reviewer) starts/);
    expect(await reactions(site, 2)).toEqual([["rocket"], ["rocket"], ["rocket"], ["confused"]]);
    expect(await site.hub.violations()).toEqual([]);
  });
});
