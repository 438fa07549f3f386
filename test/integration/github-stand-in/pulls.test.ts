import { describe, expect, it } from "vitest";
import { gitIn } from "../../support/git-repo.ts";
import { asking, items, site } from "./client.ts";

const PULLS = "/repos/acme/widgets/pulls";

describe("opening a pull request", () => {
  it("is refused twice for one head, without commits, and for a head that is not there", async () => {
    await using at = await site();
    await at.widgets.as("bob").push("work", { "b.txt": "b\n" });
    await at.widgets.as("bob").push("same", {});
    const open = async (head: string) => at.ask(`POST ${PULLS}`, { title: "t", head, base: "main" });

    const first = await open("work");
    expect(first).toMatchObject({ status: 201, body: { number: 1, draft: false, mergeable: null, changed_files: 1 } });
    expect(await open("work")).toMatchObject({
      status: 422,
      body: { errors: [{ message: "A pull request already exists for acme:work." }] },
    });
    expect(await open("main")).toMatchObject({ body: { errors: [{ message: "No commits between main and main" }] } });
    expect(await open("nowhere")).toMatchObject({
      status: 422,
      body: { errors: [{ field: "head", code: "invalid" }] },
    });
    expect(await open("eve:work")).toMatchObject({ status: 422, body: { errors: [{ field: "head" }] } });
  });

  it("comes from a fork, whose head stays known here when the fork's branch moves", async () => {
    await using at = await site();
    const fork = await at.widgets.as("eve").fork();
    await fork.as("eve").push("fix", { "b.txt": "b\n" });
    const asEve = asking(at.github, "eve");
    expect(await asEve(`POST ${PULLS}`, { title: "t", head: "eve:fix", base: "main" })).toMatchObject({
      status: 201,
      body: { head: { label: "eve:fix", repo: { full_name: "eve/widgets", fork: true } }, author_association: "NONE" },
    });
    const head = await fork.as("eve").push("fix", { "b.txt": "c\n" });
    expect(await at.ask(`GET ${PULLS}/1`)).toMatchObject({ body: { head: { sha: head } } });
  });

  it("is found by head, state and base", async () => {
    await using at = await site();
    const bob = at.widgets.as("bob");
    for (const head of ["one", "two"]) {
      await bob.push(head, { [head]: "x\n" });
      await bob.openPullRequest({ head, title: head });
    }
    await bob.close(1);
    const numbers = async (query: string) => items(await at.ask(`GET ${PULLS}?${query}`)).map(({ number }) => number);
    expect(await numbers("head=acme:one&state=all")).toEqual([1]);
    expect(await numbers("head=acme:one")).toEqual([]);
    expect(await numbers("state=all")).toEqual([2, 1]);
    expect(await numbers("base=other&state=all")).toEqual([]);
  });
});

describe("a pull request that is open", () => {
  it("does not know at once whether it is mergeable, and again not when head or base moved", async () => {
    await using at = await site();
    const bob = at.widgets.as("bob");
    await bob.push("work", { "a.txt": "work\n" });
    const number = await bob.openPullRequest({ head: "work", title: "t" });
    const look = async () => (await at.ask(`GET ${PULLS}/${number}`)).body;

    expect(await look()).toMatchObject({ mergeable: null, mergeable_state: "unknown" });
    const known = await look();
    expect(known).toMatchObject({ mergeable: true, mergeable_state: "clean", body: null, merged_at: null });
    // Not a merge, whatever its name says.
    expect(known["merge_commit_sha"]).toMatch(/^[0-9a-f]{40}$/);
    await at.widgets.as("ada").push("main", { "a.txt": "main\n" });
    expect(await look()).toMatchObject({ mergeable: null });
    expect(await look()).toMatchObject({ mergeable: false, mergeable_state: "dirty" });
    expect(await at.ask(`PUT ${PULLS}/${number}/merge`, {})).toMatchObject({ status: 405 });
  });

  it("takes no notice of `draft` over REST, and is not merged as a draft or at a stale head", async () => {
    await using at = await site();
    const bob = at.widgets.as("bob");
    const old = await bob.push("work", { b: "b\n" });
    const number = await bob.openPullRequest({ head: "work", title: "t", draft: true });
    expect(await at.ask(`PATCH ${PULLS}/${number}`, { draft: false })).toMatchObject({ body: { draft: true } });
    expect(await at.ask(`PUT ${PULLS}/${number}/merge`, {})).toMatchObject({ status: 405 });
    await bob.markReady(number);
    await bob.push("work", { b: "c\n" });
    expect(await at.ask(`PUT ${PULLS}/${number}/merge`, { sha: old })).toMatchObject({ status: 409 });
  });

  it("is merged with the issues that it closes, into a base that has both", async () => {
    await using at = await site();
    const bob = at.widgets.as("bob");
    const issue = await at.widgets.as("eve").openIssue({ title: "broken" });
    const head = await bob.push("work", { b: "b\n" });
    const number = await bob.openPullRequest({ head: "work", title: "t", body: `Closes #${issue}` });
    const merged = await at.ask(`PUT ${PULLS}/${number}/merge`, { sha: head });
    expect(merged).toMatchObject({ status: 200, body: { merged: true } });
    expect(await at.widgets.head("main")).toBe(merged.body["sha"]);
    expect(await at.widgets.issue(issue)).toMatchObject({ state: "closed", stateReason: "completed" });
    expect(await at.ask(`GET ${PULLS}/${number}`)).toMatchObject({
      body: { state: "closed", merged: true, merge_commit_sha: merged.body["sha"], merged_by: { login: "bob" } },
    });
    expect(await at.ask(`PUT ${PULLS}/${number}/merge`, {})).toMatchObject({ status: 405 });
  });

  it("needs the checks and approvals that its base is protected by", async () => {
    await using at = await site();
    const bob = at.widgets.as("bob");
    at.widgets.protect("main", { requiredChecks: ["ci"], approvals: 1, dismissStale: true });
    await bob.push("work", { b: "b\n" });
    const number = await bob.openPullRequest({ head: "work", title: "t" });
    await at.widgets.as("ada").review(number, { event: "APPROVE" });
    const merge = async () => at.ask(`PUT ${PULLS}/${number}/merge`, {});
    const message = async () => String((await merge()).body["message"]);
    expect(await message()).toMatch(/status check "ci"/);

    const head = await bob.push("work", { b: "c\n" });
    await at.widgets.as("ada").check(head, "ci", "success");
    expect(await message()).toMatch(/approving review/);
    await at.widgets.as("ada").review(number, { event: "APPROVE" });
    expect(await merge()).toMatchObject({ status: 200 });
  });

  it("ends when its branch is deleted, and is merged when its base gets its head by git", async () => {
    await using at = await site();
    const bob = at.widgets.as("bob");
    await bob.push("gone", { b: "b\n" });
    const gone = await bob.openPullRequest({ head: "gone", title: "t" });
    await bob.deleteBranch("gone");
    expect(await at.ask(`GET ${PULLS}/${gone}`)).toMatchObject({ body: { state: "closed", merged: false } });
    expect(await at.ask(`PATCH ${PULLS}/${gone}`, { state: "open" })).toMatchObject({ status: 422 });

    const head = await bob.push("work", { c: "c\n" });
    const number = await bob.openPullRequest({ head: "work", title: "t" });
    await gitIn(at.widgets.bare, "update-ref", "refs/heads/main", head);
    expect(await at.ask(`GET ${PULLS}/${number}`)).toMatchObject({ body: { state: "closed", merged: true } });
  });

  it("shows its files with patches, and its commits", async () => {
    await using at = await site();
    const bob = at.widgets.as("bob");
    await bob.push("work", { "a.txt": "1\n2\n3\n4\nfive\n6\n7\n8\n9\n", "new.txt": "n\n" });
    const head = await bob.push("work", { "new.txt": null, "b.txt": "b\n" }, "second");
    const number = await bob.openPullRequest({ head: "work", title: "t" });
    const files = items(await at.ask(`GET ${PULLS}/${number}/files`));
    expect(files).toMatchObject([
      {
        filename: "a.txt",
        status: "modified",
        additions: 1,
        deletions: 1,
      },
      { filename: "b.txt", status: "added", additions: 1 },
    ]);
    expect(files[0]?.["patch"]).toMatch(/^@@ -2,7 \+2,7 @@/);
    const commits = items(await at.ask(`GET ${PULLS}/${number}/commits`));
    expect(commits.map(({ sha }) => sha).at(-1)).toBe(head);
    expect(commits[1]).toMatchObject({ commit: { message: "second" }, author: { login: "bob" } });
  });
});

describe("commits", () => {
  it("are compared, looked up by branch, and know their pull requests", async () => {
    await using at = await site();
    const repo = "/repos/acme/widgets";
    const bob = at.widgets.as("bob");
    const base = await at.widgets.head("main");
    const head = await bob.push("work/one", { "b.txt": "b\n" }, "one");
    await bob.openPullRequest({ head: "work/one", title: "t" });
    await at.widgets.as("ada").push("main", { "c.txt": "c\n" });
    expect(await at.ask(`GET ${repo}/compare/main...${encodeURIComponent("work/one")}`)).toMatchObject({
      status: 200,
      body: {
        status: "diverged",
        ahead_by: 1,
        behind_by: 1,
        merge_base_commit: { sha: base },
        files: [{ filename: "b.txt" }],
      },
    });
    expect(await at.ask(`GET ${repo}/compare/main...nowhere`)).toMatchObject({ status: 404 });
    expect(await at.ask(`GET ${repo}/branches/work%2Fone`)).toMatchObject({ body: { commit: { sha: head } } });
    expect(await at.ask(`GET ${repo}/git/ref/heads/work/one`)).toMatchObject({ body: { object: { sha: head } } });
    expect(await at.ask(`GET ${repo}/commits/${head}`)).toMatchObject({ body: { commit: { message: "one" } } });
    expect(items(await at.ask(`GET ${repo}/commits/${head}/pulls`))).toMatchObject([{ number: 1 }]);
    const file = await at.ask(`GET ${repo}/contents/b.txt?ref=${head}`);
    expect(Buffer.from(String(file.body["content"]), "base64").toString()).toBe("b\n");
    expect(await asking(at.github, "eve")(`DELETE ${repo}/git/refs/heads/work/one`)).toMatchObject({ status: 403 });
    expect(await at.ask(`DELETE ${repo}/git/refs/heads/work/one`)).toMatchObject({ status: 204 });
    expect(await at.widgets.pull(1)).toMatchObject({ state: "closed" });
  });
});
