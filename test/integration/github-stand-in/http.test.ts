import { createSign } from "node:crypto";
import { describe, expect, it } from "vitest";
import { gitHub } from "../../support/github/index.ts";
import type { AppCredentials } from "../../support/github/types.ts";
import { asking, items } from "./client.ts";

const ISSUES = "/repos/acme/widgets/issues";
const START = Date.parse("2026-01-01T10:00:00Z");

describe("an answer", () => {
  it("that is the same as before is 304 and free of the hourly limit", async () => {
    await using github = await gitHub({ limits: { perHour: 3 } });
    const widgets = await github.repository("acme/widgets");
    const bob = asking(github, "bob");
    const first = await bob(`GET ${ISSUES}`);
    const etag = first.headers.get("etag") ?? "";
    expect(etag).toMatch(/^W\/"/);
    for (let count = 0; count < 5; count += 1) {
      expect((await bob(`GET ${ISSUES}`, undefined, { "if-none-match": etag })).status).toBe(304);
    }
    await widgets.as("ada").openIssue({ title: "t" });
    const changed = await bob(`GET ${ISSUES}`, undefined, { "if-none-match": etag });
    expect(changed.status).toBe(200);
    expect(changed.headers.get("x-ratelimit-remaining")).toBe("1");
    expect(github.cost("bob")).toMatchObject({ requests: 7, unchanged: 5, points: 7 });
  });

  it("comes under /api/v3 alone, and names what the stand-in lacks", async () => {
    await using github = await gitHub();
    await github.repository("acme/widgets");
    expect(github.env("bob")).toMatchObject({ GITHUB_API_URL: `${github.url}/api/v3`, GITHUB_SERVER_URL: github.url });
    const bob = asking(github, "bob", "Bearer");
    expect(await bob("GET /repos/acme/widgets/releases")).toMatchObject({ status: 404 });
    expect((await bob("GET /repos/acme/widgets/releases")).body["message"]).toMatch(/has no GET/);
  });
});

describe("the layout of github.com", () => {
  it("has the API at the top, beside git", async () => {
    await using github = await gitHub({ layout: "github.com" });
    const widgets = await github.repository("acme/widgets");
    await widgets.as("ada").openIssue({ title: "t" });
    expect(github.env("bob")).toMatchObject({
      GITHUB_API_URL: github.url,
      GITHUB_GRAPHQL_URL: `${github.url}/graphql`,
    });
    const [issue] = items(await asking(github, "bob")(`GET ${ISSUES}`));
    expect(issue).toMatchObject({ url: `${github.url}${ISSUES}/1` });
    const headers = { authorization: `token ${github.token("bob")}` };
    const body = JSON.stringify({ query: "{ viewer { login } }" });
    const answer = await fetch(github.graphqlUrl, { method: "POST", headers, body });
    expect(await answer.json()).toEqual({ data: { viewer: { login: "bob" } } });
    expect((await fetch(`${widgets.cloneUrl}/info/refs?service=git-upload-pack`)).status).toBe(200);
    expect(github.journal.map(({ path }) => path)).toEqual([ISSUES, "/graphql", "/acme/widgets.git/info/refs"]);
  });
});

describe("limits", () => {
  it("end in a 403 until the hour is over", async () => {
    let now = START;
    await using github = await gitHub({ now: () => now, limits: { perHour: 2 } });
    await github.repository("acme/widgets");
    const bob = asking(github, "bob");
    await bob(`GET ${ISSUES}`);
    now += 1000;
    await bob(`GET ${ISSUES}`);
    const stopped = await bob(`GET ${ISSUES}`);
    expect(stopped).toMatchObject({ status: 403 });
    expect(stopped.headers.get("x-ratelimit-remaining")).toBe("0");
    expect(stopped.headers.get("x-ratelimit-reset")).toBe(String((START + 3_600_000) / 1000));
    expect((await asking(github, "ada")(`GET ${ISSUES}`)).status).toBe(200);
    expect((await bob("GET /rate_limit")).body).toMatchObject({ rate: { remaining: 0, limit: 2 } });
    now += 3_600_000;
    expect((await bob(`GET ${ISSUES}`)).status).toBe(200);
  });

  it("on points and on content are secondary ones, with the seconds to wait, and writing on is noticed", async () => {
    let now = START;
    await using github = await gitHub({ now: () => now, limits: { contentPerMinute: 2, pointsPerMinute: 22 } });
    await github.repository("acme/widgets");
    const bob = asking(github, "bob");
    const open = async (title: string) =>
      bob(`POST ${ISSUES}`, { title, body: `<!-- dispatch:v1 {"t":"${title}"} -->` });
    await open("one");
    now += 10_000;
    await open("two");
    const stopped = await open("three");
    expect(stopped).toMatchObject({ status: 403 });
    expect(stopped.body["message"]).toMatch(/secondary rate limit.*content creation/);
    expect(stopped.headers.get("retry-after")).toBe("50");
    expect(await github.violations()).toEqual([]);
    now += 1;
    expect((await bob(`POST ${ISSUES}/1/labels`, { labels: ["x"] })).status).toBe(200);
    expect(await github.violations()).toMatchObject([{ rule: "no writing before retry-after is over" }]);
    expect((await bob(`POST ${ISSUES}/1/labels`, { labels: ["x"] })).status).toBe(200);
    const points = await bob(`PATCH ${ISSUES}/1`, { title: "t" });
    expect(points).toMatchObject({ status: 403 });
    now += 60_000;
    expect((await open("three")).status).toBe(201);
  });
});

describe("faults", () => {
  it("refuse before, or lose the answer after the effect, as often as they say", async () => {
    await using github = await gitHub();
    const widgets = await github.repository("acme/widgets");
    const bob = asking(github, "bob");
    const open = async () => bob(`POST ${ISSUES}`, { title: "t" });
    const fault = github.fail({ method: "POST", path: ISSUES, status: 502, skip: 1, times: 2, afterEffect: true });
    expect([(await open()).status, (await open()).status, (await open()).status]).toEqual([201, 502, 502]);
    expect((await open()).status).toBe(201);
    expect(fault.hits).toBe(2);
    expect(await widgets.issues()).toHaveLength(4);

    github.fail({ path: /issues$/, status: 429, headers: { "retry-after": "7" }, body: { message: "slow down" } });
    const slow = await open();
    expect(slow).toMatchObject({ status: 429, body: { message: "slow down" } });
    expect(slow.headers.get("retry-after")).toBe("7");
    expect(await widgets.issues()).toHaveLength(4);
    expect(github.journal.at(-1)).toMatchObject({ status: 429, retryAfter: 7, effective: false, login: "bob" });
    github.fail({ method: "POST", status: 403 });
    expect((await open()).body["message"]).toMatch(/secondary rate limit/);
    expect(github.journal.at(-1)).toMatchObject({ retryAfter: 60 });
  });

  it("cut the socket, before or after, wait, and are taken back", async () => {
    await using github = await gitHub();
    const widgets = await github.repository("acme/widgets");
    const bob = asking(github, "bob");
    const open = async () => bob(`POST ${ISSUES}`, { title: "t" });
    github.fail({ method: "POST", drop: true });
    await expect(open()).rejects.toThrow("fetch failed");
    expect(await widgets.issues()).toHaveLength(0);
    github.fail({ method: "POST", bodyIncludes: '"title":"t"', drop: true, afterEffect: true });
    await expect(open()).rejects.toThrow("fetch failed");
    expect(await widgets.issues()).toHaveLength(1);
    expect(github.journal.at(-1)).toMatchObject({ status: null, effective: true });
    github.fail({ delayMs: 1 });
    expect((await open()).status).toBe(201);
    const never = github.fail({ method: "POST", status: 500 });
    never.remove();
    expect((await open()).status).toBe(201);
  });
});

function jwt({ appId, privateKey }: AppCredentials, expiresAt: number): string {
  const part = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString("base64url");
  const head = `${part({ alg: "RS256", typ: "JWT" })}.${part({ iss: appId, exp: expiresAt / 1000 })}`;
  return `${head}.${createSign("RSA-SHA256").update(head).sign(privateKey, "base64url")}`;
}

describe("an App", () => {
  it("gets a token for an hour by its signed word, and nobody else does", async () => {
    let now = START;
    await using github = await gitHub({ now: () => now });
    await github.repository("acme/widgets");
    const path = `${github.apiUrl}/app/installations/${github.app.installationId}/access_tokens`;
    const ask = async (token: string) =>
      fetch(path, { method: "POST", headers: { authorization: `Bearer ${token}` }, body: "{}" });
    expect((await ask(jwt(github.app, now - 1000))).status).toBe(401);
    expect((await ask(`${jwt(github.app, now + 600_000).slice(0, -4)}AAAA`)).status).toBe(401);
    const answer = await ask(jwt(github.app, now + 600_000));
    expect(answer.status).toBe(201);
    const { token, expires_at: end } = (await answer.json()) as { token: string; expires_at: string };
    expect(end).toBe("2026-01-01T11:00:00Z");
    const bot = asking({ ...github, token: () => token }, "");
    const opened = await bot(`POST ${ISSUES}`, { title: "t", labels: ["x"] });
    expect(opened.body).toMatchObject({ user: { login: "dispatch-app[bot]", type: "Bot" }, labels: [{ name: "x" }] });
    now += 3_600_000;
    expect((await bot(`GET ${ISSUES}`)).status).toBe(401);
    expect(items(await asking(github, github.app.login)(`GET ${ISSUES}`))).toHaveLength(1);
  });
});
