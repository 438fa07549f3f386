import { expect, it } from "vitest";
import { planText } from "../../../src/cli/output/plan-text.ts";

const none = {
  ...{ tasks: [], conflicts: [], etaSeconds: 0, costUsd: null, spawn: { laneSeconds: 1, agents: [] } },
  fanOut: { n: 0, taskSeconds: 1, spawnSeconds: 1, savedSeconds: 0, lanes: 0, decision: "inline", why: "so" } as const,
};

it.each([
  [0, "there is no open item in the backlog (dispatch help backlog)"],
  [2, "every open item is done, running, or waits for you (dispatch status)"],
])("a plan of nothing, with %d open items, says why", (items, why) => {
  expect(planText(none, new Map(), items)).toEqual([`nothing to do: ${why}`]);
});
