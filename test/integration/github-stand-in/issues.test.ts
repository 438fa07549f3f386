import { describe, expect, it } from "vitest";
import { asking, items, site } from "./client.ts";

const ISSUES = "/repos/acme/widgets/issues";

const numbers = (list: readonly { readonly [field: string]: unknown }[]) => list.map(({ number }) => number);

describe("issues", () => {
  it("are listed by labels, state and what changed since, pull requests among them, a page at a time", async () => {
    let now = Date.parse("2026-01-01T10:00:00Z");
    await using at = await site({ now: () => now });
    const ada = at.widgets.as("ada");
    for (const title of ["one", "two", "three"]) {
      await ada.openIssue({ title, labels: ["dispatch:ready", title] });
      now += 60_000;
    }
    await ada.push("work", { b: "b\n" });
    await ada.openPullRequest({ head: "work", title: "t" });
    await ada.close(2, "not_planned");

    const list = async (query: string) => numbers(items(await at.ask(`GET ${ISSUES}?${query}`)));
    expect(await list("labels=dispatch:ready,ONE")).toEqual([1]);
    expect(await list("")).toEqual([4, 3, 1]);
    expect(await list("state=closed")).toEqual([2]);
    expect(await list("state=all&since=2026-01-01T10:02:00Z&sort=updated&direction=asc")).toEqual([3, 2, 4]);
    const page = await at.ask(`GET ${ISSUES}?state=all&per_page=3&page=1`);
    expect(numbers(items(page))).toEqual([4, 3, 2]);
    const link = page.headers.get("link") ?? "";
    expect(link).toMatch(/<http[^>]*per_page=3&page=2>; rel="next", <[^>]*page=2>; rel="last"/);
    expect(numbers(items(await at.ask(`GET ${ISSUES}?state=all&per_page=3&page=2`)))).toEqual([1]);
    expect(items(await at.ask(`GET ${ISSUES}?labels=nobody`))).toEqual([]);
  });

  it("drop labels and assignees in silence when an outsider opens them, and refuse other changes", async () => {
    await using at = await site();
    const eve = asking(at.github, "eve");
    const opened = await eve(`POST ${ISSUES}`, { title: "t", labels: ["dispatch:ready"], assignees: ["bob"] });
    expect(opened).toMatchObject({ status: 201, body: { labels: [], assignees: [], author_association: "NONE" } });
    expect(await eve(`POST ${ISSUES}/1/labels`, { labels: ["x"] })).toMatchObject({ status: 403 });
    expect(await eve(`PATCH ${ISSUES}/1`, { title: "mine" })).toMatchObject({ status: 200, body: { title: "mine" } });
    await at.widgets.as("ada").openIssue({ title: "not yours" });
    expect(await eve(`PATCH ${ISSUES}/2`, { title: "mine" })).toMatchObject({ status: 403 });
    expect(await eve(`POST ${ISSUES}`, {})).toMatchObject({
      status: 422,
      body: { errors: [{ code: "missing_field" }] },
    });
    expect(await eve(`POST ${ISSUES}/1/comments`, { body: " " })).toMatchObject({ status: 422 });
    expect(await eve(`POST ${ISSUES}/1/comments`, { body: "x".repeat(65_537) })).toMatchObject({ status: 422 });
    expect(await eve(`POST ${ISSUES}/9/comments`, { body: "x" })).toMatchObject({ status: 404 });
    expect(await at.ask(`POST ${ISSUES}/1/assignees`, { assignees: ["ada", "nobody"] })).toMatchObject({
      status: 201,
      body: { assignees: [{ login: "ada" }] },
    });
  });

  it("keep labels, comments and reactions as they were put", async () => {
    await using at = await site();
    await at.widgets.as("ada").openIssue({ title: "t", labels: ["a"] });
    const names = async (line: string, body?: unknown) => items(await at.ask(line, body)).map(({ name }) => name);
    expect(await names(`POST ${ISSUES}/1/labels`, { labels: ["b", "A"] })).toEqual(["a", "b"]);
    expect(await names(`PUT ${ISSUES}/1/labels`, { labels: ["dispatch:running"] })).toEqual(["dispatch:running"]);
    expect(await names(`DELETE ${ISSUES}/1/labels/dispatch%3Arunning`)).toEqual([]);
    expect(await at.ask(`DELETE ${ISSUES}/1/labels/a`)).toMatchObject({ status: 404 });
    const label = { name: "dispatch:paused", color: "ff0000", description: "d" };
    expect(await at.ask("POST /repos/acme/widgets/labels", label)).toMatchObject({ status: 201, body: label });
    expect(await at.ask("POST /repos/acme/widgets/labels", label)).toMatchObject({
      status: 422,
      body: { errors: [{ code: "already_exists" }] },
    });
    expect(await at.ask("GET /repos/acme/widgets/labels/DISPATCH%3Apaused")).toMatchObject({ body: label });

    const { body: comment } = await at.ask(`POST ${ISSUES}/1/comments`, { body: "one" });
    const path = `${ISSUES}/comments/${String(comment["id"])}`;
    expect(await at.ask(`PATCH ${path}`, { body: "two" })).toMatchObject({ status: 200, body: { body: "two" } });
    expect(await asking(at.github, "eve")(`PATCH ${path}`, { body: "mine" })).toMatchObject({ status: 403 });
    expect(await at.ask(`POST ${path}/reactions`, { content: "eyes" })).toMatchObject({ status: 201 });
    expect(await at.ask(`POST ${path}/reactions`, { content: "eyes" })).toMatchObject({ status: 200 });
    expect(await at.ask(`POST ${path}/reactions`, { content: "shrug" })).toMatchObject({ status: 422 });
    expect(items(await at.ask(`GET ${ISSUES}/1/comments`))).toMatchObject([
      { body: "two", user: { login: "bob", type: "User" }, reactions: { eyes: 1, total_count: 1 } },
    ]);
  });

  it("know their children and what blocks them", async () => {
    await using at = await site();
    const ada = at.widgets.as("ada");
    for (const title of ["parent", "child", "other"]) await ada.openIssue({ title });
    const id = async (number: number) => (await at.ask(`GET ${ISSUES}/${number}`)).body["id"];
    const child = { sub_issue_id: await id(2) };
    expect(await at.ask(`POST ${ISSUES}/1/sub_issues`, child)).toMatchObject({ status: 201, body: { number: 1 } });
    expect(await at.ask(`POST ${ISSUES}/1/sub_issues`, child)).toMatchObject({ status: 422 });
    expect(await at.ask(`POST ${ISSUES}/3/sub_issues`, child)).toMatchObject({ status: 422 });
    expect(await at.ask(`POST ${ISSUES}/2/sub_issues`, { sub_issue_id: await id(1) })).toMatchObject({ status: 422 });
    expect(numbers(items(await at.ask(`GET ${ISSUES}/1/sub_issues`)))).toEqual([2]);
    expect(await at.ask(`GET ${ISSUES}/2/parent`)).toMatchObject({ body: { number: 1 } });

    await at.ask(`POST ${ISSUES}/2/dependencies/blocked_by`, { issue_id: await id(3) });
    expect(numbers(items(await at.ask(`GET ${ISSUES}/2/dependencies/blocked_by`)))).toEqual([3]);
    const summary = async () => (await at.ask(`GET ${ISSUES}/2`)).body["issue_dependencies_summary"];
    expect(await summary()).toMatchObject({ blocked_by: 1, total_blocked_by: 1 });
    await ada.close(3);
    expect(await summary()).toMatchObject({ blocked_by: 0, total_blocked_by: 1 });
    await ada.close(2);
    expect((await at.ask(`GET ${ISSUES}/1`)).body["sub_issues_summary"]).toMatchObject({ total: 1, completed: 1 });
  });
});

describe("who may what", () => {
  it("is answered to those who may push, by the old word and the new one", async () => {
    await using at = await site({ users: { ada: "admin", bob: "write", mae: "maintain", tim: "triage", eve: "none" } });
    const ask = async (login: string) =>
      (await at.ask(`GET /repos/acme/widgets/collaborators/${encodeURIComponent(login)}/permission`)).body;
    expect(await ask("mae")).toMatchObject({ permission: "write", role_name: "maintain" });
    expect(await ask("tim")).toMatchObject({ permission: "read", role_name: "triage" });
    expect(await ask("eve")).toMatchObject({ permission: "read" });
    expect(await ask(at.github.app.login)).toMatchObject({ message: "dispatch-app[bot] is not a user" });
    at.widgets.setPermission("eve", "maintain");
    expect(await ask("eve")).toMatchObject({ role_name: "maintain" });
    const eve = asking(at.github, "tim");
    expect(await eve("GET /repos/acme/widgets/collaborators/ada/permission")).toMatchObject({ status: 403 });
  });

  it("hides what is private, and tells apart no token, a wrong one and a missing right", async () => {
    await using at = await site();
    await at.github.repository("acme/secret", { private: true });
    expect(await asking(at.github, "eve")("GET /repos/acme/secret")).toMatchObject({ status: 404 });
    expect(await at.ask("GET /repos/acme/secret")).toMatchObject({ status: 200, body: { private: true } });
    expect((await fetch(`${at.github.apiUrl}/user`)).status).toBe(401);
    const headers = { authorization: "token ghp_wrong" };
    expect((await fetch(`${at.github.apiUrl}/user`, { headers })).status).toBe(401);
    expect(await at.ask("GET /user")).toMatchObject({ body: { login: "bob" } });
    expect(await asking(at.github, at.github.actionsLogin)("GET /user")).toMatchObject({ status: 403 });
  });

  it("lets a workflow be started, and writes down by whom", async () => {
    await using at = await site();
    const line = "POST /repos/acme/widgets/actions/workflows/dispatch.yml/dispatches";
    const bot = asking(at.github, at.github.actionsLogin);
    expect(await bot(line, { ref: "main", inputs: { pr: "1" } })).toMatchObject({ status: 204 });
    expect(await bot(line, { ref: "nowhere" })).toMatchObject({ status: 422 });
    expect(await asking(at.github, "eve")(line, { ref: "main" })).toMatchObject({ status: 403 });
    expect(at.widgets.dispatches).toEqual([
      { workflow: "dispatch.yml", ref: "main", inputs: { pr: "1" }, by: "github-actions[bot]" },
    ]);
  });
});
