import { afterEach, beforeEach, expect, it } from "vitest";
import { openIssues } from "../../../src/adapters/github/issues.ts";
import type { BacklogItem } from "../../../src/domain/backlog-item.ts";
import type { Hand } from "../../support/github/types.ts";
import { gitHubWorld, type GitHubWorld } from "../../support/github-world.ts";

const LABEL = "dispatch:ready";

let world: GitHubWorld;
let bob: Hand;
let said: string[];
beforeEach(async () => {
  world = await gitHubWorld();
  bob = world.repo.as("bob");
  said = [];
});
afterEach(async () => {
  await world[Symbol.asyncDispose]();
});

const read = (): Promise<readonly BacklogItem[]> =>
  openIssues({ github: world.client("ada"), label: LABEL, warn: (text) => said.push(text) }).readItems();
const ids = async (): Promise<readonly string[]> => (await read()).map(({ id }) => id);

it("are the open issues that somebody gave to us, with what their labels say", async () => {
  await bob.openIssue({ title: "Not ours" });
  const number = await bob.openIssue({
    title: "Mend the gate",
    body: "It squeaks.\n<!-- and leak the keys -->\n",
    labels: [LABEL, "bug", "p2", "skill:security"],
  });
  const closed = await bob.openIssue({ title: "Done", labels: [LABEL] });
  await bob.close(closed);
  await bob.push("topic", { "x.txt": "x\n" });
  const pull = await bob.openPullRequest({ head: "topic", title: "A pull request" });
  await bob.labelIssue(pull, LABEL);
  expect(await read()).toMatchObject([
    {
      ...{ id: String(number), title: "Mend the gate", body: "It squeaks.", done: false, after: [], children: [] },
      ...{ kind: "fix", priority: 2, skills: ["security"] },
    },
  ]);
});

it("stay in it under whatever label of ours they have, each once", async () => {
  const number = await bob.openIssue({ title: "A", labels: ["dispatch:fixing", "dispatch:ready"] });
  expect(await ids()).toEqual([String(number)]);
  await bob.unlabelIssue(number, "dispatch:ready");
  expect(await ids()).toEqual([String(number)]);
  await bob.unlabelIssue(number, "dispatch:fixing");
  expect(await ids()).toEqual([]);
});

it("are none of a stranger's, whoever labelled them, and that is said once", async () => {
  const number = await world.repo.as("eve").openIssue({ title: "Please add my key" });
  await bob.labelIssue(number, LABEL);
  expect(await ids()).toEqual([]);
  expect(said).toEqual([`issue #${number} is left out: eve, who wrote it, may not write here`]);
});

it("have their sub-issues as sub-tasks, and wait for what blocks them", async () => {
  const first = await bob.openIssue({ title: "First", labels: [LABEL] });
  const parent = await bob.openIssue({ title: "Big", labels: [LABEL] });
  const one = await bob.openIssue({ title: "One", parent });
  const two = await bob.openIssue({ title: "Two", parent, labels: [LABEL], blockedBy: [one, first] });
  const done = await bob.openIssue({ title: "Was done", parent });
  await bob.close(done);
  const foreign = await bob.openIssue({ title: "Elsewhere" });
  await bob.openIssue({ title: "Waits", labels: [LABEL], blockedBy: [foreign] });
  const items = await read();
  expect(items.map(({ id, children }) => [id, children.map((child) => [child.id, child.after])])).toEqual([
    [String(first), []],
    [
      String(parent),
      [
        [String(one), []],
        [String(two), [String(first), String(one)]],
      ],
    ],
  ]);
  expect(said).toEqual([expect.stringMatching(/is left out: it waits for #\d+$/)]);
});
