import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { SLOW, useHeldHome } from "../support/e2e.ts";
import { gitHubSite, type GitHubSite } from "../support/github-site.ts";

/** What `npm run verify:crash` does with every effect on the local forge, with those that GitHub shows. */

const home = useHeldHome();

let stage: GitHubSite;
let waiting: number[] = [];

/** A site on which so many tasks wait for a human. */
function useStage(count: number): void {
  beforeAll(async () => {
    // So much in some minutes is more than GitHub would bear.
    const limits = { pointsPerMinute: 1e6, contentPerMinute: 1e6, contentPerHour: 1e6, perHour: 1e6 };
    const config = { checks: "true", pullRequests: { maxOpen: 100 } };
    const files = { "README.md": "# shop\n" };
    stage = await gitHubSite({ home: home.path, files, config, tester: true }, { limits });
    waiting = [];
    for (let nth = 0; nth < count; nth++) waiting.push(await issue());
    await stage.run();
  }, SLOW.timeout);
  afterAll(async () => await stage[Symbol.asyncDispose]());
}

const issue = (): Promise<number> =>
  stage.widgets.as("bob").openIssue({ title: "Write a file", labels: ["dispatch:ready"] });
const next = (): number => waiting.pop() ?? 0;

/** Before an effect, and when it was done and nobody wrote that down. */
const moments = (...effects: readonly string[]): readonly string[] =>
  effects.flatMap((effect) => [`${effect}:before`, `${effect}:after`]);

/** Types a command that dies at this moment, which has to come, and types it again. */
async function typeTwice(moment: string, ...words: readonly string[]): Promise<void> {
  const env = { ...stage.hub.env("ada"), GIT_ALLOW_PROTOCOL: "file:http", DISPATCH_FAULT: `${moment}:kill` };
  const { stderr } = await stage.there.dispatchWith({ env }, ...words);
  expect(stderr).toContain("DISPATCH_FAULT");
  expect(await stage.dispatch(...words)).toMatchObject({ code: 0 });
}

async function pullOf(task: number) {
  const own = (await stage.widgets.pulls()).filter(({ head }) => head.ref.startsWith(`dispatch/${task}--`));
  expect(own).toHaveLength(1);
  const number = own[0]?.number ?? 0;
  const said = (await stage.widgets.comments(number)).filter(({ author }) => author === "ada");
  return { ...(await stage.widgets.pull(number)), said: said.map(({ body }) => body.split("\n")[1]) };
}

/** Who looks again has nothing to do, and nothing was done that GitHub would mind. */
async function expectRest(): Promise<void> {
  const before = stage.writes("ada").length;
  await stage.run();
  expect(stage.writes("ada").slice(before)).toEqual([]);
  expect(await stage.hub.violations()).toEqual([]);
}

/** What everybody sees is there once, and true, and no turn was taken twice. */
async function expectShown(task: number, rounds: number): Promise<void> {
  const { widgets, there } = stage;
  const { number, head, said } = await pullOf(task);
  for (const at of [task, number]) expect((await widgets.issue(at)).labels).toEqual(["dispatch:ready-for-human"]);
  expect(await widgets.statuses(head.sha)).toMatchObject([{ context: "dispatch/review", state: "success" }]);
  expect(said).toEqual([expect.stringContaining("Checks and review pass")]);
  const starts = (await there.starts()).filter((start) => start.split(" ")[1] === `${task}`);
  expect(new Set(starts).size).toBe(starts.length);
  expect(starts.filter((start) => start.startsWith("coder"))).toHaveLength(rounds);
  await expectRest();
}

describe("a task whose run died is shown once, and as it is:", () => {
  useStage(0);

  it.each(moments("claim:1", "show-state:1", "push:1", "pull-request:1", "show-verdict:1", "show-state:2"))(
    "%s",
    SLOW,
    async (moment) => {
      const task = await issue();
      await typeTwice(moment, "run");
      await expectShown(task, 1);
      expect(await pullOf(task)).toMatchObject({ state: "open", draft: false });
    },
  );
});

describe("what people asked for is done and answered once, although the run died at", () => {
  const all = moments("order:1", "show-state:1", "push:1", "show-verdict:1", "answer:1", "show-state:2");
  useStage(all.length);

  it.each(all)("%s", SLOW, async (moment) => {
    const bob = stage.widgets.as("bob");
    const task = next();
    const { number } = await pullOf(task);
    const comments = [{ path: `src/${task}.txt`, line: 1, body: "shorter, please" }];
    await bob.review(number, { event: "REQUEST_CHANGES", comments });
    await bob.comment(number, "/dispatch fix the name, too");
    await typeTwice(moment, "run");
    await expectShown(task, 2);
    const threads = await stage.widgets.threads(number);
    expect(threads.map((one) => one.comments.map(({ author }) => author))).toEqual([["bob", "ada"]]);
    const [order] = (await stage.widgets.comments(number)).filter(({ author }) => author === "bob");
    expect(order?.reactions).toEqual([{ login: "ada", content: "rocket" }]);
  });
});

describe("a human's word is heard once, although the command died at", () => {
  const words = moments("review:1", "event:1");
  const ends = moments("event:1", "show-state:1");
  const merges = [...moments("merge:1", "unpublish:1", "branch-delete:1"), ...ends];
  const cancels = [...moments("close:1"), ...ends];
  useStage(words.length + merges.length + cancels.length);

  it.each(words)("%s of approve", SLOW, async (moment) => {
    const task = next();
    await typeTwice(moment, "approve", `${task}`);
    const { head, said } = await pullOf(task);
    expect(said.slice(1)).toEqual([`Approves ${head.sha}.`]);
    await expectRest();
  });

  it.each(merges)("%s of merge", SLOW, async (moment) => {
    const task = next();
    await stage.dispatch("approve", `${task}`);
    await typeTwice(moment, "merge", `${task}`);
    const { merged, head, said } = await pullOf(task);
    expect({ merged, said: said.length }).toEqual({ merged: true, said: 2 });
    expect(await stage.widgets.head(head.ref)).toBeNull();
    expect(await stage.widgets.issue(task)).toMatchObject({ state: "closed", labels: [] });
    await expectRest();
  });

  it.each(cancels)("%s of cancel", SLOW, async (moment) => {
    const task = next();
    await typeTwice(moment, "cancel", `${task}`);
    const { state, merged, said } = await pullOf(task);
    expect({ state, merged }).toEqual({ state: "closed", merged: false });
    expect(said.slice(1)).toEqual(["cancelled"]);
    expect(await stage.widgets.issue(task)).toMatchObject({ state: "open", labels: [] });
    await expectRest();
  });
});
