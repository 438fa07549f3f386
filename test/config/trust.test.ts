import { describe, expect, it } from "vitest";
import { loadConfig } from "../../src/config/load.ts";
import { type Startable, startableOf } from "../../src/config/trust.ts";
import { checkout } from "../support/checkout.ts";

const CODER = { role: "coder", engine: "command", command: ["./agent.sh", "--fast"] };
const CONFIG = { agents: { coder: CODER, tester: { role: "tester", engine: "checks" } }, checks: "npm test" };

function read(config: object | null, { env = {}, files = {} } = {}): Startable | null {
  const own = config === null ? {} : { "dispatch.jsonc": JSON.stringify(config) };
  return startableOf(loadConfig({ cwd: checkout({ ...own, ...files }), env }));
}

const hashOf = (config: object, more = {}): string | undefined => read(config, more)?.hash;
const turned = (tree: object): object => Object.fromEntries(Object.entries(tree).toReversed());
const withCoder = (more: object): object => ({ ...CONFIG, agents: { ...CONFIG.agents, coder: { ...CODER, ...more } } });

describe("what a person has to believe", () => {
  it("is every word of what is started, and of what holds it", () => {
    expect(read({ ...CONFIG, sandbox: "off", setup: { command: "npm ci", network: "none" } })?.lines).toEqual([
      'checks "npm test"',
      'setup.command "npm ci"',
      'setup.network "none"',
      'agents.coder.command ["./agent.sh","--fast"]',
      'agents.coder.role "coder"',
      'agents.coder.engine "command"',
      'agents.tester.role "tester"',
      'agents.tester.engine "checks"',
      'sandbox "off"',
    ]);
  });

  it.each<[string, object]>([
    ["a command", withCoder({ command: ["./agent.sh", "--fas"] })],
    ["an argument that moved", withCoder({ command: ["./agent.sh --fast"] })],
    ["a recording", withCoder({ script: "r.json" })],
    ["a role", withCoder({ role: "reviewer" })],
    ["an engine", withCoder({ engine: "replay" })],
    ["the variables it sees", withCoder({ env: ["TOKEN"] })],
    ["its mounts", withCoder({ mounts: ["~/.ssh"] })],
    ["its network", withCoder({ network: "open" })],
    ["where its model is", withCoder({ baseUrl: "http://127.0.0.1:1" })],
    ["the key it gets", withCoder({ apiKeyEnv: "KEY" })],
    ["one more agent", { ...CONFIG, agents: { ...CONFIG.agents, more: CODER } }],
    ["the checks", { ...CONFIG, checks: ["npm test"] }],
    ["setup", { ...CONFIG, setup: "npm ci" }],
    ["the sandbox", { ...CONFIG, sandbox: "auto" }],
    ["the folder of worktrees", { ...CONFIG, workDir: "/tmp/w" }],
    ["the policy", { ...CONFIG, policy: { protected: [] } }],
  ])("is asked again after a change of %s", (_, config) => {
    expect(hashOf(config)).toMatch(/^[0-9a-f]{64}$/);
    expect(hashOf(config)).not.toBe(hashOf(CONFIG));
  });

  it.each<[string, object]>([
    ["lanes", { ...CONFIG, jobs: 7 }],
    ["bounds", { ...CONFIG, limits: { wall: "5m" }, attempts: 3, review: { rounds: 1 } }],
    ["money", { ...withCoder({ budget: { daily: 2 }, reserveUsd: 1 }), budget: { daily: 1 } }],
    ["a version and skills", withCoder({ version: "2.0.0", skills: ["typescript"] })],
    ["the order of keys", turned({ ...CONFIG, agents: turned({ ...CONFIG.agents, coder: turned(CODER) }) })],
  ])("is not asked again after a change of %s", (_, config) => {
    expect(hashOf(config)).toBe(hashOf(CONFIG));
  });

  it("is the repository's word alone: the user's own variables and files are no question", () => {
    const env = { DISPATCH_CHECKS: "make", DISPATCH_AGENTS__CODER__ENV: '["MINE"]' };
    expect(hashOf(CONFIG, { env })).toBe(hashOf(CONFIG));
    const mine = { XDG_CONFIG_HOME: checkout({ "dispatch/config.jsonc": JSON.stringify(CONFIG) }) };
    expect(read({ jobs: 2 }, { env: mine })).toBeNull();
    expect(read({ sandbox: "off" }, { env: mine })?.lines).toEqual(['sandbox "off"']);
  });

  it("is nothing where nothing is started", () => {
    expect(read(null)).toBeNull();
    expect(read({ agents: {}, jobs: 2 })).toBeNull();
  });

  it("counts a test script of package.json, which nobody wrote into the configuration", () => {
    const files = { "package.json": JSON.stringify({ scripts: { test: "node --test" } }) };
    expect(read(null, { files })?.lines).toEqual(['checks "npm test"']);
    expect(read({ checks: "make" }, { files })?.lines).toEqual(['checks "make"']);
    expect(read(null, { files, env: { DISPATCH_CHECKS: "make" } })).toBeNull();
  });

  it("hides nothing of a command: what cannot be seen is spelled out", () => {
    const { lines } = read({ checks: "a\u202Eb\u200Bc\u001B[2Kd\u009B" }) ?? { lines: [] };
    expect(lines).toEqual([String.raw`checks "a\u{202e}b\u{200b}c\u001b[2Kd\u{9b}"`]);
  });
});
