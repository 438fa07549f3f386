import { existsSync } from "node:fs";
import { chmod, link, mkdir, readFile, readdir, rename, rm, stat, symlink, utimes, writeFile } from "node:fs/promises";
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
const BASE_ID = "b".repeat(40);
const HEAD = { commit: "c".repeat(40) };

const request = (more: Partial<CheckRequest> = {}): CheckRequest => {
  const { cwd, scratch, logFile } = site;
  return { cwd, scratch, logFile, commit: BASE_ID, base: BASE_ID, owner: "A", wallSeconds: 50, outputMb: 8, ...more };
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

function withSetup(setup: ChecksOptions["config"]["setup"] = SETUP): Checks {
  return site.checks({ checks: "test -d node_modules", setup });
}

const BASE = { "package.json": '{"name":"a"}', "package-lock.json": "{}", "packages/b/package.json": "{}" };
const ON = "scripts off: no token: none";

describe("the setup", () => {
  test("runs before the checks, once for the same place and manifests", async () => {
    await tree(BASE);
    const checks = withSetup();
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
    const checks = withSetup();
    await checks.prepare(request(), never);
    await rm(join(site.cwd, "node_modules"), { recursive: true });
    await checks.prepare(request(), never);
    await rm(site.cwd, { recursive: true });
    await tree({ ...BASE, "node_modules/left": "" });
    await checks.prepare(request(), never);
    expect(await installs()).toEqual([ON, ON, ON]);
  });

  test("runs again where a lockfile is not the base's: without scripts, without its env, for this owner alone", async () => {
    process.env.NPM_TOKEN = "t";
    await tree(BASE);
    const checks = withSetup({ command: SETUP, network: "open", env: ["NPM_TOKEN"], mounts: [] });
    await checks.prepare(request(), never);
    await tree({ "package-lock.json": '{"evil":true}' });
    expect(await checks.prepare(request(HEAD), never)).toMatchObject({ ran: true, scriptsOff: true });
    expect(await checks.prepare(request(HEAD), never)).toMatchObject({ ran: false, scriptsOff: true });
    expect(await checks.restore(request(HEAD), ["node_modules/"])).toBe("ready");
    expect(await checks.restore(request({ ...HEAD, owner: "B" }), ["node_modules/"])).toBe("spoilt");
    expect(await checks.restore(request(), ["node_modules/"])).toBe("spoilt");
    expect(await checks.prepare(request(), never)).toMatchObject({ ran: true, scriptsOff: false });
    delete process.env.NPM_TOKEN;
    const [on, off] = ["scripts off: no token: t", "scripts off: true token: none"];
    expect(await installs()).toEqual([on, off, on]);
  });

  test("is done for every commit whose manifests are the base's", async () => {
    await tree(BASE);
    const checks = withSetup();
    await checks.prepare(request(), never);
    await tree({ "src/a.ts": "1" });
    expect(await checks.prepare(request(HEAD), never)).toMatchObject({ ran: false, scriptsOff: false });
    const moved = { base: "d".repeat(40) };
    expect(await checks.restore(request({ ...HEAD, ...moved }), ["node_modules/"])).toBe("stale");
    expect(await checks.prepare(request({ commit: moved.base, ...moved }), never)).toMatchObject({ ran: false });
    expect(await checks.restore(request({ ...HEAD, ...moved }), ["node_modules/"])).toBe("ready");
    expect(await installs()).toEqual([ON]);
  });

  test("that fails is tried again, and the checks do not run without it", async () => {
    await tree(BASE);
    const checks = withSetup("echo no network; echo x >> ../installs; exit 9");
    for (const _ of [1, 2]) {
      const ran = await checks.run(request(), never);
      expect(ran).toMatchObject({ exitCode: 9, tail: "no network\n", setup: { exitCode: 9, ran: true } });
      expect(ran.command).toContain("no network");
    }
    expect(await installs()).toEqual(["x", "x"]);
  });

  test("has a home of its own, gone afterwards, and a package cache that stays", async () => {
    await tree(BASE);
    const checks = withSetup('echo x > "$HOME/.npmrc"; mkdir -p "$npm_config_cache"; echo "$HOME" > ../home');
    await checks.prepare(request(), never);
    const home = (await readFile(join(site.folder, "home"), "utf8")).trim();
    expect(home.startsWith(join(site.folder, "setup"))).toBe(true);
    expect(existsSync(home)).toBe(false);
    expect(existsSync(join(site.folder, "setup/npm-cache"))).toBe(true);
  });

  test("of a task's files leaves nothing in the package cache of the base's", async () => {
    await tree(BASE);
    const checks = withSetup(
      'ls "$npm_config_cache" >> ../seen; echo x > "$npm_config_cache/planted"; mkdir node_modules',
    );
    await checks.prepare(request(HEAD), never);
    await rm(join(site.cwd, "node_modules"), { recursive: true });
    await checks.prepare(request(), never);
    expect(await readFile(join(site.folder, "seen"), "utf8")).toBe("");
  });

  test("is refused when it asks for a forge token", async () => {
    const setup = { command: "npm ci", network: "open" as const, env: ["GITHUB_TOKEN"], mounts: [] };
    const error = await caught(() => site.checks({ setup }));
    expect([error.code, error.exit]).toEqual(["config_invalid", 2]);
  });

  test("does not fail for what it leaves in its home, which goes away", async () => {
    const dig = 'cd "$HOME"; n=$(printf "%0200d" 0); for i in $(seq 40); do mkdir $n && cd -P $n; done';
    expect(await withSetup(dig).prepare(request(), never)).toMatchObject({ exitCode: 0 });
    expect((await readdir(join(site.folder, "setup"))).filter((name) => name.startsWith("home-"))).toEqual([]);
  });
});

describe("what setup made", () => {
  const tool = (name: string): string => join(site.cwd, "node_modules", name);
  const left = ["node_modules/", "b/"];

  async function made(): Promise<Checks> {
    await tree(BASE);
    const make = "mkdir -p node_modules/tool b/node_modules; echo 1 > node_modules/tool/run; ln -s tool node_modules/t";
    const checks = withSetup(`${make}; echo 1 > b/node_modules/x`);
    await checks.prepare(request(), never);
    return checks;
  }

  test("stays, and caches that came after it are taken away", async () => {
    const checks = await made();
    await tree({ "node_modules/.cache/x": "1", "node_modules/tool/new": "1", "b/new": "1" });
    await symlink("..", tool("away"));
    expect(await checks.restore(request(HEAD), left)).toBe("ready");
    expect((await readdir(tool("."))).sort()).toEqual(["t", "tool"]);
    expect(await readdir(tool("tool"))).toEqual(["run"]);
    expect((await readdir(join(site.cwd, "b"), { recursive: true })).sort()).toEqual([
      "node_modules",
      "node_modules/x",
    ]);
  });

  test.each<[string, () => Promise<void>]>([
    ["a file with another content of the same size and time", () => rewrite(tool("tool/run"))],
    ["a file that is gone", () => rm(tool("tool/run"))],
    ["a folder that is gone", () => rm(tool("tool"), { recursive: true })],
    ["a folder that is another one", () => replace(tool("tool"))],
    ["a link that leads elsewhere", () => rm(tool("t")).then(() => symlink("/bin", tool("t")))],
    ["a file with another mode", () => chmod(tool("tool/run"), 0o755)],
    ["a second name of a file", () => link(tool("tool/run"), join(site.cwd, "run"))],
    ["a nested kept folder that changed", () => writeFile(join(site.cwd, "b/node_modules/x"), "2")],
    ["a folder in whose place a link is", () => replaceByLink(tool("."))],
    ["a name that is no text", () => writeFile(Buffer.from(`${tool(".")}/\xff`, "latin1"), "")],
  ])("is for nobody any more with %s", async (_, change) => {
    const checks = await made();
    await change();
    expect(await checks.restore(request(HEAD), left)).toBe("spoilt");
  });

  test("is looked at where nobody named it, too", async () => {
    const checks = await made();
    expect(await checks.restore(request(HEAD), [])).toBe("ready");
    await rewrite(join(site.cwd, "b/node_modules/x"));
    expect(await checks.restore(request(HEAD), ["node_modules/"])).toBe("spoilt");
  });

  test("is known by what is kept elsewhere, and without that nothing stays", async () => {
    const checks = await made();
    expect(await site.checks({ checks: "true" }).restore(request(HEAD), left)).toBe("spoilt");
    await rm(join(site.folder, "setup"), { recursive: true });
    expect(await checks.restore(request(HEAD), left)).toBe("spoilt");
    expect(await checks.restore(request(HEAD), [])).toBe("stale");
    expect(await site.checks({ checks: "true" }).restore(request(HEAD), [])).toBe("ready");
  });

  test("is not known after a setup that failed in between", async () => {
    const checks = await made();
    await tree({ "package.json": "other" });
    await site.checks({ setup: "exit 1" }).prepare(request(HEAD), never);
    expect(await checks.restore(request(HEAD), left)).toBe("spoilt");
  });
});

async function rewrite(file: string): Promise<void> {
  const { atime, mtime } = await stat(file);
  await writeFile(file, "2\n");
  await utimes(file, atime, mtime);
}

async function replace(folder: string): Promise<void> {
  await rename(folder, `${folder}.old`);
  await mkdir(folder);
  await rename(`${folder}.old/run`, `${folder}/run`);
}

async function replaceByLink(folder: string): Promise<void> {
  await rename(folder, join(site.folder, "moved"));
  await symlink(join(site.folder, "moved"), folder);
}
