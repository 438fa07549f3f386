import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";
import { gitIn, writeFiles } from "../../support/git-repo.ts";
import { gitHub } from "../../support/github/index.ts";
import type { GitHub, Repository } from "../../support/github/types.ts";
import { temporaryFolder } from "../../support/temporary-folder.ts";

const run = promisify(execFile);

/** With the token in the URL, as nobody should, so that no helper is needed. */
function remote({ url, token }: GitHub, { fullName }: Repository, login: string): string {
  return `${url.replace("://", `://x-access-token:${token(login)}@`)}/${fullName}.git`;
}

/** As a user's own git, which knows no credentials but those of the URL; what it said, or "" when all was well. */
async function says(dir: string, ...args: string[]): Promise<string> {
  const names = { GIT_AUTHOR_NAME: "A", GIT_AUTHOR_EMAIL: "a@x", GIT_COMMITTER_NAME: "A", GIT_COMMITTER_EMAIL: "a@x" };
  const env = { PATH: process.env["PATH"], GIT_TERMINAL_PROMPT: "0", GIT_CONFIG_GLOBAL: "/dev/null", LC_ALL: "C" };
  return run("git", args, { cwd: dir, env: { ...env, ...names } }).then(
    () => "",
    (error: { stderr?: string }) => error.stderr ?? "",
  );
}

/** A clone with one commit more than `main`, on `work`. */
async function clone(github: GitHub, widgets: Repository, login: string, content = "b\n"): Promise<string> {
  const dir = join(temporaryFolder("clone"), "it");
  expect(await says("/", "clone", "-q", remote(github, widgets, login), dir)).toBe("");
  await gitIn(dir, "checkout", "-q", "-b", "work");
  await writeFiles(dir, { "b.txt": content });
  await gitIn(dir, "add", "-A");
  await gitIn(dir, "commit", "-q", "-m", "work");
  return dir;
}

describe("git over HTTP", () => {
  it("lets everybody fetch what is public, and asks for a token for the rest", async () => {
    await using github = await gitHub();
    const widgets = await github.repository("acme/widgets");
    const secret = await github.repository("acme/secret", { private: true });
    const dir = temporaryFolder("clone");
    expect(await says(dir, "clone", "-q", widgets.cloneUrl, "a")).toBe("");
    expect(await says(dir, "clone", "-q", secret.cloneUrl, "b")).toMatch(/could not read Username/);
    expect(await says(dir, "clone", "-q", remote(github, secret, "eve"), "c")).toMatch(/not found/i);
    expect(await says(dir, "clone", "-q", remote(github, secret, "bob"), "d")).toBe("");
    expect(existsSync(join(dir, "d/README.md"))).toBe(true);
    const wrong = secret.cloneUrl.replace("://", "://bob:ghp_wrong@");
    expect(await says(dir, "clone", "-q", wrong, "e")).toMatch(/Authentication failed/);
  });

  it("takes pushes of who may write; a head follows, and the check runs stay behind", async () => {
    await using github = await gitHub();
    const widgets = await github.repository("acme/widgets");
    const dir = await clone(github, widgets, "bob");
    expect(await says(dir, "push", "-q", remote(github, widgets, "eve"), "work")).toMatch(/\berror: 403\b/);
    expect(await says(dir, "push", "-q", widgets.cloneUrl, "work")).toMatch(/could not read Username/);
    expect(await says(dir, "push", "-q", "origin", "work")).toBe("");
    const number = await widgets.as("bob").openPullRequest({ head: "work", title: "t" });
    await gitIn(dir, "commit", "-q", "--allow-empty", "-m", "more");
    expect(await says(dir, "push", "-q", "origin", "work")).toBe("");
    const head = await gitIn(dir, "rev-parse", "HEAD");
    expect((await widgets.pull(number)).head.sha).toBe(head);
    const told = github.deliveries.filter(({ event }) => event === "push" || event === "pull_request");
    expect(told.map(({ event, action, sender }) => [event, action, sender])).toEqual([
      ["push", null, "bob"],
      ["pull_request", "opened", "bob"],
      ["push", null, "bob"],
      ["pull_request", "synchronize", "bob"],
    ]);
    expect(await says(dir, "fetch", "-q", "origin", `refs/pull/${number}/head`)).toBe("");
    expect(await says(dir, "push", "-q", "origin", ":work")).toBe("");
    expect(await widgets.pull(number)).toMatchObject({ state: "closed", merged: false });
  });

  it("declines by its hook what is refused", async () => {
    await using github = await gitHub();
    const widgets = await github.repository("acme/widgets");
    const dir = await clone(github, widgets, "bob");
    await widgets.refusePush("work", "Protected branch update failed");
    expect(await says(dir, "push", "-q", "origin", "work")).toMatch(/GH006: Protected branch[^]*hook declined/);
    expect(await widgets.head("work")).toBeNull();
    await widgets.refusePush("work", null);
    expect(await says(dir, "push", "-q", "origin", "work")).toBe("");
  });

  it("loses the answer to a push that was done, or the push, as a fault says", async () => {
    await using github = await gitHub();
    const widgets = await github.repository("acme/widgets");
    const dir = await clone(github, widgets, "bob");
    const refused = github.fail({ service: "git-receive-pack", status: 503 });
    expect(await says(dir, "push", "-q", "origin", "work")).toMatch(/\berror: 503\b/);
    expect(refused.hits).toBe(1);
    expect(await widgets.head("work")).toBeNull();
    github.fail({ service: "git-receive-pack", drop: true, afterEffect: true });
    expect(await says(dir, "push", "-q", "origin", "work")).not.toBe("");
    expect(await widgets.head("work")).toBe(await gitIn(dir, "rev-parse", "work"));
    expect(await says(dir, "push", "-q", "origin", "work")).toBe("");
  });

  it("notices a machine that throws away what a human pushed", async () => {
    await using github = await gitHub();
    const widgets = await github.repository("acme/widgets");
    const dir = await clone(github, widgets, github.app.login);
    expect(await says(dir, "push", "-q", "origin", "work")).toBe("");
    await gitIn(dir, "commit", "-q", "--amend", "-m", "its own");
    expect(await says(dir, "push", "-q", "-f", "origin", "work")).toBe("");
    expect(await github.violations()).toEqual([]);
    await widgets.as("ada").push("work", { "c.txt": "hers\n" });
    expect(await says(dir, "push", "-q", "-f", "origin", "work")).toBe("");
    expect(await github.violations()).toMatchObject([{ rule: "a human's push is never overwritten" }]);
  });
});
