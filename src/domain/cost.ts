import type { Usage } from "./assignment.ts";
import type { Fact } from "./fact.ts";
import { addUsage } from "./usage.ts";

export const COST_BY = ["agent", "model", "team", "task", "role"] as const;
export type CostBy = (typeof COST_BY)[number];

/** What turns of one kind cost together, as far as that is known. */
export interface CostRow {
  readonly name: string;
  readonly turns: number;
  /** Turns whose price nobody knows: they are not in `costUsd`, which is no zero for them. */
  readonly unpriced: number;
  /** Of those that tell. */
  readonly usage: Usage | null;
  readonly costUsd: number;
}

type Ended = Extract<Fact, { readonly name: "assignment.ended" }>;

export interface CostOptions {
  /** Turns that came to an end then (ISO 8601) or later. */
  readonly since: string;
  /** Agents that have no model. */
  readonly free: ReadonlySet<string>;
  /** Agent → team, as the configuration has it now; of the others it is not known, or they have none. */
  readonly teams: ReadonlyMap<string, string>;
}

/** The dearest first. */
export function costRows(facts: readonly Fact[], by: CostBy, options: CostOptions): readonly CostRow[] {
  const { since, free, teams } = options;
  const ended = facts.filter(
    (fact): fact is Ended => fact.name === "assignment.ended" && fact.at >= since && !free.has(fact.data.agent),
  );
  const nameIn = (fact: Ended): string => nameOf(fact, by, teams);
  const names = [...new Set(ended.map(nameIn))];
  return names
    .map((name) =>
      rowOf(
        name,
        ended.filter((fact) => nameIn(fact) === name),
      ),
    )
    .toSorted((a, b) => b.costUsd - a.costUsd || (a.name < b.name ? -1 : 1));
}

function rowOf(name: string, ended: readonly Ended[]): CostRow {
  const usages = ended.flatMap(({ data }) => data.usage ?? []);
  return {
    name,
    turns: ended.length,
    unpriced: ended.filter(({ data }) => data.costUsd === null).length,
    usage: usages.reduce<Usage | null>((sum, usage) => addUsage(sum, usage) ?? usage, null),
    costUsd: ended.reduce((sum, { data }) => sum + (data.costUsd ?? 0), 0),
  };
}

function nameOf({ data, task }: Ended, by: CostBy, teams: ReadonlyMap<string, string>): string {
  switch (by) {
    case "team":
      return teams.get(data.agent) ?? "none";
    case "agent":
      return data.agent;
    case "role":
      return data.role;
    case "task":
      return task ?? "";
    case "model":
      return data.model ?? "unknown";
  }
}
