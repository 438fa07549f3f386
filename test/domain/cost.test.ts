import fc from "fast-check";
import { expect, it } from "vitest";
import { COST_BY, costRows } from "../../src/domain/cost.ts";
import type { Fact } from "../../src/domain/fact.ts";
import { factsOfTask } from "../support/domain-data.ts";

interface Turn {
  readonly task: string;
  readonly agent: string;
  readonly model: string | undefined;
  readonly costUsd: number | null;
  readonly tokens: number | null;
}

const turns = fc.record<Turn>({
  task: fc.constantFrom("A", "B"),
  agent: fc.constantFrom("coder", "reviewer", "other"),
  model: fc.constantFrom("m", undefined),
  costUsd: fc.option(fc.nat(1000)),
  tokens: fc.option(fc.nat(1000)),
});

function ended({ task, agent, model, costUsd, tokens }: Turn, at: string): Fact {
  const usage = tokens === null ? null : { inputTokens: tokens, outputTokens: tokens };
  const about = { role: "coder" as const, round: 1, attempt: 1, agent, end: { kind: "ok" as const }, seconds: 1 };
  const data = { ...about, usage, costUsd, reason: null, ...(model === undefined ? {} : { model }) };
  return { ...factsOfTask(task)({ name: "assignment.ended", data }, 1), at };
}

const TEAMS = new Map([
  ["coder", "web"],
  ["reviewer", "web"],
]);
const ALL = { since: "", free: new Set<string>(), teams: TEAMS };

it("every turn is in one row, however they are cut, and what is unknown is counted, not added as nothing", () => {
  fc.assert(
    fc.property(fc.array(turns), fc.constantFrom(...COST_BY), (all, by) => {
      const rows = costRows(
        all.map((turn) => ended(turn, "2026-03-04T12:00:00.000Z")),
        by,
        ALL,
      );
      const sum = (of: (row: (typeof rows)[number]) => number): number =>
        rows.reduce((total, row) => total + of(row), 0);
      expect(sum((row) => row.turns)).toBe(all.length);
      expect(sum((row) => row.unpriced)).toBe(all.filter(({ costUsd }) => costUsd === null).length);
      expect(sum((row) => row.costUsd)).toBe(all.reduce((total, { costUsd }) => total + (costUsd ?? 0), 0));
      expect(sum((row) => row.usage?.inputTokens ?? 0)).toBe(
        all.reduce((total, { tokens }) => total + (tokens ?? 0), 0),
      );
      expect(rows.map((row) => row.costUsd)).toEqual(rows.map((row) => row.costUsd).toSorted((a, b) => b - a));
    }),
  );
});

it("rows are named after agent, model, team, task or role, and old turns are left out", () => {
  const turn = { task: "A", agent: "coder", model: undefined, costUsd: 1, tokens: 1 };
  const facts = [ended(turn, "2026-03-04T12:00:00.000Z"), ended({ ...turn, task: "B" }, "2026-03-05T12:00:00.000Z")];
  const names = (by: (typeof COST_BY)[number]) => costRows(facts, by, ALL).map(({ name }) => name);
  expect(COST_BY.map(names)).toEqual([["coder"], ["unknown"], ["web"], ["A", "B"], ["coder"]]);
  expect(costRows(facts, "task", { ...ALL, since: "2026-03-05T00:00:00.000Z" }).map(({ name }) => name)).toEqual(["B"]);
  expect(costRows(facts.toReversed(), "task", ALL).map(({ name }) => name)).toEqual(["A", "B"]);
  expect(costRows(facts, "task", { ...ALL, free: new Set(["coder"]) })).toEqual([]);
  expect(costRows([{ ...facts[0], task: null } as Fact], "task", ALL)[0]?.name).toBe("");
});

it("a team's row is the sum of its agents', whoever has no team is under none, and a team that they had before is of no matter", () => {
  const of = (agent: string, costUsd: number | null) =>
    ended({ task: "A", agent, model: undefined, costUsd, tokens: 10 }, "2026-03-04T12:00:00.000Z");
  const facts = [of("coder", 1), of("reviewer", 2), of("coder", null), of("other", 5), of("gone", 1)];
  const rows = costRows(facts, "team", ALL).map(({ name, turns, unpriced, costUsd }) => [
    name,
    turns,
    unpriced,
    costUsd,
  ]);
  expect(rows).toEqual([
    ["none", 2, 0, 6],
    ["web", 3, 1, 3],
  ]);
});
