import { mkdirSync, mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { describe, expect, it } from "vitest";
import { entriesOf, loadConfig, type LoadRequest } from "../../src/config/load.ts";
import { missingForRun, requireRunnable } from "../../src/config/runnable.ts";
import { DispatchError } from "../../src/domain/errors.ts";

type Files = Readonly<Record<string, string>>;

/** A checkout without git: a folder with `.git` is enough to find its top. */
function checkout(files: Files): string {
  const root = mkdtempSync(join(tmpdir(), "dispatch-config-"));
  for (const [name, text] of Object.entries({ ".git/HEAD": "ref: refs/heads/main\n", ...files })) {
    mkdirSync(dirname(join(root, name)), { recursive: true });
    writeFileSync(join(root, name), text);
  }
  return root;
}

function load(files: Files, request: Partial<LoadRequest> = {}): ReturnType<typeof loadConfig> {
  return loadConfig({ cwd: checkout(files), env: {}, ...request });
}

function refusal(files: Files, request: Partial<LoadRequest> = {}): DispatchError {
  try {
    load(files, request);
  } catch (error) {
    if (error instanceof DispatchError) return error;
    throw error;
  }
  throw new Error("the configuration was accepted");
}

const dispatch = (text: string): Files => ({ "dispatch.jsonc": text });

describe("what the configuration is read from", () => {
  it("is all defaults in an empty repository", () => {
    const { config, file, warnings } = load({});
    expect(config).toMatchObject({ jobs: 4, forge: "local", backlog: [], checks: [], pipeline: [], attempts: 2 });
    expect(config.limits).toMatchObject({ wall: 1800, idle: 600 });
    expect(file).toBeNull();
    expect(warnings).toEqual([]);
  });

  it("reads comments and trailing commas, and finds the file from a folder below", () => {
    const root = checkout({ "dispatch.jsonc": '{\n  // lanes\n  "jobs": 7,\n}', "src/deep/a.ts": "" });
    const loaded = loadConfig({ cwd: join(root, "src/deep"), env: {} });
    expect(loaded.config.jobs).toBe(7);
    expect(loaded.root).toBe(root);
    expect(loaded.sourceOf(["jobs"])).toBe("../../dispatch.jsonc:3:11");
  });

  it("takes .dispatch/config.jsonc too, relative to the top of the checkout, and says when it is not read", () => {
    const alone = load({ ".dispatch/config.jsonc": '{ "jobs": 3 }' });
    expect(alone.config.jobs).toBe(3);
    expect(alone.folder).toBe(alone.root);
    const both = load({ ".dispatch/config.jsonc": '{ "jobs": 3 }', "dispatch.jsonc": '{ "jobs": 5 }' });
    expect(both.config.jobs).toBe(5);
    expect(both.warnings).toEqual([".dispatch/config.jsonc is not read: dispatch.jsonc is there"]);
  });

  it("reads the file of --config instead, and resolves commands against its folder", () => {
    const files = { "dispatch.jsonc": '{ "jobs": 3 }', "conf/other.jsonc": '{ "jobs": 9 }' };
    const loaded = load(files, { configFile: "conf/other.jsonc" });
    expect(loaded.config.jobs).toBe(9);
    expect(loaded.folder).toBe(join(loaded.root, "conf"));
  });

  it("puts flags over the environment over the repository over the user over the defaults", () => {
    const home = checkout({
      "dispatch/config.jsonc": '{ "jobs": 2, "attempts": 5, "sandbox": "off", "base": "user" }',
    });
    const { config, sourceOf } = load(dispatch('{ "attempts": 4, "sandbox": "auto", "base": "repo" }'), {
      env: { XDG_CONFIG_HOME: home, DISPATCH_SANDBOX: "required", DISPATCH_BASE: "env" },
      flags: { base: "flag" },
    });
    expect(config).toMatchObject({ jobs: 2, attempts: 4, sandbox: "required", base: "flag", pauseMain: true });
    expect(sourceOf(["jobs"])).toBe(`${home}/dispatch/config.jsonc:1:11`);
    expect(sourceOf(["attempts"])).toBe("dispatch.jsonc:1:15");
    expect(sourceOf(["sandbox"])).toBe("DISPATCH_SANDBOX");
    expect(sourceOf(["base"])).toBe("--base");
    expect(sourceOf(["pauseMain"])).toBe("default");
  });

  it("merges agents key by key, and replaces lists whole", () => {
    const home = checkout({
      "dispatch/config.jsonc": '{ "agents": { "c": { "role": "coder", "engine": "claude", "skills": ["a", "b"] } } }',
    });
    const { config } = load(dispatch('{ "agents": { "c": { "model": "sonnet", "skills": ["x"] } } }'), {
      env: { XDG_CONFIG_HOME: home },
    });
    expect(config.agents["c"]).toMatchObject({ role: "coder", model: "sonnet", skills: ["x"] });
  });
});

describe("the environment", () => {
  it.each([
    ["DISPATCH_JOBS", "8", { jobs: 8 }],
    ["DISPATCH_BUDGET__DAILY", "5.5", { budget: { daily: 5.5 } }],
    ["DISPATCH_PAUSE_MAIN", "false", { pauseMain: false }],
    ["DISPATCH_WORKDIR", "/tmp/w", { workDir: "/tmp/w" }],
    ["DISPATCH_BASE", "2024", { base: "2024" }],
    ["DISPATCH_FAN_OUT__SPAWN_SECONDS", "auto", { fanOut: { spawnSeconds: "auto" } }],
    ["DISPATCH_FAN_OUT__TASK_SECONDS", "12", { fanOut: { taskSeconds: 12 } }],
    ["DISPATCH_LIMITS__WALL", "90s", { limits: { wall: 90 } }],
    ["DISPATCH_LIMITS__WALL", "90", { limits: { wall: 90 } }],
    ["DISPATCH_CHECKS", "true", { checks: ["true"] }],
    ["DISPATCH_CHECKS", '["a", "b"]', { checks: ["a", "b"] }],
    ["DISPATCH_PIPELINE", "code, review", { pipeline: ["code", "review"] }],
    ["DISPATCH_BACKLOG", '[{"markdown":"B.md"}]', { backlog: [{ markdown: "B.md" }] }],
  ])("%s=%s", (name, value, expected) => {
    expect(load({}, { env: { [name]: value } }).config).toMatchObject(expected);
  });

  it("reaches into the agents of the file, whatever their spelling", () => {
    const files = dispatch('{ "agents": { "coder-ts": { "role": "coder", "engine": "claude" } } }');
    const { config } = load(files, { env: { DISPATCH_AGENTS__CODER_TS__MODEL: "opus" } });
    expect(config.agents["coder-ts"]).toMatchObject({ model: "opus" });
  });

  it("warns of names that mean nothing, and lets those alone that mean something else", () => {
    const env = { DISPATCH_JOBZ: "3", DISPATCH_HOME: "/x", DISPATCH_DATABASE_URL: "y", DISPATCH_LIMITS__WAL: "3" };
    const { config, warnings } = load({}, { env });
    expect(config.jobs).toBe(4);
    expect(warnings).toEqual([
      "DISPATCH_JOBZ is no key of the configuration and has no effect; did you mean DISPATCH_JOBS?",
      "DISPATCH_LIMITS__WAL is no key of the configuration and has no effect; did you mean DISPATCH_LIMITS?",
    ]);
  });

  it("is blamed by name for a value that is wrong", () => {
    const error = refusal({}, { env: { DISPATCH_JOBS: "999" } });
    expect(error.message).toBe("DISPATCH_JOBS jobs: Too big: expected number to be <=256");
    expect(error.hint).toBe("mend or unset that variable");
  });
});

describe("a configuration that is wrong", () => {
  it.each([
    ['{\n\n  "jobs": 999\n}', "dispatch.jsonc:3:11 jobs: Too big: expected number to be <=256"],
    ['{ "job": 3 }', "dispatch.jsonc:1:3 job: unknown key, did you mean jobs?"],
    ['{ "limits": { "wal": "3m" } }', "dispatch.jsonc:1:15 limits.wal: unknown key, did you mean wall?"],
    [
      '{ "forge": "githb" }',
      'dispatch.jsonc:1:12 forge: Invalid option: expected one of "local"|"github", did you mean "github"?',
    ],
    ['{ "limits": { "wall": "soon" } }', "dispatch.jsonc:1:23 limits.wall: a duration such as 30s, 10m or 1.5h"],
    ['{ "checks": 3 }', "dispatch.jsonc:1:13 checks: expects string, or expects array"],
    [
      '{ "backlog": [{ "markdwn": "x" }] }',
      "dispatch.jsonc:1:17 backlog[0].markdwn: unknown key, did you mean markdown?",
    ],
    [
      '{ "agents": { "a b": { "role": "coder", "engine": "acp" } } }',
      "dispatch.jsonc:1:22 agents.a b: letters, digits, . _ -, at most 64",
    ],
    [
      '{ "agents": { "c": { "role": "coder" } } }',
      "dispatch.jsonc:1:20 agents.c.engine: Invalid option: expected one of",
    ],
    ['{ "pauseMain": null }', "dispatch.jsonc:1:16 pauseMain: expects boolean"],
    ['{ "jobs": 1 "base": "x" }', "dispatch.jsonc:1:13 expects a comma here"],
    ['{ "jobs": yes }', "dispatch.jsonc:1:11 has an unknown word here: text stands in double quotes"],
    ["[]", "dispatch.jsonc:1:1 is not an object: it begins with { and ends with }"],
  ])("%s", (text, message) => {
    const error = refusal(dispatch(text));
    expect(error.message).toContain(message);
    expect(error).toMatchObject({
      code: "config_invalid",
      exit: 2,
      hint: "mend it there, then: dispatch config validate",
    });
  });

  it("an empty file says so with its place", () => {
    expect(refusal(dispatch("")).message).toMatch(/^dispatch\.jsonc:1:1 /);
  });

  it("tells every problem, each on a line of its own", () => {
    expect(refusal(dispatch('{ "jobs": 0, "attempts": 99 }')).message.split("\n")).toHaveLength(2);
  });

  it("names the file of --config that is not there", () => {
    const error = refusal({}, { configFile: "nowhere.jsonc" });
    expect(error).toMatchObject({ code: "config_unreadable", exit: 2, message: "nowhere.jsonc cannot be read." });
  });

  it("a file with a byte order mark and a key __proto__ harms nobody", () => {
    expect(refusal(dispatch('\uFEFF{ "__proto__": { "jobs": 9 } }')).message).toContain("unknown key");
    expect(({} as { jobs?: number }).jobs).toBeUndefined();
  });
});

describe("defaults that the repository decides", () => {
  const manifest = (test: string): Files => ({ "package.json": JSON.stringify({ scripts: { test } }) });

  it("checks are the test script, unless it is npm's placeholder", () => {
    const { config, sourceOf } = load(manifest("vitest run"));
    expect(config.checks).toEqual(["npm test"]);
    expect(sourceOf(["checks"])).toBe("package.json scripts.test");
    expect(load(manifest('echo "Error: no test specified" && exit 1')).config.checks).toEqual([]);
    expect(load({ "package.json": "not json" }).config.checks).toEqual([]);
  });

  it("the backlog is BACKLOG.md before TODO.md", () => {
    expect(load({ "TODO.md": "" }).config.backlog).toEqual([{ markdown: "TODO.md" }]);
    expect(load({ "TODO.md": "", "BACKLOG.md": "" }).config.backlog).toEqual([{ markdown: "BACKLOG.md" }]);
  });

  it("the pipeline is the roles that have an agent, in the order code, test, review", () => {
    const agents = '{ "r": { "role": "reviewer", "engine": "claude" }, "c": { "role": "coder", "engine": "claude" } }';
    expect(load(dispatch(`{ "agents": ${agents} }`)).config.pipeline).toEqual(["code", "review"]);
  });
});

describe("whether a run could start", () => {
  const agent = (rest: string): Files => dispatch(`{ "agents": { "c": { "role": "coder", ${rest} } } }`);

  it.each([
    [{}, "there is no dispatch.jsonc: no agent has the role coder"],
    [dispatch("{}"), "no agent has the role coder"],
    [agent('"engine": "command"'), "dispatch.jsonc:1:20 agents.c: the engine command needs `command`"],
    [agent('"engine": "replay"'), "dispatch.jsonc:1:20 agents.c: the engine replay needs `script`"],
    [agent('"engine": "checks"'), "dispatch.jsonc:1:20 agents.c: the engine checks needs `checks`"],
    [
      dispatch('{ "pipeline": ["code", "review"], "agents": { "c": { "role": "coder", "engine": "claude" } } }'),
      "dispatch.jsonc:1:15 pipeline: names a stage that needs a reviewer, and no agent has that role",
    ],
  ])("%j lacks something", (files, problem) => {
    const loaded = load(files);
    expect(missingForRun(loaded)).toEqual([problem]);
    expect(() => requireRunnable(loaded)).toThrow(problem);
  });

  it("points to dispatch init where there is no configuration", () => {
    expect(() => requireRunnable(load({}))).toThrow(
      expect.objectContaining({ code: "config_incomplete", exit: 2, hint: "dispatch init" }) as Error,
    );
  });

  it("a coder with a command is enough", () => {
    expect(missingForRun(load(agent('"engine": "command", "command": ["./a.sh"]')))).toEqual([]);
  });
});

it("lists every key that has a value, agents included", () => {
  const loaded = load(dispatch('{ "agents": { "c": { "role": "coder", "engine": "claude" } } }'));
  const paths = entriesOf(loaded).map(({ path }) => path.join("."));
  expect(paths).toContain("agents.c.role");
  expect(paths).toContain("limits.wall");
});
