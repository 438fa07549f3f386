import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { knownOf } from "../../../src/adapters/agents/acp/known.ts";
import { type AcpProgram, planAcp } from "../../../src/adapters/agents/acp/plan-acp.ts";
import { openTalk } from "../../../src/adapters/agents/acp/talk.ts";
import { afterBoth, usageOf } from "../../../src/adapters/agents/acp/usage.ts";
import type { ModelNetwork } from "../../../src/config/network.ts";
import { agentSite } from "../../support/agent-site.ts";
import { temporaryFolder } from "../../support/temporary-folder.ts";

const MODEL: ModelNetwork = {
  ...{ kind: "model", where: "agents.one", keyName: "OPENAI_API_KEY", urlNames: ["OPENAI_BASE_URL"], isDefault: true },
  upstream: new URL("https://models.test/v1"),
};
const PROGRAM: AcpProgram = {
  ...{ file: "copilot", args: ["--acp"], model: MODEL, homes: ["A_HOME", "COPILOT_HOME"], reads: ["/tools"] },
  network: () => Promise.resolve(MODEL),
  key: () => "the-key-itself",
  settings: null,
  env: { COPILOT_URL: "https://models.test/v1", COPILOT_KEY: "the-key-itself", OTHER: "x" },
};

const plan = async (way: Readonly<Record<string, string>>, program = PROGRAM, edits = true) => {
  const keep = temporaryFolder("acp-plan");
  const place = { folder: keep, resultFile: join(keep, "result.json"), way };
  return { keep, ...(await planAcp(program, edits, keep, place, () => undefined)) };
};

describe("what an agent over ACP is started with", () => {
  it("names the gateway and holds no key where there is one, whatever its variables are called", async () => {
    const way = { OPENAI_BASE_URL: "http://127.0.0.1:18000", OPENAI_API_KEY: "sentinel" };
    const { env } = await plan(way);
    expect(env).toMatchObject({ ...way, COPILOT_URL: "http://127.0.0.1:18000", COPILOT_KEY: "sentinel", OTHER: "x" });
    expect(JSON.stringify(env)).not.toContain("the-key-itself");
    expect(JSON.stringify(env)).not.toContain("models.test");
  });

  it("is the server itself with its key, where nothing stands between", async () => {
    expect((await plan({})).env).toMatchObject({
      OPENAI_API_KEY: "the-key-itself",
      OPENAI_BASE_URL: "https://models.test/v1",
      COPILOT_URL: "https://models.test/v1",
    });
    const { env } = await plan({}, { ...PROGRAM, model: null });
    expect(env).not.toHaveProperty("OPENAI_API_KEY");
  });

  it("has homes of its own that stay, but for those that its user names", async () => {
    const theirs = join(temporaryFolder("acp-user"), "home");
    const { env, writes, reads, keep } = await plan({}, { ...PROGRAM, env: { A_HOME: theirs } });
    expect(env).toMatchObject({ A_HOME: theirs, COPILOT_HOME: join(keep, "home", "COPILOT_HOME") });
    // Both are there: a fence cannot show what is not.
    expect([env["COPILOT_HOME"] ?? "", theirs].map(existsSync)).toEqual([true, true]);
    expect(writes).toEqual([join(keep, "home"), theirs]);
    expect(reads).toEqual(["/tools"]);
  });

  it("is a worktree that a judge cannot write to", async () => {
    expect(await plan({})).not.toHaveProperty("readsOnly");
    expect(await plan({}, PROGRAM, false)).toMatchObject({ readsOnly: true });
  });
});

it("is started with settings that come before those of a branch, where it is known how", async () => {
  const { env, keep } = await plan({}, { ...PROGRAM, settings: knownOf("qwen").settings });
  expect(env["QWEN_CODE_SYSTEM_SETTINGS_PATH"]).toBe(join(keep, "settings.json"));
  expect(readFileSync(join(keep, "settings.json"), "utf8")).toContain('"disableAllHooks":true');
});

describe("the tokens that an agent over ACP tells of", () => {
  const counts = (inputTokens: number, outputTokens: number, cachedReadTokens = 0, totalTokens?: number, more = {}) =>
    usageOf({ inputTokens, outputTokens, cachedReadTokens, totalTokens, ...more });

  it.each([
    ["copilot", counts(3000, 300, 1200, 3300, { thoughtTokens: 60 }), 3000, 300],
    ["claude-agent-acp", counts(1800, 300, 1200, 3300), 3000, 300],
    ["one that counts its thoughts apart", counts(1800, 240, 1200, 3300, { thoughtTokens: 60 }), 3000, 300],
    ["one with thoughts apart, and the cache in", counts(3000, 240, 1200, 3300, { thoughtTokens: 60 }), 3000, 300],
    ["one without a total or a cache", counts(30, 3), 30, 3],
  ])("are all of them: %s", (_, usage, inputTokens, outputTokens) => {
    expect(usage).toMatchObject({ inputTokens, outputTokens });
  });

  it("are unknown where they do not add up", () => {
    expect(counts(1000, 100, 400)).toBeNull();
    expect(counts(1000, 100, 400, 1234)).toBeNull();
    expect(usageOf({})).toBeNull();
  });

  it("go on over two turns, or begin anew", () => {
    const usage = (inputTokens: number, outputTokens: number) => ({ inputTokens, outputTokens });
    expect(afterBoth(usage(10, 5), usage(30, 6))).toEqual(usage(30, 6));
    expect(afterBoth(usage(10, 5), usage(30, 2))).toEqual(usage(40, 7));
    expect(afterBoth(usage(10, 5), null)).toBeNull();
  });
});

describe("a conversation over ACP", () => {
  it("is over where no session comes of it", async () => {
    const wish = { role: "coder", edits: true, cwd: "/w", model: null, resume: null } as const;
    const request = agentSite().request();
    const talk = openTalk({ wish, request, guidance: "", onEvent: () => undefined, handshakeMs: 20 });
    const ended = new Promise<void>((resolve) => {
      talk.begin({ write: () => undefined, end: resolve }, "/w/none.json");
    });
    await ended;
    const told = await talk.end();
    expect(told?.end).toMatchObject({ kind: "gave_up", why: "crashed" });
    expect(told?.end.kind === "gave_up" ? told.end.message : "").toContain("does its command speak ACP");
  });
});
