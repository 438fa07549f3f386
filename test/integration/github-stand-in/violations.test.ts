import { describe, expect, it } from "vitest";
import { gitHub } from "../../support/github/index.ts";
import { asking } from "./client.ts";

const REPO = "/repos/acme/widgets";
const MARKER = '<!-- dispatch:v1 {"kind":"status","task":"1"} -->';

async function site() {
  const github = await gitHub();
  const widgets = await github.repository("acme/widgets");
  const head = await widgets.as("bob").push("work", { "a.txt": "a\n" });
  await widgets.as("bob").openPullRequest({ head: "work", title: "t" });
  const rules = async () => (await github.violations()).map(({ rule }) => rule);
  const bot = asking(github, github.app.login);
  return { github, widgets, head, rules, bot, [Symbol.asyncDispose]: () => github[Symbol.asyncDispose]() };
}

describe("what must never happen", () => {
  it("is not what people do by hand, nor what is marked and there once", async () => {
    await using at = await site();
    await at.widgets.as("ada").review(1, { event: "APPROVE" });
    await at.widgets.as("ada").comment(1, "lgtm");
    await at.widgets.as("ada").comment(1, "lgtm");
    await at.bot(`POST ${REPO}/issues/1/comments`, { body: `${MARKER}\nhello` });
    await at.bot(`POST ${REPO}/check-runs`, { name: "r", head_sha: at.head, conclusion: "success" });
    await at.widgets.as("ada").merge(1);
    expect(await at.rules()).toEqual([]);
  });

  it("is text without a marker, or with the same one twice", async () => {
    await using at = await site();
    await at.bot(`POST ${REPO}/issues/1/comments`, { body: "hello" });
    expect(await at.rules()).toEqual(["everything of ours has a marker"]);
    await at.bot(`POST ${REPO}/issues/1/comments`, { body: `${MARKER}\none` });
    await at.bot(`POST ${REPO}/issues/1/comments`, { body: `${MARKER}\ntwo` });
    expect(await at.rules()).toContain("nothing is there twice");
  });

  it("is a bot that approves, merges, or opens again what was closed", async () => {
    await using at = await site();
    await at.bot(`POST ${REPO}/pulls/1/reviews`, { event: "APPROVE", body: MARKER });
    await at.widgets.as("ada").close(1);
    await at.bot(`PATCH ${REPO}/pulls/1`, { state: "open" });
    await at.bot(`PUT ${REPO}/pulls/1/merge`, {});
    expect(await at.rules()).toEqual(["closed is respected", "no bot merges", "no bot approves"]);
  });

  it("is a second check run of one name, one left open, two states at once, and an edited protection", async () => {
    await using at = await site();
    const run = { name: "r", head_sha: at.head };
    await at.bot(`POST ${REPO}/check-runs`, { ...run, conclusion: "success" });
    await at.bot(`POST ${REPO}/check-runs`, run);
    await at.bot(`PUT ${REPO}/issues/1/labels`, { labels: ["dispatch:running", "dispatch:paused"] });
    await at.bot(`PUT ${REPO}/branches/main/protection`, {});
    expect(await at.rules()).toEqual([
      "no branch protection is edited",
      "one state label at most",
      "one check run per name and commit",
      "no check run is left open",
    ]);
  });
});
