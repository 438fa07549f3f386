import { createHmac } from "node:crypto";
import { describe, expect, it } from "vitest";
import { gitHub } from "../../support/github/index.ts";
import type { Repository } from "../../support/github/types.ts";
import { standIn } from "../../support/model-server.ts";
import { asking } from "./client.ts";

/** What a receiver got, by the order of events. */
async function receiver() {
  const server = await standIn((request, response) => request.on("end", () => response.writeHead(202).end()));
  return {
    url: `${server.url}/hook`,
    events: () => server.seen.map(({ headers }) => headers["x-github-event"]),
    ids: () => server.seen.map(({ headers }) => headers["x-github-delivery"]),
    seen: server.seen,
  };
}

async function opened(widgets: Repository): Promise<number> {
  await widgets.as("bob").push("work", { b: "b\n" });
  return widgets.as("bob").openPullRequest({ head: "work", title: "t" });
}

describe("webhooks", () => {
  it("are signed, named and numbered, one for each thing that happens", async () => {
    await using github = await gitHub();
    const widgets = await github.repository("acme/widgets");
    const hook = await receiver();
    github.onDelivery(hook.url, "s3cret");
    const number = await opened(widgets);
    await widgets.as("ada").comment(number, "hm");
    await widgets.as("ada").review(number, { event: "REQUEST_CHANGES", body: "no" });
    await widgets.as("ada").check((await widgets.pull(number)).head.sha, "ci", "success");
    await widgets.as("eve").openIssue({ title: "t" });
    await widgets.as("ada").merge(number);
    await github.delivered();
    expect(hook.events()).toEqual([
      "push",
      "pull_request",
      "issue_comment",
      "pull_request_review",
      "check_run",
      "check_run",
      "issues",
      "push",
      "pull_request",
    ]);
    expect(new Set(hook.ids()).size).toBe(hook.ids().length);
    const [, one] = hook.seen;
    const signature = createHmac("sha256", "s3cret")
      .update(one?.body ?? "")
      .digest("hex");
    expect(one?.headers["x-hub-signature-256"]).toBe(`sha256=${signature}`);
    expect(JSON.parse(one?.body ?? "")).toMatchObject({
      action: "opened",
      number,
      pull_request: { head: { ref: "work", repo: { full_name: "acme/widgets" } }, draft: false },
      repository: { full_name: "acme/widgets" },
      sender: { login: "bob", type: "User" },
    });
    expect(github.deliveries.map(({ attempts }) => attempts)).toEqual(hook.events().map(() => [202]));
  });

  it("come again under the same id, and doubled or in another order when a test says so", async () => {
    await using github = await gitHub();
    const widgets = await github.repository("acme/widgets");
    const hook = await receiver();
    github.onDelivery(hook.url, "s");
    const held = github.holdDeliveries();
    await opened(widgets);
    await github.delivered();
    expect(hook.events()).toEqual([]);
    await held.release((deliveries) => [...deliveries, ...deliveries].reverse());
    expect(hook.events()).toEqual(["pull_request", "push", "pull_request", "push"]);
    const [first] = github.deliveries;
    await github.redeliver(first?.id ?? "");
    expect(hook.ids().filter((id) => id === first?.id)).toHaveLength(3);
  });

  it("of what GITHUB_TOKEN caused start no run, but for a workflow that it starts by name", async () => {
    await using github = await gitHub();
    await github.repository("acme/widgets");
    const actions = asking(github, github.actionsLogin);
    await actions("POST /repos/acme/widgets/issues", { title: "t" });
    await actions("POST /repos/acme/widgets/actions/workflows/w.yml/dispatches", { ref: "main" });
    await asking(github, "bob")("POST /repos/acme/widgets/issues/1/comments", { body: "hm" });
    expect(github.deliveries.map(({ event, startsRuns }) => [event, startsRuns])).toEqual([
      ["issues", false],
      ["workflow_dispatch", true],
      ["issue_comment", true],
    ]);
  });
});
