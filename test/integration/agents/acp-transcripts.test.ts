import { describe, expect, it } from "vitest";
import { type AgentSite, agentSite, fixture } from "../../support/agent-site.ts";

const play = (site: AgentSite, cli: string, name: string, role: "coder" | "reviewer" = "coder") => {
  const command: [string, string] = [fixture("acp/plays.mjs"), fixture(`transcripts/${cli}/${name}.jsonl`)];
  return site.run(site.open({ engine: "acp", role, command, model: "gpt-5" }), site.request({ input: { role } }));
};
const gaveUp = (why: string, message: RegExp): object => ({
  ...{ kind: "gave_up", why, message: expect.stringMatching(message) as unknown },
});
const limited = (message: RegExp): object => ({
  ...{ kind: "rate_limited", message: expect.stringMatching(message) as unknown },
});
const usage = (requests: number): object => ({
  ...{ inputTokens: 1000 * requests, outputTokens: 100 * requests },
  ...{ cacheReadTokens: 400 * requests, cacheWriteTokens: 0 },
});
const OK = { kind: "ok" };

/** As they spoke with a scripted model: copilot 1.0.102, qwen 0.24.4. */
const ENDS: Readonly<Record<"copilot" | "qwen", readonly (readonly [string, object, number | null])[]>> = {
  copilot: [
    ["401", gaveUp("auth", /^Authentication failed with provider .*HTTP 401/), null],
    ["403", gaveUp("auth", /^Authentication failed with provider .*HTTP 403/), null],
    ["429", limited(/Last error: 429/), null],
    ["500", limited(/Last error: 500/), null],
    ["cut", limited(/error decoding response body/), null],
    ["context", gaveUp("context", /prompt as too long/), null],
    // It asks its model to go on, and says nothing of how it stopped; nor that it would not.
    ["truncated", OK, 3],
    ["refused", OK, 1],
    ["bad-tool", OK, 3],
  ],
  qwen: [
    ["401", gaveUp("auth", /401/), null],
    ["403", gaveUp("auth", /403/), null],
    ["429", limited(/^Rate limit exceeded/), null],
    ["500", limited(/500/), null],
    ["cut", limited(/terminated/), null],
    ["context", gaveUp("context", /prompt is too long/), null],
    // Four, of which it tells the last.
    ["truncated", OK, 1],
    ["refused", OK, 1],
    ["bad-tool", OK, 3],
  ],
};

describe.each(["copilot", "qwen"] as const)("a turn that %s really had over ACP", (cli) => {
  it("is read: what it said and did, its model and its tokens", async () => {
    const site = agentSite();
    const { end, result, spent } = await play(site, cli, "ok");
    expect(end).toEqual(OK);
    expect(result).toMatchObject({ kind: "valid", summary: "It greets." });
    expect(spent).toEqual({ usage: usage(3), costUsd: expect.closeTo(0.0054, 8) as unknown, model: "gpt-5" });
    const said = site.events.flatMap((event) => (event.kind === "output" ? [event.line] : []));
    expect(said).toEqual(expect.arrayContaining(["Step 1.", "It greets."]));
  });

  it("is a judge's word", async () => {
    const { end, result, spent } = await play(agentSite(), cli, "verdict", "reviewer");
    expect(end).toEqual(OK);
    expect(result).toMatchObject({ kind: "valid", verdict: { decision: "approve", summary: "fine" } });
    expect(spent?.usage).toEqual(usage(2));
  });

  it.each(ENDS[cli])("ends by its own words: %s", async (name, expected, requests) => {
    const { end, spent } = await play(agentSite(), cli, name);
    expect(end).toMatchObject(expected);
    expect(spent?.usage ?? null).toEqual(requests === null ? null : usage(requests));
  });
});
