import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { answerSchema } from "../../../../src/adapters/agents/native/answer-schema.ts";
import { codex, versioned } from "../../../../src/adapters/agents/native/codex.ts";
import { cliContract } from "../../../contract/cli.contract.ts";
import { agentSite } from "../../../support/agent-site.ts";
import { aTurn, exited, playLines, playTranscript } from "../../../support/transcript.ts";

cliContract(codex);

const settings = (args: readonly string[]) => args.filter((_, at) => args[at - 1] === "-c");
const sandboxOf = (more: Parameters<typeof aTurn>[0]) => settings(codex.plan(aTurn(more)).args)[0];
const ends = (...events: readonly object[]) =>
  playLines(
    codex,
    events.map((event) => JSON.stringify(event)),
  ).told.end;

describe("Codex", () => {
  it("gets its brief on stdin, a home of its own, its server without the key, and nobody's settings but ours", () => {
    const { args, env, input, files } = codex.plan(aTurn());
    expect(args.filter((_, at) => args[at] !== "-c" && args[at - 1] !== "-c")).toEqual([
      ...["exec", "--json", "--skip-git-repo-check", "--ignore-user-config", "--ignore-rules"],
      ...["--model", "a-model", "-"],
    ]);
    expect(settings(args)).toMatchInlineSnapshot(`
      [
        "sandbox_mode="danger-full-access"",
        "approval_policy="never"",
        "web_search="disabled"",
        "check_for_update_on_startup=false",
        "analytics.enabled=false",
        "feedback.enabled=false",
        "features.plugins=false",
        "features.apps=false",
        "features.hooks=false",
        "features.multi_agent=false",
        "features.goals=false",
        "features.unbounded_connection_retries=false",
        "shell_environment_policy.exclude=["OPENAI_API_KEY"]",
        "model_provider="dispatch"",
        "model_providers.dispatch.name="dispatch"",
        "model_providers.dispatch.base_url="http://127.0.0.1:1/s/v1"",
        "model_providers.dispatch.env_key="OPENAI_API_KEY"",
        "model_providers.dispatch.wire_api="responses"",
        "model_providers.dispatch.request_max_retries=2",
        "model_providers.dispatch.stream_max_retries=2",
        "model_providers.dispatch.stream_idle_timeout_ms=120000",
        "model_providers.dispatch.supports_websockets=false",
      ]
    `);
    expect(args.join(" ")).not.toContain("secret-brief");
    expect([input.includes("secret-brief"), files]).toEqual([true, []]);
    expect(env).toEqual({ CODEX_HOME: "/w/home", OPENAI_API_KEY: "the-key-itself" });
  });

  it("has its own login, and knows its own server, where there is no key", () => {
    const plan = (url: string | null) => codex.plan(aTurn({ server: { protocol: "openai", url, key: null } }));
    expect(plan(null).env).toEqual({ CODEX_HOME: "/w/home" });
    expect(plan(null).args.join(" ")).not.toMatch(/model_provider|base_url/);
    expect(settings(plan("http://h/x").args)).toContain('openai_base_url="http://h/x/v1"');
  });

  it("judges to a schema, in a fence of its own wherever one can be made", () => {
    const { args, files } = codex.plan(aTurn({ edits: false, schema: answerSchema("reviewer") }));
    const [file] = files;
    expect([args[args.indexOf("--output-schema") + 1], file?.path]).toEqual(Array(2).fill("/w/folder/schema.json"));
    expect(JSON.parse(file?.text ?? "")).toMatchObject({ additionalProperties: false });
    const full = 'sandbox_mode="danger-full-access"';
    for (const isFenced of [true, false]) expect(sandboxOf({ isFenced })).toBe(full);
    for (const as of [{}, { isRoot: true }, { isFenced: true }])
      expect(sandboxOf({ edits: false, ...as })).toBe('sandbox_mode="read-only"');
    expect(sandboxOf({ edits: false, isRoot: true, isFenced: true })).toBe(full);
  });

  it("goes on with a session in the same way in which it began", () => {
    const plan = (resume: string | null) => codex.plan(aTurn({ session: { resume, fresh: "f" } })).args;
    expect(plan("s-1").slice(0, 2)).toEqual(["exec", "resume"]);
    expect(plan("s-1").slice(-2)).toEqual(["s-1", "-"]);
    expect(settings(plan("s-1"))).toEqual(settings(plan(null)));
  });

  it.each([
    ["https://api.openai.com/v1", "https://api.openai.com/v1"],
    ["https://api.openai.com/v1/", "https://api.openai.com/v1"],
    ["http://127.0.0.1:1/s/ok", "http://127.0.0.1:1/s/ok/v1"],
    ["http://h/v1beta", "http://h/v1beta/v1"],
  ])("finds its server at %s, with or without the version", (url, to) => {
    expect(versioned(url)).toBe(to);
  });

  it("tells what it does, its session and exact tokens", () => {
    const { told, lines } = playTranscript(codex, "ok");
    expect(lines).toEqual(["step 1", "edit /w/tree/a.txt", "step 2", "shell /bin/bash -lc 'echo test'", "done it"]);
    expect(told).toMatchObject({ end: { kind: "ok" }, text: "done it", model: null, costUsd: null });
    expect(told.session).toMatch(/^[0-9a-f-]{36}$/);
    expect(told.usage).toEqual({
      ...{ inputTokens: 3000, outputTokens: 300, cacheReadTokens: 1200, cacheWriteTokens: 0 },
    });
  });

  it("answers to a schema with its last words", () => {
    expect(playTranscript(codex, "verdict").told.answer).toEqual({ verdict: "approve", summary: "fine", findings: [] });
    expect(playTranscript(codex, "ok").told).not.toHaveProperty("answer");
  });

  it.each([
    ["bad-tool", { kind: "ok" }, 0],
    ["cut", { kind: "overloaded" }, 1],
    ["unreachable", { kind: "overloaded" }, 1],
    ["500", { kind: "overloaded" }, 1],
    ["capacity", { kind: "overloaded" }, 1],
    ["429", { kind: "rate_limited", retrySeconds: null }, 1],
    ["soft-limit", { kind: "rate_limited", retrySeconds: 8 }, 1],
    ["plan-limit", { kind: "rate_limited", retrySeconds: 1800 }, 1],
    ["quota", { kind: "gave_up", why: "quota" }, 1],
    ["context", { kind: "gave_up", why: "context" }, 1],
    ["truncated", { kind: "gave_up", why: "truncated" }, 1],
    ["flagged", { kind: "gave_up", why: "refused" }, 1],
    ["filtered", { kind: "gave_up", why: "refused" }, 1],
    ["bad-model", { kind: "gave_up", why: "crashed" }, 1],
    // The words of a refusal are left out, unless its server hides what it is.
    ["silent", { kind: "gave_up", why: "refused" }, 0],
    ["refused", { kind: "ok" }, 0],
  ] as const)("comes to its end as its own words say: %s", (name, end, exit) => {
    const { told, isHopeless } = playTranscript(codex, name, exit === 0 ? { kind: "ok" } : exited(exit));
    expect(told.end).toMatchObject(end);
    expect(isHopeless).toBe(false);
  });

  it.each(["401", "403"])("is not waited for when its key is refused: %s", (name) => {
    const { told, isHopeless } = playTranscript(codex, name, { kind: "cancelled" });
    expect(isHopeless).toBe(true);
    expect(told.end).toMatchObject({ kind: "gave_up", why: "auth" });
  });

  it("may be let through without a WebSocket", () => {
    const message = "Reconnecting... 1/5 (unexpected status 403 Forbidden: no, url: wss://h/v1/responses)";
    expect(playLines(codex, [JSON.stringify({ type: "error", message })]).isHopeless).toBe(false);
  });

  it("is not believed for its exit code, nor for one word of many", () => {
    const done = { type: "turn.completed", usage: {} };
    const words = { type: "item.completed", item: { type: "agent_message", text: "all done" } };
    const again = { type: "error", message: "Reconnecting... 1/2 (exceeded retry limit, last status: 429 Too Many)" };
    expect(ends(words, done)).toEqual({ kind: "ok" });
    expect(ends(words)).toMatchObject({ kind: "gave_up", why: "crashed" });
    expect(ends(words, { type: "error", message: "no" }, done)).toEqual({
      ...{ kind: "gave_up", why: "crashed", message: "no" },
    });
    const printed = [words, done].map((event) => JSON.stringify(event));
    expect(playLines(codex, printed, exited(1)).told.end).toMatchObject({ kind: "gave_up", why: "crashed" });
    // What its server refused once counts until it answers.
    expect([ends(again).kind, ends(again, words).kind, ends(again, words, done).kind]).toEqual([
      ...["rate_limited", "gave_up", "ok"],
    ]);
  });

  it.each([
    ["You've hit your usage limit. Try again in 3 days.", { kind: "rate_limited", retrySeconds: 1800 }],
    ["rate limit exceeded: try again in 1m2.5s", { kind: "rate_limited", retrySeconds: 63 }],
    ["rate limit exceeded: try again in 2h", { kind: "rate_limited", retrySeconds: 7200 }],
    ["rate limit exceeded: try again in 20ms", { kind: "rate_limited", retrySeconds: 1 }],
    ["rate limit exceeded: slow", { kind: "rate_limited", retrySeconds: null }],
    ["stream disconnected before completion: idle timeout waiting for SSE", { kind: "overloaded" }],
    ["unexpected status 529 <unknown status code>: x", { kind: "overloaded" }],
    ["unexpected status 402 Payment Required: x", { kind: "gave_up", why: "quota" }],
    ["unexpected status 404 Not Found: x", { kind: "gave_up", why: "crashed" }],
    ["Missing environment variable: `OPENAI_API_KEY`.", { kind: "gave_up", why: "auth" }],
  ])("means by %j what it says", (message, end) => {
    expect(ends({ type: "turn.failed", error: { message } })).toMatchObject({ ...end, message });
  });
});

/** Each turn costs 1000 tokens, and it tells the sum, but for the second, which fails. */
const COUNTING = `#!/bin/sh
cat > /dev/null
n=$(($(cat "$CODEX_HOME/n" 2> /dev/null) + 1))
echo $n > "$CODEX_HOME/n"
echo '{"type":"thread.started","thread_id":"s-1"}'
echo '{"type":"item.completed","item":{"type":"agent_message","text":"'"$2"'"}}'
[ $n = 2 ] && echo '{"type":"turn.failed","error":{"message":"at capacity"}}' && exit 1
echo '{"type":"turn.completed","usage":{"input_tokens":'$((n * 1000))',"output_tokens":'$((n * 10))'}}'
`;

describe("the tokens of a session that goes on", () => {
  it("are counted once, and those of a turn that went wrong with the next", async () => {
    const site = agentSite();
    await writeFile(join(site.folder, "codex"), COUNTING, { mode: 0o755 });
    const server = { baseUrl: "http://127.0.0.1:1", apiKeyEnv: "NO_SUCH_KEY", network: "open" as const };
    const agent = site.open({ engine: "codex", command: ["./codex"], ...server });
    const seen: unknown[] = [];
    for (let round = 1; round <= 3; round++) {
      const { end, result, spent } = await site.run(agent);
      seen.push([end.kind, result.kind === "valid" ? result.summary : null, spent?.usage?.inputTokens ?? null]);
    }
    expect(seen).toEqual([
      ["ok", "--json", 1000],
      ["rate_limited", null, null],
      ["ok", "resume", 2000],
    ]);
  });
});
