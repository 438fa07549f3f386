import { describe, expect, it } from "vitest";
import { opencode } from "../../../../src/adapters/agents/native/opencode.ts";
import type { Turn } from "../../../../src/adapters/agents/native/cli.ts";
import { cliContract } from "../../../contract/cli.contract.ts";
import { aTurn, exited, playLines, playTranscript } from "../../../support/transcript.ts";

cliContract(opencode);

const tokens = (requests: number) => ({
  inputTokens: 1000 * requests,
  outputTokens: 100 * requests,
  cacheReadTokens: 400 * requests,
  cacheWriteTokens: 0,
});

const configOf = (more: Partial<Turn> = {}): Record<string, unknown> =>
  JSON.parse(opencode.plan(aTurn(more)).env["OPENCODE_CONFIG_CONTENT"] ?? "") as Record<string, unknown>;

describe("opencode", () => {
  it("gets its brief on stdin, nothing of the branch's own configuration, and folders of its own", () => {
    const { args, env, input, files } = opencode.plan(aTurn());
    expect(args).toEqual([
      ...["run", "--format", "json", "--pure", "--title", "dispatch", "--print-logs", "--log-level", "ERROR", "--auto"],
      ...["--model", "openai/a-model"],
    ]);
    expect(input).toBe(aTurn().brief);
    expect(env).toMatchObject({
      ...{ OPENCODE_DISABLE_PROJECT_CONFIG: "1", OPENCODE_DISABLE_AUTOUPDATE: "1", OPENCODE_DISABLE_MODELS_FETCH: "1" },
      ...{ XDG_DATA_HOME: "/w/home/data", XDG_CONFIG_HOME: "/w/home/config" },
      ...{ XDG_CACHE_HOME: "/w/home/cache", XDG_STATE_HOME: "/w/home/state" },
    });
    expect(files).toEqual([]);
    expect(configOf()).toMatchObject({
      share: "disabled",
      autoupdate: false,
      lsp: false,
      permission: { "*": "allow" },
    });
  });

  it("asks the one provider that the model names, or that the key is for", () => {
    const [url, key] = ["http://127.0.0.1:1/s", "k"];
    const openai = { openai: { options: { baseURL: url, apiKey: key }, models: { "a-model": {} } } };
    expect(configOf({ server: { protocol: "openai", url, key } })).toMatchObject({
      ...{ enabled_providers: ["openai"], small_model: "openai/a-model", provider: openai },
    });
    const anthropic = { anthropic: { options: { baseURL: `${url}/v1`, apiKey: key }, models: { opus: {} } } };
    expect(configOf({ model: "anthropic/opus", server: { protocol: "anthropic", url, key } }).provider).toEqual(
      anthropic,
    );
    const local = {
      npm: "@ai-sdk/openai-compatible",
      options: { baseURL: url, apiKey: key },
      models: { "qwen/3": {} },
    };
    expect(configOf({ model: "local/qwen/3", server: { protocol: "anthropic", url, key } }).provider).toEqual({
      local,
    });
    const usual = configOf({ model: null, server: { protocol: "anthropic", url: null, key: null } });
    expect(usual).toMatchObject({ enabled_providers: ["anthropic"], provider: { anthropic: { options: {} } } });
    expect(usual).not.toHaveProperty("small_model");
  });

  it("keeps its data in the folder of the user's login, and nothing else of theirs", () => {
    const { env } = opencode.plan(aTurn({ home: "/u/.local/share/opencode" }));
    expect(env).toMatchObject({ XDG_DATA_HOME: "/u/.local/share", XDG_CONFIG_HOME: "/w/folder/config" });
  });

  it("judges with eyes alone, and from a folder in which no plugin of the branch is found", () => {
    const turn = { edits: false, guidance: "Use tabs." } as const;
    const { args, files, input } = opencode.plan(aTurn(turn));
    const { permission, instructions } = configOf(turn);
    expect(permission).toEqual({
      ...{ "*": "deny", read: "allow", grep: "allow", glob: "allow", list: "allow", external_directory: "allow" },
    });
    expect(args).not.toContain("--auto");
    expect(args[args.indexOf("--dir") + 1]).toBe("/w/home/judge");
    expect(input).toMatch(/^The repository is in \/w\/tree: .*\n\n# Do it/);
    expect(instructions).toEqual(["/w/folder/guidance.md"]);
    expect(files).toEqual([
      { path: "/w/folder/guidance.md", text: "Use tabs." },
      { path: "/w/home/judge/here", text: "" },
    ]);
  });

  it("tells what it does, its session, exact tokens and its own price", () => {
    const { told, lines } = playTranscript(opencode, "ok");
    expect(lines).toEqual(["step 1", "bash printf '%s' 'hi' > 'a.txt'", "step 2", "bash echo test", "done it"]);
    expect(told).toMatchObject({ end: { kind: "ok" }, text: "done it", usage: tokens(3) });
    expect(told.session).toMatch(/^ses_\w+$/);
    expect(told.costUsd).toBeCloseTo(0.0054, 10);
  });

  it("judges in its last words", () => {
    const { told } = playTranscript(opencode, "verdict");
    expect(JSON.parse(told.text)).toEqual({ verdict: "approve", summary: "fine", findings: [] });
    expect(told.usage).toEqual(tokens(1));
  });

  it.each([
    ["bad-tool", { kind: "ok" }, 0],
    ["401", { kind: "gave_up", why: "auth", message: "fake invalid key" }, 1],
    ["403", { kind: "gave_up", why: "auth" }, 1],
    ["429", { kind: "rate_limited", retrySeconds: 1 }, 1],
    ["500", { kind: "overloaded" }, 1],
    ["cut", { kind: "overloaded" }, 1],
    ["refused", { kind: "gave_up", why: "refused" }, 0],
    ["context", { kind: "gave_up", why: "context" }, 1],
    // It exits with 0.
    ["truncated", { kind: "gave_up", why: "truncated" }, 0],
  ] as const)("comes to its end as its own words say: %s", (name, end, exit) => {
    const { told, isHopeless } = playTranscript(opencode, name, exit === 0 ? { kind: "ok" } : exited(exit));
    expect(told.end).toMatchObject(end);
    expect(isHopeless).toBe(false);
  });

  const step = (reason: string, cost = 0) =>
    JSON.stringify({ type: "step_finish", sessionID: "s", part: { reason, cost, tokens: { input: 1, output: 2 } } });
  const error = (name: string, data: object) => JSON.stringify({ type: "error", error: { name, data } });

  it.each([
    ["tool-calls", "crashed"],
    ["unknown", "crashed"],
    ["content-filter", "refused"],
    ["length", "truncated"],
  ])("has not gone well when its last step ended so: %s", (reason, why) => {
    expect(playLines(opencode, [step(reason)]).told.end).toMatchObject({ kind: "gave_up", why });
  });

  it("has not gone well when it began another step, or was ended, after one that did", () => {
    const begun = JSON.stringify({ type: "step_start", sessionID: "s", part: {} });
    expect(playLines(opencode, [step("stop"), begun]).told.end.kind).toBe("gave_up");
    expect(playLines(opencode, [step("stop")], exited(1)).told.end.kind).toBe("gave_up");
    expect(playLines(opencode, [step("stop")]).told.end).toEqual({ kind: "ok" });
  });

  it("has no price for a model that it does not know", () => {
    expect(playLines(opencode, [step("stop")]).told).toMatchObject({ costUsd: null, usage: { outputTokens: 2 } });
  });

  it.each([
    [error("ProviderAuthError", { message: "no key" }), { why: "auth" }],
    [error("MessageOutputLengthError", {}), { why: "truncated", message: "MessageOutputLengthError" }],
    [
      error("APIError", { message: "no", statusCode: 429, responseBody: '{"code":"insufficient_quota"}' }),
      { why: "quota" },
    ],
    [error("APIError", { message: "reset", isRetryable: true }), { kind: "overloaded" }],
    [error("UnknownError", { message: "Model not found: x/y." }), { why: "crashed", message: "Model not found: x/y." }],
  ])("tells failures apart: %s", (line, end) => {
    expect(playLines(opencode, [step("stop"), line]).told.end).toMatchObject(end);
  });
});
