import { chmod, readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { openRemoteRefs } from "../../../src/adapters/git/remote-refs.ts";
import { tryMerge } from "../../../src/adapters/local-forge/merge.ts";
import { originRefs } from "../../../src/adapters/local-forge/origin-refs.ts";
import { openShelf } from "../../../src/adapters/local-forge/shelf.ts";
import type { Forge, PullRequest, PullRequestDraft } from "../../../src/ports/forge.ts";
import { caught } from "../../support/caught.ts";
import { gitIn, type GitRepoOptions, printCheckout, readRefs } from "../../support/git-repo.ts";
import { type LocalWorld, localWorld } from "../../support/local-world.ts";
import { opened } from "../../support/open-git.ts";

let worlds: LocalWorld[] = [];
afterEach(async () => {
  for (const world of worlds) await world[Symbol.asyncDispose]();
  worlds = [];
});

async function open(options?: GitRepoOptions): Promise<LocalWorld> {
  const world = await localWorld(options);
  worlds.push(world);
  return world;
}

async function openPullRequest(world: LocalWorld, task: string, forge: Forge = world.forge): Promise<PullRequest> {
  const branch = `dispatch/${task}--x`;
  const head = await world.commit(branch, { [`${task}.txt`]: "new\n" });
  return forge.ensurePullRequest({ task, title: `Do ${task}`, body: "", branch, base: world.base, head, draft: false });
}

/** Kind of each event, oldest first. */
async function kinds(world: LocalWorld, number: number): Promise<readonly string[]> {
  const ref = `refs/dispatch/pr/${number}`;
  const commits = (await gitIn(world.hub, "rev-list", "--reverse", "--first-parent", ref)).split("\n").slice(1);
  const events = await Promise.all(commits.map((commit) => gitIn(world.hub, "show", `${commit}:event.json`)));
  return events.map((text) => (JSON.parse(text) as { kind: string }).kind);
}

describe("a local pull request", () => {
  it.each([{}, { origin: null }] as const)("is a chain of events that only grows (%j)", async (options) => {
    const world = await open(options);
    const { forge } = world;
    const { number, head } = await openPullRequest(world, "a");
    const tips = [(await readRefs(world.hub))["refs/dispatch/pr/1"]];
    await forge.ensureComment(number, "k", "text", "bot");
    await forge.review(number, "approve", head, "human", "");
    tips.push((await readRefs(world.hub))["refs/dispatch/pr/1"]);
    await forge.merge(number, head, "human");
    expect(await kinds(world, number)).toEqual(["opened", "commented", "reviewed", "merged"]);
    for (const tip of tips) await gitIn(world.hub, "merge-base", "--is-ancestor", String(tip), "refs/dispatch/pr/1");
    expect(await gitIn(world.hub, "ls-tree", "--name-only", "refs/dispatch/pr/1")).toBe("event.json");
    expect(await gitIn(world.hub, "log", "-1", "--format=%an <%ae> %cn %ct", "refs/dispatch/pr/1")).toBe(
      `dispatch <dispatch@localhost> dispatch ${Date.UTC(2026, 0, 2) / 1000}`,
    );
    await gitIn(world.hub, "fsck", "--strict");
  });

  it("cannot be looked at by a stranger's reviewer once it has ended: its branch goes then", async () => {
    const { forge, ...world } = await open();
    const { number, head } = await openPullRequest({ forge, ...world }, "a");
    expect(await forge.fetchForeign(number)).toMatchObject({ number, head });
    await forge.merge(number, head, "human");
    expect(await caught(() => forge.fetchForeign(number))).toMatchObject({
      code: "pull_request_ended",
      message: expect.stringMatching(/#1.*merged/) as string,
    });
  });

  it("is left alone by whatever changes nothing", async () => {
    const world = await open();
    const { number, head, body } = await openPullRequest(world, "a");
    const draft = { task: "a", title: "Do a", body, branch: "dispatch/a--x", base: world.base, head, draft: false };
    for (let repeats = 0; repeats < 2; repeats += 1) {
      await world.forge.ensurePullRequest(draft);
      await world.forge.ensureComment(number, "k", "text", "bot");
      await world.forge.review(number, "request_changes", head, "human", "no");
    }
    for (let repeats = 0; repeats < 2; repeats += 1) await world.forge.close(number, "human", "no");
    await world.forge.ensurePullRequest({ ...draft, title: "New" });
    expect(await kinds(world, number)).toEqual(["opened", "commented", "reviewed", "closed"]);
  });

  it("keeps its head alive when the branch is gone", async () => {
    const world = await open();
    const { head } = await openPullRequest(world, "a");
    await gitIn(world.hub, "branch", "-D", "dispatch/a--x");
    await gitIn(world.hub, "gc", "-q", "--prune=now");
    expect(await gitIn(world.hub, "cat-file", "-t", head)).toBe("commit");
  });

  it("is read again after the user's git threw our copies away", async () => {
    const world = await open();
    const { number } = await openPullRequest(world, "a");
    const other = await world.openOther();
    const before = await other.fetchPullRequests();
    await world.forge.fetchPullRequests();
    for (const clone of ["clone-1", "checkout"]) {
      await gitIn(join(world.repo.temp, clone), "gc", "-q", "--prune=now");
    }
    expect(await other.fetchPullRequests()).toEqual(before);
    await world.forge.ensureComment(number, "k", "still works", "bot");
    expect(await other.fetchPullRequests()).toEqual(before);
    expect(await other.merge(number, before[0]?.head ?? "", "human")).toMatchObject({ state: "merged" });
  });

  it("leaves the user's repository as it was: checkout, index, config, refs, FETCH_HEAD", async () => {
    const world = await open();
    const { repo, forge } = world;
    await repo.write({ "a.txt": "dirty\n", "untracked.txt": "u\n" });
    await repo.git("add", "untracked.txt");
    const { number, head, body } = await openPullRequest(world, "a");
    await world.commit(world.base, { "base.txt": "moved\n" });
    const print = await repo.print();
    const files = await readdir(join(repo.dir, ".git"));
    await forge.ensurePullRequest({
      task: "a",
      title: "T",
      body,
      branch: "dispatch/a--x",
      base: "main",
      head,
      draft: true,
    });
    await forge.ensureComment(number, "k", "text", "bot");
    await forge.review(number, "approve", head, "human", "");
    await forge.fetchPullRequests();
    await forge.merge(number, head, "human");
    await forge.fetchPullRequest(number);
    expect(await repo.print()).toEqual(print);
    expect(await readdir(join(repo.dir, ".git"))).toEqual(files);
    const own = Object.keys(await repo.refs()).filter((ref) => ref.startsWith("refs/dispatch/pr"));
    expect(own).toEqual([]);
  });

  it("is shared by all clones of one origin, and survives its opener", async () => {
    const world = await open();
    const pullRequest = await openPullRequest(world, "a");
    const other = await world.openOther();
    expect(await other.fetchPullRequests()).toEqual([pullRequest]);
    expect(await other.ensurePullRequest(pullRequest)).toEqual(pullRequest);
    await other.review(pullRequest.number, "approve", pullRequest.head, "human", "");
    expect(await world.forge.fetchPullRequests()).toMatchObject([{ review: "approved" }]);
    expect(await other.merge(pullRequest.number, pullRequest.head, "human")).toMatchObject({ state: "merged" });
    expect(await world.forge.fetchPullRequests()).toMatchObject([{ state: "merged" }]);
  });
});

describe("racing dispatchers", () => {
  it.each([{}, { origin: null }] as const)(
    "open each pull request once, under numbers without gaps (%j)",
    async (options) => {
      const world = await open(options);
      const forges = [world.forge, await world.openOther(), await world.openOther()];
      const drafts: PullRequestDraft[] = [];
      for (const task of ["a", "b", "c", "d"]) {
        const branch = `dispatch/${task}--x`;
        const head = await world.commit(branch, { [`${task}.txt`]: "new\n" });
        drafts.push({ task, title: task, body: "", branch, base: world.base, head, draft: false });
      }
      const all = await Promise.all(forges.flatMap((forge) => drafts.map((draft) => forge.ensurePullRequest(draft))));
      const numbers = new Map(all.map(({ task, number }) => [task, number]));
      expect(all.every(({ task, number }) => numbers.get(task) === number)).toBe(true);
      expect([...numbers.values()].sort((a, b) => a - b)).toEqual([1, 2, 3, 4]);
      expect(await world.forge.fetchPullRequests()).toHaveLength(4);
    },
  );

  it("lose no word of each other", async () => {
    const world = await open();
    const { number } = await openPullRequest(world, "a");
    const other = await world.openOther();
    const words = [1, 2, 3].flatMap((n) => [
      world.forge.ensureComment(number, `here-${n}`, `here ${n}`, "here"),
      other.ensureComment(number, `there-${n}`, `there ${n}`, "there"),
    ]);
    await Promise.all(words);
    expect((await world.forge.fetchPullRequest(number))?.comments.map(({ body }) => body).sort()).toEqual([
      "here 1",
      "here 2",
      "here 3",
      "there 1",
      "there 2",
      "there 3",
    ]);
  });

  it.each([{}, { origin: null }] as const)("merge one after the other, and nothing is lost (%j)", async (options) => {
    const world = await open(options);
    const all = [
      await openPullRequest(world, "a"),
      await openPullRequest(world, "b"),
      await openPullRequest(world, "c"),
    ];
    const other = await world.openOther();
    const merged = await Promise.all(
      all.flatMap(({ number, head }) => [world.forge, other].map((forge) => forge.merge(number, head, "human"))),
    );
    expect(merged.every(({ state }) => state === "merged")).toBe(true);
    const { commit } = await world.readBase();
    for (const task of ["a", "b", "c"]) expect(await world.readFile(commit, `${task}.txt`)).toBe("new\n");
    expect(await gitIn(world.hub, "rev-list", "--merges", "--count", commit)).toBe("3");
    for (const { number } of all) expect(await kinds(world, number)).toEqual(["opened", "merged"]);
  });
});

describe("a base that is checked out", () => {
  it("in a repository without origin is not moved; the hint merges there", async () => {
    const world = await open({ origin: null });
    const { number, head } = await openPullRequest(world, "a");
    await world.repo.git("switch", "-q", world.base);
    const print = await world.repo.print();
    const error = await caught(world.forge.merge(number, head, "human"));
    expect(error).toMatchObject({ code: "base_checked_out", facts: { path: world.repo.dir } });
    expect(error.message).toContain(world.repo.dir);
    expect(await world.repo.print()).toEqual(print);
    expect(await world.forge.fetchPullRequests()).toMatchObject([{ state: "open" }]);

    const [, words = ""] = /git -C '.*?' (merge .*?) {3}or /.exec(error.hint) ?? [];
    const [, before = "", message = "", commit = ""] = /^(.*) -m '(.*)' (\w+)$/.exec(words) ?? [];
    await world.repo.git(...before.split(" "), "-m", message, commit);
    const mergeCommit = await world.repo.commitId("HEAD");
    expect(await world.forge.fetchPullRequests()).toMatchObject([{ state: "merged", mergeCommit }]);
  });

  it("in a linked worktree is not moved either", async () => {
    const world = await open({ origin: null });
    const { number, head } = await openPullRequest(world, "a");
    const path = join(world.repo.temp, "linked");
    await world.repo.git("worktree", "add", "-q", path, world.base);
    expect(await caught(world.forge.merge(number, head, "human"))).toMatchObject({
      code: "base_checked_out",
      facts: { path },
    });
  });

  it("nowhere is moved in a repository without origin, whatever lies in the checkout", async () => {
    const world = await open({ origin: null });
    const { number, head } = await openPullRequest(world, "a");
    await world.repo.git("switch", "-q", "-c", "mine");
    await world.repo.write({ "a.txt": "dirty\n", "u.txt": "u\n" });
    const { foreignRefs: _, ...print } = await world.repo.print();
    const { mergeCommit } = await world.forge.merge(number, head, "human");
    expect(await world.repo.commitId("main")).toBe(mergeCommit);
    expect(await world.repo.print()).toMatchObject(print);
    expect(await world.repo.git("log", "-1", "--format=%B", "main")).toBe(
      "Merge pull request #1 from dispatch/a--x\n\nDo a\n",
    );
    expect(await world.repo.git("reflog", "-1", "--format=%gs", "main")).toBe("merge of pull request #1");
  });

  it.each(["refuse", "ignore", "updateInstead"])("in origin is left alone though origin says %s", async (policy) => {
    const world = await open({ origin: "work" });
    const { number, head } = await openPullRequest(world, "a");
    await gitIn(world.hub, "switch", "-q", world.base);
    await gitIn(world.hub, "config", "receive.denyCurrentBranch", policy);
    const print = await printCheckout(world.hub);
    const error = await caught(world.forge.merge(number, head, "human"));
    expect(error).toMatchObject({ code: "base_checked_out", facts: { path: world.hub } });
    expect(await printCheckout(world.hub)).toEqual(print);
    expect(await world.forge.fetchPullRequests()).toMatchObject([{ state: "open" }]);
  });

  it("behind a network is told by origin's refusal", async () => {
    const world = await open({ origin: "work" });
    const { number, head } = await openPullRequest(world, "a");
    await gitIn(world.hub, "switch", "-q", world.base);
    const { doors, place, fetchBase } = await opened(world.repo);
    const urls = { fetchUrl: world.hub, pushUrl: world.hub };
    const remote = openRemoteRefs({
      ...urls,
      gitDir: doors.orchDir,
      objects: doors.objects,
      env: process.env,
      signal: undefined,
    });
    const host = originRefs({ doors, remote, pushUrl: "git@example.invalid:a.git", fetchBase });
    expect(place.origin).toEqual(urls);
    const shelf = await openShelf({ doors, host, readBase: async () => world.base }).fetch();
    const entry = shelf.entries.get(number);
    const stamp = { v: 1 as const, at: "2026-01-02T00:00:00.000Z", by: "human" };
    const error = await caught(tryMerge({ doors, host }, { entry: entry!, shelf, head, stamp }));
    expect(error).toMatchObject({ code: "base_checked_out", facts: { path: null } });
    expect(await world.forge.fetchPullRequests()).toMatchObject([{ state: "open" }]);
  });

  it("nowhere is moved in an origin that has a checkout of something else", async () => {
    const world = await open({ origin: "work", base: "master" });
    const { number, head } = await openPullRequest(world, "a");
    const { foreignRefs: _, ...print } = await printCheckout(world.hub);
    const { mergeCommit } = await world.forge.merge(number, head, "human");
    expect((await world.readBase()).commit).toBe(mergeCommit);
    expect(await printCheckout(world.hub)).toMatchObject(print);
  });
});

describe("a merge by somebody else", () => {
  it("is seen as fast-forward, and inside another branch", async () => {
    const world = await open();
    const a = await openPullRequest(world, "a");
    await gitIn(world.hub, "update-ref", "refs/heads/main", a.head);
    const b = await openPullRequest(world, "b");
    const c = await openPullRequest(world, "c");
    const tree = await gitIn(world.hub, "merge-tree", "--write-tree", b.head, c.head);
    const both = await gitIn(world.hub, "commit-tree", tree, "-p", b.head, "-p", c.head, "-m", "both");
    await gitIn(world.hub, "branch", "both", both);
    const mergeCommit = await world.mergeElsewhere("both");
    expect(await world.forge.fetchPullRequests()).toMatchObject([
      { number: a.number, state: "merged", mergeCommit: a.head },
      { number: b.number, state: "merged", mergeCommit },
      { number: c.number, state: "merged", mergeCommit },
    ]);
  });

  it("goes into whichever base the pull request names", async () => {
    const world = await open();
    await gitIn(world.hub, "branch", "next", "main");
    const head = await world.commit("dispatch/a--x", { "a2.txt": "new\n" });
    const draft = { task: "a", title: "a", body: "", branch: "dispatch/a--x", base: "next", head, draft: false };
    const { number } = await world.forge.ensurePullRequest(draft);
    expect(await world.forge.merge(number, head, "human")).toMatchObject({ state: "merged", base: "next" });
    expect(await gitIn(world.hub, "merge-base", "--is-ancestor", head, "next")).toBe("");
    expect((await world.readBase()).parents).toEqual([]);
  });
});

describe("what does not fit", () => {
  it("a base that is not there is named", async () => {
    const world = await open();
    const head = await world.commit("dispatch/a--x", { "a2.txt": "new\n" });
    const draft = { task: "a", title: "a", body: "", branch: "dispatch/a--x", base: "gone", head, draft: false };
    expect(await caught(world.forge.ensurePullRequest(draft))).toMatchObject({
      code: "unknown_base",
      facts: { base: "gone" },
    });
  });

  it("names and ids that git must not see are refused", async () => {
    const world = await open();
    const { head } = await openPullRequest(world, "a");
    const draft = { task: "a", title: "a", body: "", branch: "dispatch/a--x", base: "main", head, draft: false };
    const code = async (change: Partial<typeof draft>): Promise<string> =>
      (await caught(world.forge.ensurePullRequest({ ...draft, ...change }))).code;
    expect(await code({ branch: "--upload-pack=x" })).toBe("invalid_branch");
    expect(await code({ base: "a b" })).toBe("invalid_branch");
    expect(await code({ head: "HEAD" })).toBe("invalid_object_id");
  });

  it("a ref of ours that holds something else is named, and stray names are passed over", async () => {
    const world = await open();
    await openPullRequest(world, "a");
    await gitIn(world.hub, "update-ref", "refs/dispatch/pr/notes", "main");
    await gitIn(world.hub, "update-ref", "refs/dispatch/pr/01", "main");
    expect(await world.forge.fetchPullRequests()).toHaveLength(1);
    await gitIn(world.hub, "update-ref", "refs/dispatch/pr/2", "main");
    const error = await caught(world.forge.fetchPullRequests());
    expect(error).toMatchObject({ code: "pull_request_invalid", facts: { ref: "refs/dispatch/pr/2" } });
  });

  it("a push that origin's hook declines says so, and is not tried for ever", async () => {
    const world = await open();
    const { number, head } = await openPullRequest(world, "a");
    const hook = join(world.hub, "hooks", "update");
    await writeFile(hook, '#!/bin/sh\necho "called $1" >> calls\nexit 1\n');
    await chmod(hook, 0o755);
    const base = await world.readBase();
    expect(await caught(world.forge.merge(number, head, "human"))).toMatchObject({ code: "push_rejected" });
    expect(await caught(world.forge.close(number, "human", ""))).toMatchObject({ code: "push_rejected" });
    expect(await world.readBase()).toEqual(base);
    expect(await world.forge.fetchPullRequests()).toMatchObject([{ state: "open" }]);
  });

  it("an origin that is gone is said to be out of reach", async () => {
    const world = await open();
    await gitIn(world.repo.temp, "config", "--file", join(world.hub, "config"), "core.repositoryformatversion", "99");
    expect(await caught(world.forge.fetchPullRequests())).toMatchObject({ code: "origin_unreachable" });
  });
});
