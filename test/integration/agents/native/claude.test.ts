import { describe, expect, it } from "vitest";
import { answerSchema } from "../../../../src/adapters/agents/native/answer-schema.ts";
import { claude } from "../../../../src/adapters/agents/native/claude.ts";
import { cliContract } from "../../../contract/cli.contract.ts";
import { aTurn, exited, playLines, playTranscript } from "../../../support/transcript.ts";

cliContract(claude);

const tokens = (requests: number) => ({
  inputTokens: 1000 * requests,
  outputTokens: 100 * requests,
  cacheReadTokens: 400 * requests,
  cacheWriteTokens: 0,
});

describe("Claude Code", () => {
  it("gets its brief on stdin, nothing of the branch's own configuration, and a home of its own", () => {
    const { args, env, input } = claude.plan(aTurn({ isRoot: true }));
    expect(args).toEqual([
      ...["-p", "--output-format", "stream-json", "--verbose", "--permission-mode", "bypassPermissions"],
      ...["--setting-sources", "", "--strict-mcp-config", "--model", "a-model"],
      ...["--session-id", "11111111-1111-4111-8111-111111111111"],
    ]);
    expect(args.join(" ")).not.toContain("secret-brief");
    expect(input).toContain("secret-brief");
    expect(env).toMatchObject({ CLAUDE_CONFIG_DIR: "/w/home", ANTHROPIC_API_KEY: "the-key-itself", IS_SANDBOX: "1" });
    expect(claude.plan(aTurn()).env).not.toHaveProperty("IS_SANDBOX");
  });

  it("judges with eyes alone, to a schema, and reads what the repository says to agents", () => {
    const turn = aTurn({ edits: false, schema: answerSchema("reviewer"), guidance: "Use tabs." });
    const { args, files } = claude.plan(turn);
    expect(args[args.indexOf("--tools") + 1]).toBe("Read,Grep,Glob");
    expect(JSON.parse(args[args.indexOf("--json-schema") + 1] ?? "")).toMatchObject({ additionalProperties: false });
    expect(files).toEqual([{ path: "/w/folder/guidance.md", text: "Use tabs." }]);
  });

  it("tells what it does, its session, exact tokens and its own price", () => {
    const { told, lines } = playTranscript(claude, "ok");
    expect(lines).toEqual(["step 1", "Write /w/tree/a.txt", "step 2", "Bash echo test", "done it"]);
    expect(told).toMatchObject({ end: { kind: "ok" }, text: "done it", model: "claude-sonnet-4-5" });
    expect(told.session).toMatch(/^[0-9a-f-]{36}$/);
    expect(told.usage).toEqual(tokens(3));
    expect(told.costUsd).toBe(0.01026);
  });

  it("answers to a schema", () => {
    const { told } = playTranscript(claude, "verdict");
    expect(told.answer).toEqual({ verdict: "approve", summary: "fine", findings: [] });
  });

  it.each([
    ["bad-tool", { kind: "ok" }, 0],
    ["cut", { kind: "ok" }, 0],
    ["429", { kind: "rate_limited", retrySeconds: null }, 1],
    ["500", { kind: "overloaded" }, 1],
    ["403", { kind: "gave_up", why: "auth" }, 1],
    ["refused", { kind: "gave_up", why: "refused" }, 1],
    ["context", { kind: "gave_up", why: "context" }, 1],
    ["truncated", { kind: "gave_up", why: "truncated" }, 1],
  ] as const)("comes to its end as its own words say: %s", (name, end, exit) => {
    const { told, isHopeless } = playTranscript(claude, name, exit === 0 ? { kind: "ok" } : exited(exit));
    expect(told.end).toMatchObject(end);
    expect(isHopeless).toBe(false);
  });

  it("is not waited for when its key is refused, however long it would try", () => {
    const { told, isHopeless } = playTranscript(claude, "401", { kind: "cancelled" });
    expect(isHopeless).toBe(true);
    expect(told.end).toEqual({ kind: "gave_up", why: "auth", message: "its server answered 401" });
  });

  it.each(["API Error: Connection error.", "read ECONNRESET", "API Error: terminated"])(
    "waits for a server whose line broke, and pays no attempt for it: %s",
    (words) => {
      const line = JSON.stringify({
        type: "result",
        subtype: "success",
        is_error: true,
        session_id: "s",
        result: words,
      });
      expect(playLines(claude, [line], exited(1)).told.end).toEqual({ kind: "overloaded", message: words });
    },
  );

  it.each([
    [{ subtype: "success", is_error: true, result: "no" }, "crashed"],
    [{ subtype: "error_max_turns", is_error: true }, "max_turns"],
    [{ subtype: "error_max_budget_usd", is_error: true }, "budget"],
    [{ subtype: "success", is_error: true, api_error_status: 400, result: "Your credit balance is too low" }, "quota"],
    [{ subtype: "error_during_execution", is_error: true, errors: [{ message: "aborted" }] }, "crashed"],
  ])("is not believed for its exit code, or one word of it: %j", (result, why) => {
    const line = JSON.stringify({ type: "result", session_id: "s", ...result });
    expect(playLines(claude, [line]).told.end).toMatchObject({ kind: "gave_up", why });
  });
});
