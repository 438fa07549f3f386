import { expect, it } from "vitest";
import type { PlannedWork } from "../../src/dispatch/plan-work.ts";
import { freshHome, json, SLOW } from "../support/e2e.ts";
import { forEachCli, liveAgent, liveSite } from "../support/live-clis.ts";
import { BRIEFS, type Rule } from "../support/scripted-model/directive.ts";

const task = (id: string, files: readonly string[]) => ({
  ...{ id, title: `Title of ${id}`, body: "How.", files, after: [], estimate: 60 },
});

/** It would also write, if it could; and what it says first is refused. */
const SPLITS: readonly Rule[] = [
  {
    if: "overlap in their files",
    do: [{ json: { tasks: [task("greet-1", ["a.txt"]), task("greet-2", ["b.txt"])] } }],
  },
  {
    if: BRIEFS.planner,
    do: [{ sh: "touch sneaked.txt" }, { json: { tasks: [task("greet-1", ["a.txt"]), task("greet-2", ["*.txt"])] } }],
  },
];

forEachCli((cli) => {
  const home = freshHome();

  it("plans, is told what is wrong with that, plans again, and how long it takes to begin is known", SLOW, async () => {
    await using live = await liveSite(cli, { home, rules: SPLITS, sandbox: "auto" });
    const planner = { role: "planner", ...liveAgent(cli, live.model.url("ok.planner")) };
    const env = { DISPATCH_AGENTS__PLANNER: JSON.stringify(planner) };
    const { there } = live;
    const answer = json(await there.dispatchWith({ env }, "--json", "plan", "--propose"));
    expect(answer).toMatchObject({
      proposals: [
        {
          item: "greet",
          agent: "planner",
          refused: [],
          reason: null,
          tasks: [{ id: "greet-1" }, { files: ["b.txt"] }],
        },
      ],
    });
    expect(await there.repo.git("status", "--porcelain")).toBe("");
    const { spawn } = json(await there.dispatchWith({ env }, "--json", "plan")) as PlannedWork;
    expect(spawn.agents.find(({ agent }) => agent === "planner")).toMatchObject({
      ...{ starts: 2, from: "measured", prefixTokens: 1000 },
    });
    expect(spawn.agents.find(({ agent }) => agent === "coder")).toMatchObject({ starts: 0, from: "seed" });
  });
});
