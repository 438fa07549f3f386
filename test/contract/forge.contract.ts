import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Forge, PullRequest, PullRequestDraft } from "../../src/ports/forge.ts";
import { caught } from "../support/caught.ts";

export type Files = Readonly<Record<string, string>>;

/** A forge with the repository behind it, as somebody beside dispatch sees and changes it. */
export interface ForgeWorld extends AsyncDisposable {
  readonly forge: Forge;
  /** Name of the base branch. */
  readonly base: string;
  /** Commits files on a branch (new ones begin at the base) and publishes it where the forge sees it. */
  commit(branch: string, files: Files): Promise<string>;
  /** Publishes a branch that is where this commit is. */
  place(branch: string, commit: string): Promise<void>;
  /** Where the base is on the forge. */
  readBase(): Promise<{ readonly commit: string; readonly parents: readonly string[] }>;
  /** null when it is not there. */
  readFile(commit: string, path: string): Promise<string | null>;
  /** Somebody merges the branch into the base without dispatch; gives the merge commit. */
  mergeElsewhere(branch: string): Promise<string>;
}

/** What every forge keeps. `open` makes a world whose base has `a.txt` with the lines 1 to 9. */
export function describeForge(name: string, open: () => Promise<ForgeWorld>): void {
  describe(`the forge (${name})`, () => {
    let world: ForgeWorld;
    let forge: Forge;
    beforeEach(async () => {
      world = await open();
      forge = world.forge;
    });
    afterEach(async () => {
      await world[Symbol.asyncDispose]();
    });

    const branchOf = (task: string): string => `dispatch/${task.toLowerCase()}--work`;

    async function draftOf(task: string, files: Files = { [`${task}.txt`]: "new\n" }): Promise<PullRequestDraft> {
      const branch = branchOf(task);
      const head = await world.commit(branch, files);
      return { task, title: `Do ${task}`, body: `Why ${task} 🚀\n\n- é`, branch, base: world.base, head, draft: false };
    }

    async function opened(task: string, files?: Files): Promise<PullRequest> {
      return forge.ensurePullRequest(await draftOf(task, files));
    }

    describe("ensuring a pull request", () => {
      it("opens one that says what was asked for", async () => {
        const draft = await draftOf("A");
        const pullRequest = await forge.ensurePullRequest(draft);
        expect(pullRequest).toMatchObject(draft);
        expect(pullRequest).toMatchObject({ state: "open", review: "pending", reviewedHead: null, mergeCommit: null });
        expect(pullRequest.number).toBeGreaterThan(0);
        expect(await forge.fetchPullRequests()).toEqual([pullRequest]);
        expect(await forge.fetchPullRequest(pullRequest.number)).toEqual({ ...pullRequest, comments: [], asked: null });
      });

      it("finds it again when it is repeated", async () => {
        const draft = await draftOf("A");
        const first = await forge.ensurePullRequest(draft);
        expect(await forge.ensurePullRequest(draft)).toEqual(first);
        expect(await forge.fetchPullRequests()).toHaveLength(1);
      });

      it("brings head, title, body and draft up to date", async () => {
        const first = await opened("A");
        const head = await world.commit(branchOf("A"), { "more.txt": "more\n" });
        const next = { ...(await draftOf("A", { "most.txt": "most\n" })), title: "Other", body: "", draft: true };
        expect(next.head).not.toBe(head);
        const updated = await forge.ensurePullRequest(next);
        expect(updated).toEqual({ ...first, ...next });
        expect(await forge.fetchPullRequests()).toEqual([updated]);
        expect(await forge.ensurePullRequest({ ...next, draft: false })).toMatchObject({ draft: false });
      });

      it("gives each branch a number of its own, also at once", async () => {
        const drafts = [];
        for (const task of ["A", "B", "C", "D", "E"]) drafts.push(await draftOf(task));
        const all = await Promise.all(drafts.map((draft) => forge.ensurePullRequest(draft)));
        expect(new Set(all.map(({ number }) => number)).size).toBe(5);
        const byNumber = (a: PullRequest, b: PullRequest): number => a.number - b.number;
        expect([...(await forge.fetchPullRequests())].sort(byNumber)).toEqual(all.sort(byNumber));
      });

      it("opens one when it is asked many times at once", async () => {
        const draft = await draftOf("A");
        const all = await Promise.all([1, 2, 3, 4].map(() => forge.ensurePullRequest(draft)));
        expect(new Set(all.map(({ number }) => number)).size).toBe(1);
        expect(await forge.fetchPullRequests()).toHaveLength(1);
      });

      it("never reopens a closed one, and opens no other for its branch", async () => {
        const first = await opened("A");
        await forge.close(first.number, "human", "");
        const again = await forge.ensurePullRequest({
          ...(await draftOf("A", { "more.txt": "more\n" })),
          title: "New",
        });
        expect(again).toMatchObject({ number: first.number, state: "closed", title: first.title });
        expect(await forge.fetchPullRequests()).toHaveLength(1);
      });

      it("gives a merged one back as it is", async () => {
        const first = await opened("A");
        const merged = await forge.merge(first.number, first.head, "human");
        expect(await forge.ensurePullRequest({ ...first, title: "New" })).toEqual(merged);
      });

      it("refuses a branch that has nothing new", async () => {
        const { commit } = await world.readBase();
        await world.place(branchOf("A"), commit);
        const draft = {
          task: "A",
          title: "A",
          body: "",
          branch: branchOf("A"),
          base: world.base,
          head: commit,
          draft: false,
        };
        expect(await caught(forge.ensurePullRequest(draft))).toMatchObject({ code: "nothing_to_merge" });
        expect(await forge.fetchPullRequests()).toEqual([]);
      });
    });

    it("knows no pull request that was not opened", async () => {
      expect(await forge.fetchPullRequests()).toEqual([]);
      expect(await forge.fetchPullRequest(7)).toBeNull();
      const unknown = { code: "unknown_pull_request", exit: 1 };
      expect(await caught(forge.ensureComment(7, "k", "text", "a"))).toMatchObject(unknown);
      expect(await caught(forge.review(7, "approve", "0".repeat(40), "a", ""))).toMatchObject(unknown);
      expect(await caught(forge.merge(7, "0".repeat(40), "a"))).toMatchObject(unknown);
      expect(await caught(forge.close(7, "a", ""))).toMatchObject(unknown);
    });

    describe("comments", () => {
      it("are one for each key, in the order of their first word, with the last text", async () => {
        const { number } = await opened("A");
        await forge.ensureComment(number, "one", "first", "reviewer");
        await forge.ensureComment(number, "two", "second", "tester");
        await forge.ensureComment(number, "one", "changed ✎", "reviewer");
        await forge.ensureComment(number, "two", "second", "tester");
        const comments = (await forge.fetchPullRequest(number))?.comments ?? [];
        expect(comments.map(({ by, body }) => [by, body])).toEqual([
          ["reviewer", "changed ✎"],
          ["tester", "second"],
        ]);
        expect(comments.every(({ at }) => Number.isFinite(Date.parse(at)))).toBe(true);
      });

      it("may follow after the end", async () => {
        const { number } = await opened("A");
        await forge.close(number, "human", "");
        await forge.ensureComment(number, "k", "still", "bot");
        expect((await forge.fetchPullRequest(number))?.comments).toMatchObject([{ by: "bot", body: "still" }]);
      });
    });

    describe("a review", () => {
      it("approves the head that was seen", async () => {
        const { number, head } = await opened("A");
        expect(await forge.review(number, "approve", head, "human", "")).toMatchObject({
          review: "approved",
          reviewedHead: head,
        });
        expect(await forge.fetchPullRequests()).toMatchObject([{ review: "approved", reviewedHead: head }]);
      });

      it("asks for changes, and its words can be read", async () => {
        const { number, head } = await opened("A");
        const asked = await forge.review(number, "request_changes", head, "human", "more tests");
        expect(asked).toMatchObject({ review: "changes_requested", reviewedHead: head, state: "open" });
        const details = await forge.fetchPullRequest(number);
        expect(details?.comments).toMatchObject([{ by: "human", body: "more tests" }]);
        expect(details?.asked).toEqual({ by: "human", why: "more tests" });
      });

      it("is said once when it is repeated, and the last one counts", async () => {
        const { number, head } = await opened("A");
        await forge.review(number, "request_changes", head, "human", "no");
        await forge.review(number, "request_changes", head, "human", "no");
        expect((await forge.fetchPullRequest(number))?.comments).toHaveLength(1);
        expect(await forge.review(number, "approve", head, "human", "")).toMatchObject({ review: "approved" });
        const said = (await forge.fetchPullRequest(number))?.comments;
        expect(await forge.review(number, "approve", head, "human", "")).toMatchObject({ review: "approved" });
        expect((await forge.fetchPullRequest(number))?.comments).toEqual(said);
      });

      it("is refused for a head that is no longer there", async () => {
        const { number, head } = await opened("A");
        await opened("A", { "more.txt": "more\n" });
        expect(await caught(forge.review(number, "approve", head, "human", ""))).toMatchObject({ code: "head_moved" });
        expect(await forge.fetchPullRequest(number)).toMatchObject({ review: "pending", reviewedHead: null });
      });

      it("does not hold for a newer head", async () => {
        const { number, head } = await opened("A");
        await forge.review(number, "approve", head, "human", "");
        const next = await opened("A", { "more.txt": "more\n" });
        expect(next).toMatchObject({ number, review: "pending", reviewedHead: head });
      });

      it("is refused once the pull request has ended", async () => {
        const { number, head } = await opened("A");
        await forge.close(number, "human", "");
        expect(await caught(forge.review(number, "approve", head, "human", ""))).toMatchObject({
          code: "pull_request_ended",
        });
      });
    });

    describe("a merge", () => {
      it("is a real merge commit into the base", async () => {
        const before = await world.readBase();
        const { number, head } = await opened("A");
        const merged = await forge.merge(number, head, "human");
        const after = await world.readBase();
        expect(after.parents).toEqual([before.commit, head]);
        expect(merged).toMatchObject({ number, head, state: "merged", mergeCommit: after.commit });
        expect(await forge.fetchPullRequests()).toEqual([merged]);
        expect(await world.readFile(after.commit, "A.txt")).toBe("new\n");
        expect(await world.readFile(after.commit, "a.txt")).toMatch(/^1\n2\n/);
      });

      it("happens once when it is repeated", async () => {
        const { number, head } = await opened("A");
        const merged = await forge.merge(number, head, "human");
        const base = await world.readBase();
        expect(await forge.merge(number, head, "human")).toEqual(merged);
        expect(await world.readBase()).toEqual(base);
      });

      it("takes what came into the base meanwhile along, in the same file too", async () => {
        const { number, head } = await opened("A", { "a.txt": "one\n2\n3\n4\n5\n6\n7\n8\n9\n" });
        const meanwhile = await world.commit(world.base, { "a.txt": "1\n2\n3\n4\n5\n6\n7\n8\nnine\n" });
        await forge.merge(number, head, "human");
        const after = await world.readBase();
        expect(after.parents).toEqual([meanwhile, head]);
        expect(await world.readFile(after.commit, "a.txt")).toBe("one\n2\n3\n4\n5\n6\n7\n8\nnine\n");
      });

      it("of several pull requests one after the other has them all", async () => {
        const all = [await opened("A"), await opened("B"), await opened("C")];
        for (const { number, head } of all) await forge.merge(number, head, "human");
        const { commit } = await world.readBase();
        for (const task of ["A", "B", "C"]) expect(await world.readFile(commit, `${task}.txt`)).toBe("new\n");
        expect((await forge.fetchPullRequests()).map(({ state }) => state)).toEqual(["merged", "merged", "merged"]);
      });

      it("of a conflict is refused with the files, and changes nothing", async () => {
        const { number, head } = await opened("A", { "a.txt": "ours\n", "b.txt": "ours\n", "c.txt": "c\n" });
        await world.commit(world.base, { "a.txt": "theirs\n", "b.txt": "theirs\n" });
        const before = await world.readBase();
        const error = await caught(forge.merge(number, head, "human"));
        expect(error).toMatchObject({ code: "conflict", facts: { files: ["a.txt", "b.txt"] } });
        expect(String(error)).toMatch(/a\.txt, b\.txt/);
        expect(await world.readBase()).toEqual(before);
        expect(await forge.fetchPullRequest(number)).toMatchObject({ state: "open", head, mergeCommit: null });
      });

      it("is refused for a head that is no longer there", async () => {
        const { number, head } = await opened("A");
        await opened("A", { "more.txt": "more\n" });
        const before = await world.readBase();
        expect(await caught(forge.merge(number, head, "human"))).toMatchObject({ code: "head_moved" });
        expect(await world.readBase()).toEqual(before);
      });

      it("is refused for a closed one", async () => {
        const { number, head } = await opened("A");
        await forge.close(number, "human", "");
        expect(await caught(forge.merge(number, head, "human"))).toMatchObject({ code: "pull_request_ended" });
      });

      it("by somebody else is seen, with its commit", async () => {
        const { number, head } = await opened("A");
        await opened("B");
        const mergeCommit = await world.mergeElsewhere(branchOf("A"));
        const [a, b] = [...(await forge.fetchPullRequests())].sort((x, y) => x.number - y.number);
        expect(a).toMatchObject({ number, state: "merged", head, mergeCommit });
        expect(b).toMatchObject({ state: "open", mergeCommit: null });
        const base = await world.readBase();
        expect(await forge.merge(number, head, "human")).toEqual(a);
        expect(await world.readBase()).toEqual(base);
      });
    });

    describe("closing", () => {
      it("ends it with the reason given, once", async () => {
        const { number } = await opened("A");
        const closed = await forge.close(number, "human", "not wanted");
        expect(closed).toMatchObject({ state: "closed", mergeCommit: null });
        expect(await forge.close(number, "human", "not wanted")).toEqual(closed);
        expect((await forge.fetchPullRequest(number))?.comments).toMatchObject([{ by: "human", body: "not wanted" }]);
        expect(await forge.fetchPullRequests()).toEqual([closed]);
      });

      it("leaves a merged one merged", async () => {
        const { number, head } = await opened("A");
        await forge.merge(number, head, "human");
        expect(await forge.close(number, "human", "")).toMatchObject({ state: "merged" });
      });
    });
  });
}
