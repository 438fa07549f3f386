import { mkdtempSync, mkdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { loadConfig } from "../../src/config/load.ts";
import { policyOf, policyText, reachOf, requireWithinPolicy } from "../../src/config/policy.ts";

const settled = (env: Readonly<Record<string, string>>) => {
  const root = mkdtempSync(join(tmpdir(), "dispatch-policy-"));
  mkdirSync(join(root, ".git"));
  return loadConfig({ cwd: root, env }).config;
};
const CODER = { DISPATCH_AGENTS: '{"coder":{"role":"coder","engine":"command","command":["a"]}}' };

it("bounds only what was written down, and lets only coders open pull requests", () => {
  const { roles } = policyOf(settled({ DISPATCH_POLICY__ROLES: '{"reviewer":{"network":"model","maxTaskUsd":1}}' }));
  expect(roles.reviewer).toMatchObject({ network: "model", maxTaskUsd: 1, allow: ["**"], openPullRequest: false });
  expect(roles.coder).toMatchObject({ network: "open", maxTaskUsd: null, deny: [], openPullRequest: true });
});

it("has one text for one policy, in whatever order it was written", () => {
  const agent = '{"role":"coder","engine":"command","command":["a"]}';
  const one = policyText(settled({ DISPATCH_AGENTS: `{"x":${agent},"y":${agent}}` }));
  expect(policyText(settled({ DISPATCH_AGENTS: `{"y":${agent},"x":${agent}}` }))).toBe(one);
  expect(policyText(settled({ DISPATCH_AGENTS: `{"y":${agent},"x":${agent}}`, DISPATCH_JOBS: "7" }))).toBe(one);
  expect(policyText(settled({ DISPATCH_AGENTS: `{"x":${agent}}` }))).not.toBe(one);
  const narrower = {
    DISPATCH_AGENTS: `{"x":${agent},"y":${agent}}`,
    DISPATCH_POLICY__ROLES: '{"coder":{"deny":["a"]}}',
  };
  expect(policyText(settled(narrower))).not.toBe(one);
});

it.each([
  ["command", undefined, "open"],
  ["command", "none", "none"],
  ["command", ["a.test"], "domains"],
  ["command", [], "none"],
  ["checks", undefined, "none"],
  ["replay", "open", "none"],
] as const)("the engine %s with the network %s reaches %s", (engine, network, reach) => {
  expect(
    reachOf({
      engine,
      network: network === undefined ? undefined : typeof network === "string" ? network : [...network],
    }),
  ).toBe(reach);
});

it("refuses an agent that its role would never let start, with both keys", () => {
  const config = settled({ ...CODER, DISPATCH_POLICY__ROLES: '{"coder":{"network":"domains"}}' });
  expect(() => requireWithinPolicy(config)).toThrow(/agents\.coder could never be started: its network is "open"/);
  expect(() => requireWithinPolicy(settled(CODER))).not.toThrow();
});
