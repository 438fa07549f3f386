import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Asked, PullRequest } from "../../../src/ports/forge.ts";
import { gitHubWorld, type GitHubWorld } from "../../support/github-world.ts";

let world: GitHubWorld;
let opened: PullRequest;
beforeEach(async () => {
  world = await gitHubWorld();
  const branch = "dispatch/a--work";
  const head = await world.commit(branch, { "A.txt": "one\ntwo\nthree\n", "b.txt": "other\n" });
  const draft = { task: "A", title: "Do A", body: "", branch, base: "main", head, draft: false };
  opened = await world.forge.ensurePullRequest(draft);
});
afterEach(async () => {
  expect(await world.hub.violations()).toEqual([]);
  await world[Symbol.asyncDispose]();
});

const asked = async (): Promise<Asked | null> => (await world.forge.fetchPullRequest(opened.number))?.asked ?? null;

const block = (...lines: readonly string[]): string => ["```suggestion", ...lines, "```"].join("\n");

type Comment = NonNullable<Parameters<ReturnType<GitHubWorld["repo"]["as"]>["review"]>[1]["comments"]>[number];

const review = async (by: string, body: string, ...comments: readonly Comment[]): Promise<unknown> =>
  await world.repo.as(by).review(opened.number, { event: "REQUEST_CHANGES", body, comments });

describe("a suggestion in a review that asks for changes", () => {
  it("is read with its lines, its commit, its author, and the words beside it", async () => {
    const body = `a digit\r\n${block(" 2 ", "<!-- kept -->").replaceAll("\n", "\r\n")}`;
    await review(
      "bob",
      "Nearly.",
      { path: "A.txt", startLine: 2, line: 3, body },
      { path: "A.txt", line: 1, body: "?" },
    );
    const seen = await asked();
    expect(seen?.why).toBe(`Nearly.\n\nA.txt:3: a digit\n${block(" 2 ", "<!-- kept -->")}\n\nA.txt:1: ?`);
    expect(seen?.remarks).toMatchObject([
      { at: null, words: "Nearly.", suggestions: [] },
      {
        ...{ at: "A.txt:3", words: "a digit" },
        suggestions: [{ path: "A.txt", commit: opened.head, start: 2, end: 3, text: [" 2 ", "<!-- kept -->"] }],
      },
      { at: "A.txt:1", text: "?", words: "?", suggestions: [] },
    ]);
    const host = new URL(world.repo.htmlUrl).hostname;
    expect(seen?.remarks?.[1]?.suggestions[0]?.author).toMatch(RegExp(`^bob <\\d+\\+bob@users\\.noreply\\.${host}>$`));
  });

  it("has an id that is the same whenever it is read, and another one for each", async () => {
    await review("bob", "", { path: "A.txt", line: 1, body: `${block("1")}\n${block("1")}` });
    const ids = async (): Promise<readonly string[]> =>
      ((await asked())?.remarks ?? []).flatMap(({ suggestions }) => suggestions.map(({ id }) => id));
    const first = await ids();
    expect(new Set(first).size).toBe(2);
    expect(await ids()).toEqual(first);
  });

  it.each([
    ["in what nobody sees", { path: "A.txt", line: 1, body: `hm\n<!--\n${block("evil")}\n-->` }],
    ["about lines that are gone", { path: "b.txt", line: 1, side: "LEFT" as const, body: block("evil") }],
    ["that is other code", { path: "A.txt", line: 1, body: "```ts\nevil\n```" }],
  ])("is none %s", async (_, comment) => {
    await review("bob", "", comment);
    const seen = await asked();
    expect(seen?.why).toMatch(/^\S+:1: /);
    expect(seen?.remarks).toBeUndefined();
  });

  it("of a stranger is nothing, also beside a review of somebody who may write", async () => {
    await review("eve", "", { path: "A.txt", line: 1, body: block("evil") });
    expect(await asked()).toBeNull();
    await review("bob", "", { path: "A.txt", line: 2, body: block("2") });
    const seen = await asked();
    expect(JSON.stringify(seen)).not.toContain("evil");
    expect(seen?.remarks).toHaveLength(1);
  });

  it("that only comments asks for nothing, as do its words", async () => {
    const comments = [{ path: "A.txt", line: 1, body: block("1") }];
    await world.repo.as("bob").review(opened.number, { event: "COMMENT", body: "", comments });
    expect(await asked()).toBeNull();
  });
});
