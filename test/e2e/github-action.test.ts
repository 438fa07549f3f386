import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { cp, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parsePullRequest } from "../../src/domain/pull-request-text.ts";
import { actionSite, type ActionSite, dispatched, openIssues, writesOf } from "../support/action-site.ts";
import { SLOW, until } from "../support/e2e.ts";
import { whyNoFence } from "../support/fence.ts";
import { NODES } from "../support/run-action.ts";

describe("the Action", SLOW, () => {
  it.each(NODES)("makes a pull request of an issue that somebody labelled, on %s", async (_, node) => {
    await using site = await actionSite();
    const [issue = 0] = await openIssues(site, "Say hello");
    const end = await site.step({ node, event: site.event("issues", "labeled") });
    expect(end.log).toContain("1 task: 1 ready-for-human");
    expect(end).toMatchObject({ code: 0, annotations: [] });
    expect(end.outputs).toMatchObject({ verdict: "approve", "findings-count": "0", round: "1" });
    expect(JSON.parse(end.outputs["pull-requests"] ?? "")).toEqual([
      { task: String(issue), number: 2, state: "ready-for-human", url: `${site.repo.htmlUrl}/pull/2` },
    ]);
    expect(end.summary).toContain("| 1: Say hello | ready-for-human | [#2](");
    const [pull] = await site.repo.pulls();
    expect(pull).toMatchObject({ draft: false, author: site.hub.actionsLogin, labels: ["dispatch:ready-for-human"] });
    expect(await site.hub.violations()).toEqual([]);
  });

  it("says what it would do, and does nothing of it", async () => {
    await using site = await actionSite();
    await openIssues(site, "Say hello", "Say goodbye");
    const end = await site.step({ event: dispatched, inputs: { "dry-run": "true" } });
    expect(end.code).toBe(0);
    expect(end.summary).toContain("| 2: Say goodbye | planned |");
    expect(end.outputs).toMatchObject({ verdict: "none", "pull-requests": "[]" });
    expect(writesOf(site)).toEqual([]);
  });

  it("tells blocking findings at their lines, in no words but its own", async () => {
    const finding = { path: "src/1.txt", line: 1, severity: "major", message: "100% wrong\n::error::not mine" };
    const verdict = JSON.stringify({ verdict: "request_changes", findings: [finding] });
    await using site = await actionSite({
      reviewer: `cat > "$DISPATCH_RESULT" <<'END'\n${verdict}\nEND`,
      config: { review: { rounds: 1 } },
    });
    await openIssues(site, "Say hello");
    const end = await site.step({ event: dispatched });
    expect(end.annotations).toEqual([expect.stringMatching(/^::error file=src\/1\.txt,line=1::100%25 wrong/)]);
    expect(end.outputs).toMatchObject({ verdict: "request_changes", "findings-count": "1" });
    expect(end.code).toBe(0);
  });

  it("leaves a word on the issue of what failed, and begins it anew only when somebody puts the label back", async () => {
    await using site = await actionSite({ coder: "exit 3", config: { attempts: 1 } });
    const [issue = 0] = await openIssues(site, "Say hello");
    expect((await site.step({ event: dispatched })).code).toBe(3);
    const [note] = await site.repo.comments(issue);
    expect(note?.body).toContain("No pull request: exit");
    expect((await site.repo.issue(issue)).labels).toEqual(["dispatch:needs-human"]);
    const again = await site.step({ event: dispatched });
    expect(again).toMatchObject({ code: 0 });
    expect(again.log).not.toContain("coder starts");
    await site.repo.as("ada").labelIssue(issue, "dispatch:ready");
    expect((await site.step({ event: dispatched })).log).toContain("coder starts");
    expect(await site.repo.comments(issue)).toHaveLength(1);
    expect(await site.hub.violations()).toEqual([]);
  });

  it("spends no more on a task than its cap, however many runs it takes", async () => {
    const costs = `echo '{"costUsd":3}' > "$DISPATCH_RESULT"`;
    await using site = await actionSite({
      coder: `mkdir -p src; echo "$DISPATCH_ROUND $$" > src/a.txt; ${costs}`,
      config: { budget: { perTask: 5 } },
    });
    await openIssues(site, "Say hello");
    await site.step({ event: dispatched });
    const bob = site.repo.as("bob");
    for (const why of ["first", "second"]) {
      await bob.review(2, { event: "REQUEST_CHANGES", body: why });
      const event = site.event("pull_request_review", "submitted");
      const end = await site.step({ event, inputs: { command: "address" } });
      expect(end.log.includes("coder starts")).toBe(why === "first");
    }
    expect((await site.repo.pull(2)).labels).toEqual(["dispatch:needs-human"]);
  });

  it("finds its way in a checkout that an earlier run used", async () => {
    await using site = await actionSite();
    await openIssues(site, "Say hello");
    const workspace = await site.checkOut();
    await site.step({ event: dispatched, workspace });
    await site.repo.as("bob").review(2, { event: "REQUEST_CHANGES", body: "louder" });
    const before = await site.repo.pull(2);
    const event = site.event("pull_request_review", "submitted");
    expect(await site.step({ event, workspace, inputs: { command: "address" } })).toMatchObject({ code: 0 });
    expect((await site.repo.pull(2)).head.sha).not.toBe(before.head.sha);
  });

  it("wants to know which pull request it is about", async () => {
    await using site = await actionSite();
    const end = await site.step({ event: dispatched, inputs: { command: "address" } });
    expect(end.code).toBe(2);
    expect(end.annotations.join()).toContain("address is about one pull request");
    const wrong = await site.step({ event: dispatched, inputs: { "budget-usd": "much" } });
    expect(wrong.annotations.join()).toContain("budget-usd");
  });

  it("answers what a person asked for, on the same branch", async () => {
    await using site = await actionSite();
    await openIssues(site, "Say hello", "Say goodbye");
    await site.step({ event: dispatched });
    await site.repo.as("bob").comment(3, "/dispatch fix say it louder");
    const before = await site.repo.pull(3);
    const end = await site.step({ event: site.event("issue_comment"), inputs: { command: "address" } });
    expect(end.code).toBe(0);
    const after = await site.repo.pull(3);
    expect(after.head.sha).not.toBe(before.head.sha);
    expect(after.head.ref).toBe(before.head.ref);
    expect(await site.repo.pulls()).toHaveLength(2);
    // It was taken: the same delivery again changes nothing.
    const again = await site.step({ event: site.event("issue_comment"), inputs: { command: "address" } });
    expect(again.log).not.toContain("coder starts");
  });

  it("looks again at what a person pushed, and not twice at the same", async () => {
    await using site = await actionSite();
    await openIssues(site, "Say hello");
    await site.step({ event: dispatched });
    const { head } = await site.repo.pull(2);
    await site.repo.as("bob").push(head.ref, { "src/more.txt": "by bob\n" }, "more");
    const end = await site.step({ event: site.event("pull_request", "synchronize") });
    expect(end.log).toContain("reviewer starts");
    expect(end.log).not.toContain("coder starts");
    const again = await site.step({ event: site.event("pull_request", "synchronize") });
    expect(again.log).toContain("was reviewed at");
  });

  it("puts away what was merged, once, and never begins it again", async () => {
    await using site = await actionSite();
    const [issue = 0] = await openIssues(site, "Say hello");
    await site.step({ event: dispatched });
    await site.repo.as("bob").merge(2, { method: "squash" });
    expect(await site.repo.issue(issue)).toMatchObject({ state: "closed" });
    const end = await site.step({ event: site.event("pull_request", "closed") });
    expect(end).toMatchObject({ code: 0 });
    expect((await site.repo.pull(2)).labels).toEqual([]);
    await site.repo
      .as("bob")
      .deleteBranch("dispatch/1--say-hello")
      .catch(() => undefined);
    await site.repo.as("ada").reopen(issue);
    await site.repo.as("ada").labelIssue(issue, "dispatch:ready");
    const before = writesOf(site).length;
    const again = await site.step({ event: dispatched });
    expect(again.log).not.toContain("coder starts");
    expect(writesOf(site).slice(before)).toEqual([]);
  });

  it("reads configuration and agents of the base, whatever the branch of a pull request says", async () => {
    await using site = await actionSite();
    await openIssues(site, "Say hello");
    await site.step({ event: dispatched });
    const { head } = await site.repo.pull(2);
    const owned = join(site.temp, "owned");
    const reviewer = { role: "reviewer", engine: "command", command: ["touch", owned] };
    const evil = { "dispatch.jsonc": JSON.stringify({ agents: { reviewer } }) };
    await site.repo.as("bob").push(head.ref, evil, "evil");
    const end = await site.step({ ref: head.ref, event: site.event("pull_request", "synchronize") });
    expect(end.log).toContain("reviewer approves");
    expect(existsSync(owned)).toBe(false);
  });

  it.skipIf(whyNoFence !== null)("has all it needs inside the fence, its gateway too", async () => {
    const config = { sandbox: "required" };
    await using site = await actionSite({ config, agent: { network: ["localhost:9"] } });
    await openIssues(site, "Say hello");
    const end = await site.step({ event: dispatched });
    expect(end.log).toContain("1 task: 1 ready-for-human");
  });
});

describe("a person's own pull request", SLOW, () => {
  const finding = { path: "src/own.txt", line: 1, severity: "major", message: "say please" };
  const verdict = JSON.stringify({ verdict: "request_changes", findings: [finding] });
  const reviewer = `cat > "$DISPATCH_RESULT" <<'END'\n${verdict}\nEND`;

  it.each([["in one job"], ["in two halves"]])("is reviewed once for each commit, %s", async (how) => {
    await using site = await actionSite({ reviewer });
    const bob = site.repo.as("bob");
    const head = await bob.push("own", { "src/own.txt": "more\n" }, "own");
    const number = await bob.openPullRequest({ head: "own", title: "My own" });
    const workspace = await site.checkOut();
    const inputs: Record<string, string> = how === "in one job" ? {} : { outbox: "outbox" };
    const end = await site.step({ event: site.event("pull_request", "opened"), workspace, inputs });
    expect(end).toMatchObject({ code: 0, outputs: { verdict: "request_changes", "findings-count": "1" } });
    expect(end.annotations).toEqual(["::error file=src/own.txt,line=1::say please"]);
    if (how === "in two halves") {
      expect(writesOf(site)).toEqual([]);
      const outbox = join(workspace, "outbox");
      const applied = await site.step({ event: dispatched, inputs: { command: "apply", outbox } });
      expect(applied).toMatchObject({ code: 0, annotations: [] });
    }
    expect(await site.repo.reviews(number)).toMatchObject([{ state: "COMMENTED", commit: head }]);
    expect(await site.repo.threads(number)).toMatchObject([{ path: "src/own.txt", line: 1 }]);
    expect(await site.repo.checkRuns(head)).toMatchObject([{ name: "dispatch/review", conclusion: "failure" }]);
    const before = writesOf(site).length;
    const again = await site.step({ event: site.event("pull_request", "opened") });
    expect(again.log).toContain("was reviewed at");
    expect(writesOf(site).length).toBe(before);
  });
});

describe("nobody else starts anything", SLOW, () => {
  const starts = async (site: ActionSite, event: ReturnType<ActionSite["event"]>, why: RegExp): Promise<void> => {
    const before = writesOf(site).length;
    const end = await site.step({ event, inputs: event.name === "pull_request" ? {} : { command: "address" } });
    expect(end.log).toMatch(why);
    expect(end.summary).toMatch(/Nothing was started/);
    expect(end.outputs).toEqual({ "pull-requests": "[]", verdict: "none", "findings-count": "0" });
    expect(end.log).not.toMatch(/(?:coder|reviewer) starts/);
    expect(end.code).toBe(0);
    expect(writesOf(site).length).toBe(before);
  };

  it("neither an outsider's comment or label, nor a bot's, nor a fork, nor words that are no order", async () => {
    await using site = await actionSite();
    const [issue = 0] = await openIssues(site, "Say hello");
    await site.step({ event: dispatched });
    const [ada, eve] = [site.repo.as("ada"), site.repo.as("eve")];
    await eve.comment(2, "/dispatch fix everything");
    await starts(site, site.event("issue_comment"), /eve may not write here/);
    await ada.comment(2, "<!-- /dispatch fix hidden --> nice");
    await starts(site, site.event("issue_comment"), /no order/);
    await ada.comment(issue, "/dispatch fix it");
    await starts(site, site.event("issue_comment"), /beside pull requests/);
    const bots = site.event("issue_comment");
    const app = { login: site.hub.app.login, type: "Bot" };
    const payload = {
      ...(bots.payload as object),
      issue: { number: 2, pull_request: {} },
      comment: { user: app, body: "/dispatch fix" },
    };
    await starts(site, { ...bots, payload }, /is no person/);
    const fork = await eve.fork();
    await fork.as("eve").push("dispatch/1--say-hello", { "x.txt": "x" }, "x");
    await eve.openPullRequest({ head: "eve:dispatch/1--say-hello", title: "mine" });
    await starts(site, site.event("pull_request", "opened"), /a fork/);
    const number = (await site.repo.pulls()).at(-1)?.number ?? 0;
    await ada.comment(number, "/dispatch fix it");
    await starts(site, site.event("issue_comment"), /comes from a fork/);
    await starts(site, { name: "pull_request_target", payload: {} }, /no event that starts work/);
    expect(await site.hub.violations()).toEqual([]);
  });
});

describe("in two halves", SLOW, () => {
  const half = { command: "run", outbox: "outbox" };

  /** `permissions: contents: read` and the like is all it gets. */
  async function agentHalf(site: ActionSite): Promise<string> {
    const workspace = await site.checkOut();
    site.repo.setPermission(site.hub.actionsLogin, "read");
    const end = await site.step({ event: dispatched, workspace, inputs: half });
    site.repo.setPermission(site.hub.actionsLogin, "write");
    expect(end).toMatchObject({ code: 0, annotations: [] });
    return join(workspace, "outbox");
  }

  const publish = async (site: ActionSite, outbox: string) =>
    await site.step({ event: dispatched, inputs: { command: "apply", outbox } });

  it("the one with the agents writes nothing, and the other does it all, once", async () => {
    await using site = await actionSite();
    await openIssues(site, "Say hello", "Say goodbye");
    const outbox = await agentHalf(site);
    expect(writesOf(site)).toEqual([]);
    const end = await publish(site, outbox);
    expect(end).toMatchObject({ code: 0, annotations: [] });
    const told = JSON.parse(end.outputs["pull-requests"] ?? "") as readonly { readonly number: number }[];
    expect(told.map(({ number }) => number).toSorted((a, b) => a - b)).toEqual([3, 4]);
    const pulls = await site.repo.pulls();
    expect(pulls.map(({ draft, labels }) => ({ draft, labels }))).toEqual(
      pulls.map(() => ({ draft: false, labels: ["dispatch:ready-for-human"] })),
    );
    expect(await site.repo.checkRuns(pulls[0]?.head.sha)).toMatchObject([{ conclusion: "success" }]);
    const before = writesOf(site).length;
    expect(await publish(site, outbox)).toMatchObject({ code: 0 });
    expect(writesOf(site).slice(before)).toEqual([]);
    expect(await site.hub.violations()).toEqual([]);
  });

  it("hands over what was finished before GitHub took no more", async () => {
    await using site = await actionSite({
      // The second waits until the first has asked GitHub all that it had to ask.
      reviewer: `[ "$DISPATCH_TASK_ID" = 1 ] || { while [ ! -e "\${0%/*}/go" ]; do sleep 0.1; done; sleep 1; }; echo '{"verdict":"approve"}' > "$DISPATCH_RESULT"`,
    });
    await openIssues(site, "Say hello", "Say goodbye");
    const workspace = await site.checkOut();
    const fault = site.hub.fail({
      method: "GET",
      path: /\/branches|\/pulls/,
      status: 401,
      skip: 6,
      times: 99,
      login: site.hub.actionsLogin,
    });
    const ending = site.step({ event: dispatched, workspace, inputs: half });
    await until(() => site.hub.journal.filter(({ path }) => path.endsWith("/pulls")).length >= 6);
    await writeFile(join(site.temp, "agents", "go"), "");
    const end = await ending;
    fault.remove();
    expect(end.code).toBe(4);
    expect(end.annotations.join()).toMatch(/^::error::http.* does not accept the token/);
    const outbox = join(workspace, "outbox");
    expect(await publish(site, outbox)).toMatchObject({ code: 0, annotations: [] });
    expect((await site.repo.pulls()).map(({ head }) => head.ref)).toEqual(["dispatch/1--say-hello"]);
    expect(await site.hub.violations()).toEqual([]);
  });

  it("is woken by itself where something is left, and does not break over lost answers", async () => {
    await using site = await actionSite();
    await openIssues(site, "Say hello");
    const outbox = await agentHalf(site);
    const file = join(outbox, "intents.json");
    const left = JSON.parse(await readFile(file, "utf8")) as Doctored;
    await writeFile(file, JSON.stringify({ ...left, again: true }));
    for (const path of [/\/pulls$/, /\/comments$/, /\/check-runs$/])
      site.hub.fail({ method: "POST", path, status: 502, afterEffect: true });
    const payload = { repository: { full_name: site.repo.fullName, default_branch: "main" } };
    const event = { name: "workflow_dispatch", payload };
    const end = await site.step({ event, inputs: { command: "apply", outbox } });
    expect(end).toMatchObject({ code: 0, annotations: [] });
    expect(site.repo.dispatches).toMatchObject([{ workflow: "dispatch.yml", ref: "main" }]);
    expect(await site.hub.violations()).toEqual([]);
  });

  it("answers people in halves, too", async () => {
    await using site = await actionSite();
    await openIssues(site, "Say hello");
    await publish(site, await agentHalf(site));
    await site.repo.as("bob").review(2, {
      event: "REQUEST_CHANGES",
      body: "louder",
      comments: [{ path: "src/1.txt", line: 1, body: "here" }],
    });
    const before = await site.repo.pull(2);
    expect((await publish(site, await agentHalf(site))).outputs["round"]).toBe("2");
    const after = await site.repo.pull(2);
    expect(after.head.sha).not.toBe(before.head.sha);
    expect(parsePullRequest(after.body)?.rounds).toBe(2);
    expect(after.requestedReviewers).toEqual(["bob"]);
    const [thread] = await site.repo.threads(2);
    expect(thread?.comments).toHaveLength(2);
    expect(site.repo.dispatches).toEqual([]);
  });

  it("hands over what people suggest as a commit in their name, without an agent", async () => {
    await using site = await actionSite();
    await openIssues(site, "Say hello");
    await publish(site, await agentHalf(site));
    const before = await site.repo.pull(2);
    const comment = { path: "src/1.txt", line: 1, body: "```suggestion\nhello, all\n```" };
    await site.repo.as("bob").review(2, { event: "REQUEST_CHANGES", body: "", comments: [comment] });
    const outbox = await agentHalf(site);
    expect((await site.repo.pull(2)).head.sha).toBe(before.head.sha);
    expect(await publish(site, outbox)).toMatchObject({ code: 0, annotations: [] });
    const { head, body, requestedReviewers } = await site.repo.pull(2);
    const git = async (...args: readonly string[]): Promise<string> =>
      (await promisify(execFile)("git", ["-C", site.repo.bare, ...args])).stdout;
    expect(await git("rev-parse", `${head.sha}^`)).toBe(`${before.head.sha}\n`);
    expect(await git("show", `${head.sha}:src/1.txt`)).toBe("hello, all\n");
    expect(await git("log", "-1", "--format=%B", head.sha)).toMatch(/Co-authored-by: bob <\d+\+bob@users\.noreply\./);
    expect(parsePullRequest(body)).toMatchObject({ rounds: 2, attempts: 1 });
    expect(requestedReviewers).toEqual(["bob"]);
    expect((await site.repo.threads(2))[0]?.comments.at(-1)?.body).toContain(head.sha);
    // Whoever publishes again, or finds it done, asks them to look again at most.
    const count = writesOf(site).length;
    expect(await publish(site, outbox)).toMatchObject({ code: 0 });
    await publish(site, await agentHalf(site));
    expect(
      writesOf(site)
        .slice(count)
        .filter((one) => !one.endsWith("/requested_reviewers")),
    ).toEqual([]);
    expect(await site.hub.violations()).toEqual([]);
  });

  interface Doctored {
    readonly intents: Record<string, unknown>[];
    again: boolean;
  }
  const refusals: readonly (readonly [string, RegExp, (outbox: Doctored, base: string) => void])[] = [
    ["another branch", /no branch of 1/, ({ intents }) => void (intents[0]!["branch"] = "main")],
    ["somebody's commit", /no commit of ours/, ({ intents }, base) => void (intents[0]!["commit"] = base)],
    [
      "a task that nobody gave",
      /neither in the backlog/,
      ({ intents }) => void intents.unshift({ verb: "state", task: "99", pr: null, state: null }),
    ],
    [
      "a pull request that is not ours",
      /no pull request of ours/,
      ({ intents }) => void intents.unshift({ verb: "comment", pr: 77, key: "k", body: "b", by: "b" }),
    ],
    [
      "a secret in words",
      /a secret would be published/,
      ({ intents }) =>
        void intents.push({ verb: "comment", pr: 1_000_000_001, key: "k", body: `ghp_${"a1B2".repeat(9)}`, by: "b" }),
    ],
  ];
  describe("an outbox that somebody changed", () => {
    let site: ActionSite;
    let made = "";
    beforeAll(async () => {
      site = await actionSite();
      await openIssues(site, "Say hello");
      made = await agentHalf(site);
    });
    afterAll(async () => await site[Symbol.asyncDispose]());
    let changed = 0;
    const publishChanged = async (change: (outbox: Doctored, base: string) => void) => {
      const outbox = join(site.temp, `outbox-${(changed += 1)}`);
      await cp(made, outbox, { recursive: true });
      const file = join(outbox, "intents.json");
      const doctored = JSON.parse(await readFile(file, "utf8")) as Doctored;
      change(doctored, (await site.repo.head("main")) ?? "");
      await writeFile(file, JSON.stringify(doctored));
      return await publish(site, outbox);
    };

    it.each([
      ["a verb that there is not", { verb: "merge", pr: 1 }],
      ["more than its words", { verb: "state", task: "1", pr: null, state: null, labels: ["admin"] }],
    ])("is not obeyed at all where one intent has %s", async (_, extra) => {
      expect((await publishChanged(({ intents }) => void intents.push(extra))).code).toBe(2);
      expect(writesOf(site)).toEqual([]);
    });

    it.each(refusals)("is not obeyed where it names %s", async (_, why, change) => {
      const end = await publishChanged(change);
      expect(end.code).toBe(1);
      expect(end.annotations.join("\n")).toMatch(why);
    });
  });

  it("publishes no protected file, whoever vouched for it", async () => {
    // The agent half was told that nothing is protected.
    await using site = await actionSite({
      coder: "mkdir -p .github/workflows; echo on: push > .github/workflows/x.yml",
    });
    await openIssues(site, "Say hello");
    const workspace = await site.checkOut();
    const env = { DISPATCH_POLICY__PROTECTED: "[]" };
    await site.step({ event: dispatched, workspace, inputs: half, env });
    const end = await publish(site, join(workspace, "outbox"));
    expect(end.annotations.join("\n")).toMatch(/\.github\/workflows\/x\.yml/);
    expect(await site.repo.pulls()).toEqual([]);
  });
});
