import { expect, it } from "vitest";
import { agentSite, fixture } from "../../support/agent-site.ts";

const tasks = [{ id: "T-1", title: "One", body: "", files: ["a.ts"], after: [], estimate: 60 }];

it("an agent that speaks ACP plans, without touching anything, and its first word is timed", async () => {
  const site = agentSite();
  const command = [fixture("acp/agent.mjs"), "verdict", JSON.stringify({ tasks })] as const;
  const agent = site.open({ engine: "acp", command: [...command], role: "planner" });
  expect(agent).toMatchObject({ readsOnly: true, seeds: { startSeconds: 3 } });
  const { result, first } = await site.run(agent, site.request({ input: { role: "planner" } }));
  expect(result).toMatchObject({ kind: "valid", verdict: null, tasks });
  expect(first?.seconds).toBeGreaterThan(0);
  expect(site.events.filter(({ kind }) => kind === "refused")).toEqual([]);
});

it("an agent that only warned, and said nothing, has no first word", async () => {
  const site = agentSite();
  const agent = site.open({ engine: "acp", command: ["/bin/sh", "-c", "echo a warning >&2; exit 1"] });
  expect((await site.run(agent)).first).toBeUndefined();
});
