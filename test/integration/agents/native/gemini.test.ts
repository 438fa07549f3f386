import { describe, expect, it } from "vitest";
import { gemini } from "../../../../src/adapters/agents/native/gemini.ts";
import { cliContract } from "../../../contract/cli.contract.ts";
import { aTurn, exited, playLines, playTranscript } from "../../../support/transcript.ts";

cliContract(gemini);

const tokens = (requests: number) => ({
  inputTokens: 1000 * requests,
  outputTokens: 100 * requests,
  cacheReadTokens: 400 * requests,
  cacheWriteTokens: 0,
});

const failed = (message: string) => JSON.stringify({ type: "result", status: "error", error: { message }, stats: {} });

describe("Gemini CLI", () => {
  it("gets its brief on stdin, nothing of the branch's own configuration, and a home of its own", () => {
    const { args, env, input, files } = gemini.plan(aTurn());
    expect(args).toEqual([
      ...["--output-format", "stream-json", "--approval-mode", "yolo", "--skip-trust", "--model", "a-model"],
      ...["--session-id", "11111111-1111-4111-8111-111111111111"],
    ]);
    expect(args.join(" ")).not.toContain("secret-brief");
    expect(input).toContain("secret-brief");
    expect(env).toEqual({
      ...{ GEMINI_CLI_HOME: "/w/home", GEMINI_CLI_TRUST_WORKSPACE: "false", GEMINI_CLI_NO_RELAUNCH: "true" },
      ...{ GOOGLE_GEMINI_BASE_URL: "http://127.0.0.1:1/s", GEMINI_API_KEY: "the-key-itself" },
      ...{ GEMINI_TELEMETRY_ENABLED: "false", GEMINI_SYSTEM_MD: "false", GEMINI_SANDBOX: "false" },
    });
    expect(files.map(({ path }) => path)).toEqual(["/w/home/.gemini/settings.json"]);
    expect(JSON.parse(files[0]?.text ?? "")).toMatchObject({
      security: { auth: { selectedType: "gemini-api-key" } },
      context: { fileName: ["GEMINI.md"] },
      general: { enableAutoUpdate: false, maxAttempts: 3 },
    });
  });

  it("leaves the user's own settings as they are where it runs with their login", () => {
    const { env, files } = gemini.plan(aTurn({ home: "/u/.gemini" }));
    expect(env["GEMINI_CLI_HOME"]).toBe("/u");
    expect(files).toEqual([]);
  });

  it("hears what the repository says to agents before its first brief, and once", () => {
    const { input } = gemini.plan(aTurn({ guidance: "Use tabs." }));
    expect(input).toMatch(/^What this repository says to agents:\n\nUse tabs\.\n\n# Do it\n/);
    const again = gemini.plan(aTurn({ guidance: "Use tabs.", session: { resume: "s", fresh: "f" } }));
    expect(again.input).toBe(aTurn().brief);
  });

  it("names its server even if it is the usual one: a file of the branch could name another", () => {
    const { env } = gemini.plan(aTurn({ server: { protocol: "gemini", url: null, key: null } }));
    expect(env["GOOGLE_GEMINI_BASE_URL"]).toBe("https://generativelanguage.googleapis.com");
    expect(env).not.toHaveProperty("GEMINI_API_KEY");
  });

  it("judges with eyes alone: what may be done is listed, and its plan mode, which it could leave, is not asked for", () => {
    const { args, files } = gemini.plan(aTurn({ edits: false }));
    expect(args.slice(2, 6)).toEqual(["--approval-mode", "default", "--admin-policy", "/w/folder/judge.toml"]);
    const [all = "", some = ""] = files[0]?.text.split("\n\n") ?? [];
    expect(all).toContain('toolName = "*"\ndecision = "deny"\npriority = 100');
    expect(some).toContain('decision = "allow"\npriority = 200');
    expect(some).not.toMatch(/write_file|replace|run_shell_command|exit_plan_mode|invoke_agent|web_fetch/);
  });

  it("tells what it does, its session and exact tokens, thoughts included", () => {
    const { told, lines } = playTranscript(gemini, "ok");
    expect(lines.slice(-5)).toEqual(["step 1", "write_file a.txt", "step 2", "run_shell_command echo test", "done it"]);
    expect(told).toMatchObject({ end: { kind: "ok" }, text: "done it", model: "gemini-2.5-pro", costUsd: null });
    expect(told.session).toMatch(/^[0-9a-f-]{36}$/);
    expect(told.usage).toEqual(tokens(3));
  });

  it("judges in its last words", () => {
    const { told } = playTranscript(gemini, "verdict");
    expect(JSON.parse(told.text)).toEqual({ verdict: "approve", summary: "fine", findings: [] });
    expect(told.usage).toEqual(tokens(1));
  });

  it("puts the pieces of what it says together", () => {
    const say = (content: string) => JSON.stringify({ type: "message", role: "assistant", content, delta: true });
    const tool = JSON.stringify({ type: "tool_use", tool_name: "glob", parameters: { pattern: "*.ts" } });
    const { told, lines } = playLines(gemini, [
      ...[say("I lo"), say("ok"), tool, say("All "), say("is well"), '{"type":"result","status":"success"}'],
    ]);
    expect(lines).toEqual(["I look", "glob *.ts", "All is well"]);
    expect(told).toMatchObject({ text: "All is well", end: { kind: "ok" } });
  });

  it("is not priced as one model where it asked several", () => {
    const stats = { input_tokens: 2, total_tokens: 3, models: { "gemini-3.8-flash": {}, "gemini-3.5-flash-lite": {} } };
    const lines = [
      { type: "init", model: "auto" },
      { type: "result", status: "success", stats },
    ];
    const { told } = playLines(
      gemini,
      lines.map((line) => JSON.stringify(line)),
    );
    expect(told).toMatchObject({ model: "auto", usage: { inputTokens: 2, outputTokens: 1 } });
  });

  it.each([
    ["bad-tool", { kind: "ok" }, 0],
    // It keeps to itself why the model stopped: what was cut or refused looks like any other answer.
    ["refused", { kind: "ok" }, 0],
    ["truncated", { kind: "ok" }, 0],
    ["401", { kind: "gave_up", why: "auth" }, 145],
    ["403", { kind: "gave_up", why: "auth" }, 147],
    ["429", { kind: "rate_limited", retrySeconds: null }, 173],
    ["500", { kind: "overloaded" }, 244],
    ["cut", { kind: "overloaded" }, 1],
    ["context", { kind: "gave_up", why: "context" }, 144],
  ] as const)("comes to its end as its own words say: %s", (name, end, exit) => {
    const { told } = playTranscript(gemini, name, exit === 0 ? { kind: "ok" } : exited(exit));
    expect(told.end).toMatchObject(end);
  });

  it.each([
    ["API key not valid. Please pass a valid API key.", 144, { kind: "gave_up", why: "auth" }],
    ["You exceeded your current quota, check your billing. Please retry in 34.07s.", 173, { retrySeconds: 35 }],
    ["Resource exhausted\nSuggested retry after 60s.", 173, { kind: "rate_limited", retrySeconds: 60 }],
    ["You have exhausted your daily quota on this model.", 173, { kind: "gave_up", why: "quota" }],
    ["Quota exceeded, limit: 0, model: gemini-3-pro", 173, { kind: "gave_up", why: "quota" }],
    ['{"error":{"code":529,"message":"busy"}}', 17, { kind: "overloaded" }],
    ["The input token count (9) exceeds the maximum number of tokens allowed (8)", 144, { why: "context" }],
    ["Context window will overflow (estimated: 9, remaining: 8)", 1, { kind: "gave_up", why: "context" }],
    ["Reached max session turns for this session.", 53, { kind: "gave_up", why: "max_turns" }],
    ["something else", 1, { kind: "gave_up", why: "crashed", message: "something else" }],
  ])("tells failures apart: %s", (message, exit, end) => {
    expect(playLines(gemini, [failed(message)], exited(exit)).told.end).toMatchObject(end);
  });

  it.each([
    ["The model response was blocked due to safety settings.", "refused"],
    ["Model response was truncated because it exceeded the token limit.", "truncated"],
    ["Loop detected, stopping execution", "crashed"],
  ])("is not believed for its exit code, or one word of it: %s", (message, why) => {
    const lines = [
      { type: "error", severity: "warning", message },
      { type: "result", status: "success" },
    ];
    const { told } = playLines(
      gemini,
      lines.map((line) => JSON.stringify(line)),
    );
    expect(told.end).toEqual({ kind: "gave_up", why, message });
  });

  it("has not gone well when it was ended, or when nobody is logged in, whatever it prints last", () => {
    expect(playLines(gemini, ["step"]).told.end).toMatchObject({ kind: "gave_up", why: "crashed" });
    expect(playLines(gemini, ['{"type":"result","status":"success"}'], exited(1)).told.end.kind).toBe("gave_up");
    expect(playLines(gemini, ["Invalid auth method selected."], exited(41)).told.end).toMatchObject({ why: "auth" });
  });
});
