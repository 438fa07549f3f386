import { existsSync } from "node:fs";
import { mkdir, readFile, readdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeEach, describe, expect, test } from "vitest";
import type { ChecksOptions } from "../../../src/adapters/checks/checks-options.ts";
import type { CheckRequest, Checks } from "../../../src/ports/checks.ts";
import { type AgentSite, agentSite, fixture } from "../../support/agent-site.ts";
import { caught } from "../../support/caught.ts";
import { fileAt, processesIn } from "../../support/process-probes.ts";

let site: AgentSite;

beforeEach(() => {
  site = agentSite();
});

const never = new AbortController().signal;

const request = (more: Partial<CheckRequest> = {}): CheckRequest => {
  const { cwd, scratch, logFile } = site;
  return { cwd, scratch, logFile, base: "b".repeat(40), wallSeconds: 50, outputMb: 8, ...more };
};

const run = (checks: string | string[], more: Partial<CheckRequest> = {}) =>
  site.checks({ checks }).run(request(more), never);

describe("the checks", () => {
  test("are none when none are configured", () => {
    expect(site.checks({}).command).toBeNull();
    expect(site.checks({ checks: ["npm test", "npm run lint"] }).command).toBe("npm test && npm run lint");
  });

  test("are the user's own shell lines, run one after another in the worktree", async () => {
    const ran = await run(["pwd | tr a-z A-Z", "echo $((1 + 1)) >&2"]);
    expect(ran).toMatchObject({ command: "pwd | tr a-z A-Z && echo $((1 + 1)) >&2", exitCode: 0 });
    expect(ran.tail).toBe(`${site.cwd.toUpperCase()}\n2\n`);
    expect(await readFile(site.logFile, "utf8")).toBe(ran.tail);
  });

  test("end at the first line that fails, with its exit code", async () => {
    const ran = await run(["echo one", "echo two; exit 7", "echo three > three"]);
    expect(ran).toMatchObject({ exitCode: 7, tail: "one\ntwo\n" });
    expect(await readdir(site.cwd)).toEqual([]);
  });

  test("have both outputs in the order in which they were written", async () => {
    expect((await run("echo 1; echo 2 >&2; echo 3; echo 4 >&2")).tail).toBe("1\n2\n3\n4\n");
  });

  test("see a private home and no secrets", async () => {
    process.env.GITHUB_TOKEN = "ghp_planted";
    const { tail } = await run("env");
    delete process.env.GITHUB_TOKEN;
    const seen = new Set(
      tail
        .trim()
        .split("\n")
        .map((line) => line.split("=")[0]),
    );
    for (const own of ["PWD", "OLDPWD", "SHLVL", "_"]) seen.delete(own);
    expect(seen).toEqual(new Set(["PATH", "LANG", "HOME", "TMPDIR", "CI", "DISPATCH_SPAWN"]));
    expect(tail).toContain(`HOME=${site.scratch}/home\n`);
  });

  test("are stopped when their time is up, all lines together", async () => {
    const ran = await run(["sleep 0.5", "sleep 0.5"], { wallSeconds: 0.8 });
    expect(ran).toMatchObject({ exitCode: 124, stopped: "not finished after 0.8 s" });
    expect(processesIn(site.cwd)).toEqual([]);
  });

  test("are stopped when they write too much, and told by the signal that killed them", async () => {
    const loud = await run(fixture("floods.sh"), { outputMb: 1 });
    expect(loud).toMatchObject({ exitCode: 125, stopped: "more than 1 MB of output" });
    expect((await run("kill -KILL $$")).exitCode).toBe(137);
  });

  test("end with the signal's reason when it aborts, and leave nothing", async () => {
    const abort = new AbortController();
    const running = site.checks({ checks: fixture("ignores-term.sh") }).run(request(), abort.signal);
    await fileAt(join(site.cwd, "own.pid"));
    const reason = new Error("enough");
    abort.abort(reason);
    await expect(running).rejects.toBe(reason);
    expect(processesIn(site.cwd)).toEqual([]);
  });

  test("reject when the worktree is gone", async () => {
    await rm(site.cwd, { recursive: true });
    expect((await caught(run("true"))).code).toBe("worktree_gone");
    expect((await caught(site.checks({ checks: "true", setup: "true" }).run(request(), never))).code).toBe(
      "worktree_gone",
    );
  });
});

/** A base that has these files; the worktree has others if they were changed. */
async function tree(files: Record<string, string>): Promise<void> {
  for (const [path, content] of Object.entries(files)) {
    await mkdir(join(site.cwd, path, ".."), { recursive: true });
    await writeFile(join(site.cwd, path), content);
  }
}

/** Installs into `node_modules`, and counts how often, and how. */
const SETUP =
  'mkdir -p node_modules; echo "scripts off: ${npm_config_ignore_scripts:-no} token: ${NPM_TOKEN:-none}" >> ../installs';

const installs = async (): Promise<string[]> => {
  const path = join(site.folder, "installs");
  return existsSync(path) ? (await readFile(path, "utf8")).trim().split("\n") : [];
};

function withBase(base: Record<string, string>, setup: ChecksOptions["config"]["setup"] = SETUP): Checks {
  return site.checks(
    { checks: "test -d node_modules", setup },
    { readBaseFile: (_, path) => Promise.resolve(base[path] ?? null) },
  );
}

const BASE = { "package.json": '{"name":"a"}', "package-lock.json": "{}", "packages/b/package.json": "{}" };
const ON = "scripts off: no token: none";
const OFF = "scripts off: true token: none";

describe("the setup", () => {
  test("runs before the checks, once for the same place and manifests", async () => {
    await tree(BASE);
    const checks = withBase(BASE);
    const first = await checks.run(request(), never);
    expect(first).toMatchObject({ exitCode: 0, setup: { command: SETUP, exitCode: 0, ran: true, scriptsOff: false } });
    expect((await checks.run(request(), never)).setup).toMatchObject({ ran: false, scriptsOff: false });
    expect(await checks.prepare(request(), never)).toMatchObject({ ran: false });
    expect(await installs()).toEqual([ON]);
  });

  test("is none when none is configured", async () => {
    const checks = site.checks({ checks: "true" });
    expect(await checks.prepare(request(), never)).toBeNull();
    expect(await checks.run(request(), never)).not.toHaveProperty("setup");
  });

  test("runs again when what it made is gone, or the place is another one", async () => {
    await tree(BASE);
    const checks = withBase(BASE);
    await checks.prepare(request(), never);
    await rm(join(site.cwd, "node_modules"), { recursive: true });
    await checks.prepare(request(), never);
    await rm(site.cwd, { recursive: true });
    await tree({ ...BASE, "node_modules/left": "" });
    await checks.prepare(request(), never);
    expect(await installs()).toEqual([ON, ON, ON]);
  });

  test("runs again when a lockfile changed, without scripts as long as the base does not know it", async () => {
    await tree(BASE);
    const base: Record<string, string> = { ...BASE };
    const checks = withBase(base);
    await checks.prepare(request(), never);
    await tree({ "package-lock.json": '{"evil":true}' });
    expect(await checks.prepare(request(), never)).toMatchObject({ ran: true, scriptsOff: true });
    expect(await checks.prepare(request(), never)).toMatchObject({ ran: false, scriptsOff: true });
    base["package-lock.json"] = '{"evil":true}';
    expect(await checks.prepare(request(), never)).toMatchObject({ ran: true, scriptsOff: false });
    expect(await installs()).toEqual([ON, OFF, ON]);
  });

  test.each([
    ["a changed manifest deep down", { "packages/b/package.json": '{"scripts":{"postinstall":"x"}}' }],
    ["a new manifest", { "packages/c/package.json": "{}" }],
    ["a new .npmrc", { ".npmrc": "ignore-scripts=false" }],
  ])("runs without scripts and without its env for %s", async (_, change) => {
    process.env.NPM_TOKEN = "t";
    await tree({ ...BASE, ...change });
    const checks = withBase(BASE, { command: SETUP, network: "open", env: ["NPM_TOKEN"], mounts: [] });
    expect(await checks.prepare(request(), never)).toMatchObject({ scriptsOff: true });
    await tree(BASE);
    await rm(join(site.cwd, "packages/c"), { recursive: true, force: true });
    await rm(join(site.cwd, ".npmrc"), { force: true });
    expect(await checks.prepare(request(), never)).toMatchObject({ scriptsOff: false });
    delete process.env.NPM_TOKEN;
    expect(await installs()).toEqual([OFF, "scripts off: no token: t"]);
  });

  test("runs without scripts when the base's .npmrc was taken away", async () => {
    await tree(BASE);
    const checks = withBase({ ...BASE, ".npmrc": "ignore-scripts=true" });
    expect(await checks.prepare(request(), never)).toMatchObject({ scriptsOff: true });
  });

  test("that fails is tried again, and the checks do not run without it", async () => {
    await tree(BASE);
    const checks = withBase(BASE, "echo no network; echo x >> ../installs; exit 9");
    for (const _ of [1, 2]) {
      const ran = await checks.run(request(), never);
      expect(ran).toMatchObject({ exitCode: 9, tail: "no network\n", setup: { exitCode: 9, ran: true } });
      expect(ran.command).toContain("no network");
    }
    expect(await installs()).toEqual(["x", "x"]);
  });

  test("has a home of its own, gone afterwards, and a package cache that stays", async () => {
    await tree(BASE);
    const checks = withBase(BASE, 'echo x > "$HOME/.npmrc"; mkdir -p "$npm_config_cache"; echo "$HOME" > ../home');
    await checks.prepare(request(), never);
    const home = (await readFile(join(site.folder, "home"), "utf8")).trim();
    expect(home.startsWith(join(site.folder, "setup"))).toBe(true);
    expect(existsSync(home)).toBe(false);
    expect(existsSync(join(site.folder, "setup/npm-cache"))).toBe(true);
  });

  test("is refused when it asks for a forge token", async () => {
    const setup = { command: "npm ci", network: "open" as const, env: ["GITHUB_TOKEN"], mounts: [] };
    const error = await caught(() => site.checks({ setup }));
    expect([error.code, error.exit]).toEqual(["config_invalid", 2]);
  });
});
