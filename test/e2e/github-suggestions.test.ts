import { afterAll, beforeAll, expect, it } from "vitest";
import { SLOW, useHeldHome } from "../support/e2e.ts";
import { gitHubSite, type GitHubSite } from "../support/github-site.ts";

const home = useHeldHome();

const CODER = `
cat > "$OUT/brief-$id-$DISPATCH_ROUND"
printf 'one\\r\\ntwo\\r\\nthree' > src/b.txt
`;

let it_: GitHubSite;

beforeAll(async () => {
  it_ = await gitHubSite({
    ...{ home: home.path, files: { "src/a.txt": "a\n" }, coder: CODER },
    reviewer: `cat > "$OUT/review-$id-$(ls "$OUT" | wc -l)"; approve`,
    config: { checks: "! grep -q wrong src/b.txt" },
    tester: true,
  });
  await it_.widgets.as("bob").openIssue({ title: "Count", body: "Please.", labels: ["dispatch:ready"] });
}, SLOW.timeout);
afterAll(async () => await it_[Symbol.asyncDispose]());

const suggest = (line: number, ...lines: readonly string[]) => {
  return { path: "src/b.txt", line, body: ["```suggestion", ...lines, "```"].join("\r\n") };
};

const commitsOf = async (head: string): Promise<readonly string[]> =>
  (await it_.there.repo.gitIn(it_.widgets.bare, "rev-list", `main..${head}`)).split("\n");

it(
  "is applied as it stands, with the name of who suggested it, and answered, and no coder is started",
  SLOW,
  async () => {
    await it_.run();
    const [pull] = await it_.widgets.pulls();
    const before = pull?.head.sha ?? "";
    const number = pull?.number ?? 0;
    const bob = it_.widgets.as("bob");
    await it_.widgets.as("eve").review(number, { event: "REQUEST_CHANGES", body: "", comments: [suggest(1, "evil")] });
    await bob.review(number, {
      event: "REQUEST_CHANGES",
      body: "",
      comments: [suggest(1, "1", "1½"), suggest(3, "3")],
    });
    const done = await it_.run();
    expect(done).toMatchObject({ code: 0, states: { 1: "ready-for-human" } });
    expect(done.tasks["1"]).toMatchObject({ attempts: 1, pr: number });

    const { head, requestedReviewers } = await it_.widgets.pull(number);
    const git = async (...args: readonly string[]): Promise<string> =>
      await it_.there.repo.gitIn(it_.widgets.bare, ...args);
    expect(await commitsOf(head.sha)).toEqual([head.sha, before]);
    expect(await git("cat-file", "blob", `${head.sha}:src/b.txt`)).toBe("1\r\n1½\r\ntwo\r\n3");
    const message = await git("log", "-1", "--format=%B", head.sha);
    expect(message).toMatch(/^Suggestions: Count\n\nDispatch-Task: 1\n/);
    expect(message).toMatch(/\nCo-authored-by: bob <\d+\+bob@users\.noreply\.[\w.]+>\s*$/);
    for (const { comments } of (await it_.widgets.threads(number)).filter((one) => one.comments[0]?.author === "bob"))
      expect(comments.map(({ author, body }) => [author, body.includes(head.sha)])).toEqual([
        ["bob", false],
        ["ada", true],
      ]);
    expect(requestedReviewers).toContain("bob");
    expect(await it_.widgets.statuses(head.sha)).toMatchObject([{ context: "dispatch/review", state: "success" }]);
  },
);

it("is not applied again", SLOW, async () => {
  const [pull] = await it_.widgets.pulls();
  await it_.run();
  expect((await it_.widgets.pull(pull?.number ?? 0)).head.sha).toBe(pull?.head.sha);
});

it.each(["branch:1:before:kill", "branch:1:after:kill", "handover:1:after:kill"])(
  "is applied once, also by who comes after one that died (%s)",
  SLOW,
  async (fault) => {
    const [pull] = await it_.widgets.pulls();
    const [number, before] = [pull?.number ?? 0, pull?.head.sha ?? ""];
    const comments = [suggest(2, `${fault} 1`, `${fault} 2`)];
    await it_.widgets.as("bob").review(number, { event: "REQUEST_CHANGES", body: "", comments });
    const env = { ...it_.hub.env("ada"), GIT_ALLOW_PROTOCOL: "file:http", DISPATCH_FAULT: fault };
    expect((await it_.there.dispatchWith({ env }, "run")).code).not.toBe(0);
    expect((await it_.widgets.pull(number)).head.sha).toBe(before);
    expect((await it_.run()).tasks["1"]).toMatchObject({ state: "ready-for-human", attempts: 1 });
    const { head } = await it_.widgets.pull(number);
    expect((await commitsOf(head.sha)).slice(0, 2)).toEqual([head.sha, before]);
    const [thread] = (await it_.widgets.threads(number)).slice(-1);
    expect(thread?.comments.map(({ author }) => author)).toEqual(["bob", "ada"]);
  },
);

it("is judged as any other change: what fails the checks is the coder's to mend", SLOW, async () => {
  const [pull] = await it_.widgets.pulls();
  const number = pull?.number ?? 0;
  const commits = (await commitsOf(pull?.head.sha ?? "")).length;
  const bob = it_.widgets.as("bob");
  await bob.review(number, { event: "REQUEST_CHANGES", body: "", comments: [suggest(1, "wrong")] });
  const done = await it_.run();
  expect(done.tasks["1"]).toMatchObject({ state: "ready-for-human", attempts: 2 });
  expect(await commitsOf((await it_.widgets.pull(number)).head.sha)).toHaveLength(commits + 2);
  expect(await it_.hub.violations()).toEqual([]);
});
