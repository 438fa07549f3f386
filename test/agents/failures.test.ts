import { describe, expect, it } from "vitest";
import { agentSite } from "../support/agent-site.ts";
import { type Live, forEachCli, liveAgent } from "../support/live-clis.ts";
import { directive, type Step } from "../support/scripted-model/directive.ts";
import { scriptedModel } from "../support/scripted-model/server.ts";

const gaveUp = (why: string): object => ({ kind: "gave_up", why });
const OK = { kind: "ok" };
const LATER = { kind: "rate_limited" };
const IDLE = { kind: "idle" };

/** What goes wrong with the model, and how the turn ends; where CLIs differ, as each of them has it. */
const TABLE: readonly (readonly [string, object, Readonly<Record<string, object>>?])[] = [
  ["err-401", gaveUp("auth")],
  ["err-403", gaveUp("auth")],
  ["err-429", LATER],
  ["err-500", LATER],
  ["cut", LATER],
  ["stall", IDLE],
  ["hang", IDLE],
  // Some keep to themselves why their model stopped.
  ["maxtok", gaveUp("truncated"), { gemini: OK, copilot: OK, qwen: OK }],
  ["refuse", gaveUp("refused"), { gemini: OK, copilot: OK, qwen: OK }],
  ["ctx", gaveUp("context")],
];

/** A tool that does not exist comes first. */
const STEPS: readonly Step[] = [
  { tool: ["no_such_tool", {}] },
  { write: ["greeting.txt", "hello\n"] },
  { say: "Done." },
];

async function turn(cli: Live, scenario: string) {
  await using model = await scriptedModel();
  const site = agentSite();
  const agent = site.open(liveAgent(cli, model.url(scenario)));
  const isSilent = scenario === "stall" || scenario === "hang";
  const limits = { wallSeconds: 200, idleSeconds: isSilent ? 12 : 150, outputMb: 8 };
  const brief = `# Greet\n\n${directive({ do: STEPS })}\n`;
  const outcome = await site.run(agent, site.request({ brief, limits }));
  return { outcome, requests: model.log.length };
}

forEachCli((cli) => {
  describe("when its model fails", () => {
    for (const [scenario, end, others = {}] of TABLE) {
      it(`ends by its own words: ${scenario}`, { timeout: 220_000 }, async () => {
        const { outcome, requests } = await turn(cli, scenario);
        expect(outcome.end).toMatchObject(others[cli.name] ?? end);
        // A key that was refused is not tried again; who does, says nothing of it, and soon gives up.
        if (scenario === "err-401") expect(requests).toBe(cli.name === "copilot" ? 3 : 1);
        if (scenario === "err-403") expect(requests).toBe(1);
      });
    }

    it("goes on after a tool that is not there", { timeout: 220_000 }, async () => {
      const { outcome, requests } = await turn(cli, "ok");
      expect([outcome.end, requests]).toEqual([OK, STEPS.length]);
      expect(outcome.spent?.usage).toMatchObject({ inputTokens: 3000, outputTokens: 300 });
    });
  });
});
