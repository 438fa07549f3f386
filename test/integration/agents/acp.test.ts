import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeEach, describe, expect, it } from "vitest";
import type { AgentConfig } from "../../../src/config/schema.ts";
import type { AgentInput } from "../../../src/domain/assignment.ts";
import { agentContract } from "../../contract/agent.contract.ts";
import { type AgentSite, agentSite, fixture } from "../../support/agent-site.ts";
import { fileAt, processesIn } from "../../support/process-probes.ts";
import { setVariable } from "../../support/set-variable.ts";

const plays = (...words: readonly string[]): [string, ...string[]] => [fixture("acp/agent.mjs"), ...words];

agentContract("acp", {
  finishes: (site) => site.open({ engine: "acp", command: plays("ok") }),
  hangs: (site) => site.open({ engine: "acp", command: plays("hang") }),
});

let site: AgentSite;

beforeEach(() => {
  site = agentSite();
});

const APPROVE = '{"verdict":"approve","summary":"fine","findings":[]}';

const open = (words: readonly string[], config: Partial<AgentConfig> = {}) =>
  site.open({ engine: "acp", command: plays(...words), ...config });
const run = (words: readonly string[], config: Partial<AgentConfig> = {}, input: Partial<AgentInput> = {}) => {
  const role = config.role ?? "coder";
  return site.run(open(words, config), site.request({ input: { role, ...input } }));
};
const judge = (...words: readonly string[]) => run(words, { role: "reviewer" });

interface Heard {
  readonly method: string;
  readonly params: Readonly<Record<string, unknown>>;
}
const heard = async (): Promise<readonly Heard[]> => {
  const lines = (await readFile(join(site.cwd, "heard.jsonl"), "utf8")).trim().split("\n");
  return lines.map((line) => JSON.parse(line) as Heard);
};
const said = () => site.events.flatMap((event) => (event.kind === "output" ? [event.line] : []));

describe("an agent that speaks ACP", () => {
  it("works in the worktree, and its words, tools, tokens and price are read", async () => {
    const { end, result, spent } = await run(["ok"]);
    expect(end).toEqual({ kind: "ok" });
    expect(result).toMatchObject({ kind: "valid", summary: "All done.", verdict: null });
    const usage = { inputTokens: 1000, outputTokens: 100, cacheReadTokens: 400, cacheWriteTokens: 0 };
    expect(spent).toEqual({ usage, costUsd: 0.5, model: "the m-1" });
    // What it warns of comes by another pipe.
    const words = said().filter((line) => line !== "working");
    expect(words).toEqual(["I look around.", "Then I", "Write work.txt", "All done."]);
    expect(said()).toContain("working");
  });

  it("is offered neither our files nor our terminal, and asks before it acts", async () => {
    await run(["ok"]);
    const [hello, session, mode, prompt, ...more] = await heard();
    expect(hello?.params).toMatchObject({
      protocolVersion: 1,
      clientCapabilities: { fs: { readTextFile: false, writeTextFile: false }, terminal: false },
    });
    expect(session?.params).toEqual({ cwd: site.cwd, mcpServers: [] });
    expect(mode).toEqual({ method: "session/set_mode", params: { sessionId: "session-1", modeId: "default" } });
    expect(prompt?.params).toEqual({ sessionId: "session-1", prompt: [{ type: "text", text: "# Do it\n" }] });
    expect(more).toEqual([]);
  });

  it("has the key that is named also where its network is open, and costs what the configuration says", async () => {
    setVariable("THE_KEY", "kk-1");
    const command: [string, ...string[]] = ["sh", "-c", `echo "$THE_KEY" > key.txt; exec ${plays("ok").join(" ")}`];
    const price = { input: 1, output: 10 };
    await run(["ok"], { command, apiKeyEnv: "THE_KEY", network: "open" });
    expect(await readFile(join(site.cwd, "key.txt"), "utf8")).toBe("kk-1\n");
    const { spent } = await run(["verdict", APPROVE], { role: "reviewer", price });
    expect(spent?.costUsd).toBeCloseTo((10 * 1 + 1 * 10) / 1e6, 12);
  });

  it("hears what the repository says to agents", async () => {
    await run(["ok"], {}, { guidance: "Use tabs." });
    const text = "What this repository says to agents:\n\nUse tabs.";
    expect((await heard()).at(-1)?.params["prompt"]).toEqual([
      { type: "text", text },
      { type: "text", text: "# Do it\n" },
    ]);
  });

  it("takes the model that is asked for, where it offers that", async () => {
    const { spent } = await run(["ok"], { model: "the m-2" });
    expect(spent).toMatchObject({ model: "the m-2" });
    const params = { sessionId: "session-1", configId: "model", value: "m-2" };
    expect(await heard()).toContainEqual({ method: "session/set_config_option", params });
    expect((await run(["ok"], { model: "m-3" })).spent).toMatchObject({ model: "the m-1" });
    expect(said()).toContain("it does not offer the model m-3: it takes the m-1");
  });

  it("judges in a mode that cannot act, and its last words are its verdict", async () => {
    const { end, result } = await judge("verdict", APPROVE);
    expect(end).toEqual({ kind: "ok" });
    expect(result).toMatchObject({ kind: "valid", verdict: { decision: "approve", summary: "fine" } });
    const params = { sessionId: "session-1", modeId: "https://a.test/modes#plan" };
    expect(await heard()).toContainEqual({ method: "session/set_mode", params });
  });

  it("is asked once more, in the same session, for a verdict that nobody could read", async () => {
    const { result, spent } = await judge("verdict", '{"verdict":"lgtm"}');
    expect(result).toMatchObject({ kind: "invalid" });
    const prompts = (await heard()).filter(({ method }) => method === "session/prompt");
    expect(prompts).toHaveLength(2);
    expect(JSON.stringify(prompts[1]?.params)).toContain("could not be read: its last words: verdict");
    // Its count goes on from one turn to the next.
    expect(spent?.usage).toMatchObject({ inputTokens: 20, outputTokens: 2 });
  });

  it("may mumble once", async () => {
    const { result } = await judge("mumbles", APPROVE);
    expect(result).toMatchObject({ kind: "valid", verdict: { decision: "approve" } });
  });
});

describe("what an agent that speaks ACP asks us", () => {
  const ALL = ["allow_always", "allow_once", "reject_always", "reject_once"];

  it.each([
    ["coder", "edit", ALL, "the-allow_once"],
    ["coder", "execute", ["allow_always", "reject_once"], "the-allow_always"],
    ["reviewer", "read", ALL, "the-allow_once"],
    ["reviewer", "edit", ALL, "the-reject_once"],
    ["tester", "execute", ALL, "the-reject_once"],
    ["reviewer", "other", ["allow_once", "reject_always"], "the-reject_always"],
    ["reviewer", "delete", ["allow_once"], "cancelled"],
  ] as const)("is answered to a %s that wants to %s (%s): %s", async (role, kind, kinds, answer) => {
    await run(["asks", kind, ...kinds], { role });
    expect(said()).toContain(answer);
    const refusal = `not allowed to a ${role}: a tool to ${kind}`;
    expect(said().includes(refusal)).toBe(!answer.includes("allow"));
  });

  it("is refused where it is nothing that we do, and garbage is no word of it", async () => {
    const { end, result } = await run(["garbage"]);
    expect(end).toEqual({ kind: "ok" });
    expect(result).toMatchObject({ summary: "refused with -32601" });
    expect(said()).toContain("Warning: old");
  });
});

describe("the end of a turn over ACP", () => {
  it.each([
    [["says", "end_turn"], { kind: "ok" }],
    [["says", "max_tokens"], { kind: "gave_up", why: "truncated" }],
    [["says", "max_turn_requests"], { kind: "gave_up", why: "max_turns" }],
    [["says", "refusal", "I won't."], { kind: "gave_up", why: "refused", message: "I won't." }],
    [["says", "cancelled"], { kind: "gave_up", why: "crashed", message: "its turn ended: cancelled" }],
    // copilot 1.0.102 ends well after these.
    [
      ["says", "end_turn", "Error: Authentication failed with provider at http://127.0.0.1:500/v1 (HTTP 401)."],
      { kind: "gave_up", why: "auth" },
    ],
    [["says", "end_turn", "Error: retried 5 times Last error: 429 fake rate limit"], { kind: "rate_limited" }],
    [["says", "end_turn", "Error: The provider rejected the prompt as too long"], { kind: "gave_up", why: "context" }],
    [["says", "end_turn", "Error: error decoding response body"], { kind: "rate_limited" }],
    // qwen 0.24.4
    [["fails", "-32603", "Internal error", '{"details":"401 fake invalid key"}'], { kind: "gave_up", why: "auth" }],
    [["fails", "-32603", "Internal error", '{"details":"429 slow down"}'], { kind: "rate_limited" }],
    [["fails", "-32603", "Internal error", '{"details":"500 fake error"}'], { kind: "rate_limited" }],
    [
      ["fails", "-32603", "Internal error", '{"details":"400 Your input exceeds the context window of this model."}'],
      { kind: "gave_up", why: "context" },
    ],
    [["fails", "-32603", "Internal error", '{"details":"terminated"}'], { kind: "rate_limited" }],
    [["fails", "-32000", "No key."], { kind: "gave_up", why: "auth" }],
    [["fails", "-32603", "Rate limit reached"], { kind: "rate_limited" }],
    [["fails", "-32603", "Internal error", '{"details":"402 out of credit"}'], { kind: "gave_up", why: "quota" }],
    [["newer"], { kind: "gave_up", why: "crashed", message: "it speaks version 9 of ACP, and dispatch version 1" }],
    [["exits"], { kind: "gave_up", why: "crashed", message: "it exited with 3" }],
    [["lingers"], { kind: "ok" }],
  ] as const)("of %j is %j", async (words, expected) => {
    const { end } = await run(words);
    expect(end).toMatchObject(expected);
    expect(processesIn(site.cwd)).toEqual([]);
  });

  it("says what a person can do where a login is missing", async () => {
    const { end } = await run(["stranger"]);
    expect(end).toMatchObject({ kind: "gave_up", why: "auth" });
    expect(end.kind === "gave_up" ? end.message : "").toMatch(/^Authentication required; its ways in: Set THE_KEY\. /);
  });

  it("never approves without a turn that ended well", async () => {
    const { end, result } = await judge("says", "max_tokens", APPROVE);
    expect(end).toMatchObject({ kind: "gave_up", why: "truncated" });
    expect(result).toEqual({ kind: "none" });
    await judge("says", "max_tokens", "Some words.");
    expect((await heard()).filter(({ method }) => method === "session/prompt")).toHaveLength(2);
  });

  it("comes within the limits where it never answers", async () => {
    const limits = { wallSeconds: 50, idleSeconds: 1, outputMb: 8 };
    const { end } = await site.run(open(["deaf"]), site.request({ limits }));
    expect(end).toEqual({ kind: "idle", limitSeconds: 1 });
  });

  it("is that of its limits where it answers only when it is stopped", async () => {
    const limits = { wallSeconds: 50, idleSeconds: 1, outputMb: 8 };
    const { end, result } = await site.run(open(["late"]), site.request({ limits }));
    expect(end).toEqual({ kind: "idle", limitSeconds: 1 });
    expect(result).toEqual({ kind: "none" });
  });

  it("comes by itself when it is cancelled, if it does not take long", async () => {
    const abort = new AbortController();
    const running = site.run(open(["gives_way"]), site.request(), abort.signal);
    await fileAt(join(site.cwd, "work.txt"));
    abort.abort();
    const { end, result } = await running;
    expect(end).toEqual({ kind: "cancelled" });
    expect(result).toEqual({ kind: "none" });
    expect(existsSync(join(site.cwd, "gave-way.txt"))).toBe(true);
    expect((await heard()).at(-1)?.method).toBe("session/cancel");
  });
});

describe("the session of an agent that speaks ACP", () => {
  it("is gone on with by its coder, and what came before is neither told nor paid again", async () => {
    const first = await run(["keeps"]);
    expect(first.spent?.costUsd).toBe(0.75);
    site.events.length = 0;
    const second = await run(["keeps"]);
    expect(second.spent?.costUsd).toBe(0.25);
    expect(said()).toEqual(["Here I am."]);
    const params = { sessionId: "session-1", cwd: site.cwd, mcpServers: [] };
    expect(await heard()).toContainEqual({ method: "session/load", params });
  });

  it("is begun anew where it was forgotten, or belongs to a judge", async () => {
    await run(["forgets"]);
    expect((await run(["forgets"])).end).toEqual({ kind: "ok" });
    const asked = (await heard()).map(({ method }) => method);
    expect(asked.slice(-4)).toEqual(["session/load", "session/new", "session/set_mode", "session/prompt"]);
    const count = asked.filter((method) => method === "session/load").length;
    await judge("keeps");
    expect((await heard()).filter(({ method }) => method === "session/load")).toHaveLength(count);
  });
});
