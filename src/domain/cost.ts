import type { Usage } from "./assignment.ts";
import type { Fact } from "./fact.ts";
import { addUsage } from "./usage.ts";

export const COST_BY = ["agent", "model", "task", "role"] as const;
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

/** Turns that came to an end at `since` (ISO 8601) or later, the dearest first; those of `free` agents have no model. */
export function costRows(
  facts: readonly Fact[],
  by: CostBy,
  { since, free }: { readonly since: string; readonly free: ReadonlySet<string> },
): readonly CostRow[] {
  const ended = facts.filter(
    (fact): fact is Ended => fact.name === "assignment.ended" && fact.at >= since && !free.has(fact.data.agent),
  );
  const names = [...new Set(ended.map((fact) => nameOf(fact, by)))];
  return names
    .map((name) =>
      rowOf(
        name,
        ended.filter((fact) => nameOf(fact, by) === name),
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

function nameOf({ data, task }: Ended, by: CostBy): string {
  switch (by) {
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
