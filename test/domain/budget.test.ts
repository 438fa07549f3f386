import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  budgetFor,
  holdAgent,
  holdAll,
  isBounded,
  ledgerOf,
  remainingUsd,
  spentUsd,
  taskRefusal,
  type AgentBudget,
  type Budget,
  type Entry,
  type Periods,
} from "../../src/domain/budget.ts";
import type { Fact } from "../../src/domain/fact.ts";

const NONE: Budget = { perTask: null, daily: null, monthly: null, run: null, agents: {} };
const OWN: AgentBudget = { daily: null, monthly: null, reserveUsd: null, maxStarts: null };
const NOW = "2026-03-04T12:00:00.000Z";
const PERIODS: Periods = {
  day: { from: "2026-03-04T00:00:00.000Z", until: "2026-03-05T00:00:00.000Z" },
  month: { from: "2026-03-01T00:00:00.000Z", until: "2026-04-01T00:00:00.000Z" },
};

/** A start, and its end where it has one (`costUsd` undefined: it has none). */
function turn(nth: number, costUsd?: number | null, { task = "A", agent = "coder", at = NOW } = {}): readonly Fact[] {
  const scope = { run: "r", task, episode: 1, at };
  const about = { role: "coder", round: 1, attempt: 1, agent } as const;
  const begin: Fact = {
    ...scope,
    key: `${task}/1/coder/1/1/start/${nth}`,
    name: "assignment.started",
    data: { ...about, version: "1", log: "l" },
  };
  if (costUsd === undefined) return [begin];
  const data = { ...about, end: { kind: "ok" }, seconds: 1, usage: null, costUsd, reason: null } as const;
  return [begin, { ...scope, key: `${task}/1/coder/1/1/${nth}/end`, name: "assignment.ended", data }];
}

const entry = (usd: number, with_: Partial<Entry> = {}): Entry => ({
  task: "A",
  agent: "coder",
  at: NOW,
  usd,
  ...with_,
});
const usd = (facts: readonly Fact[], agents: Budget["agents"] = {}): readonly number[] =>
  ledgerOf(facts, { agents }).map((one) => one.usd);

describe("a start costs", () => {
  it("what its agent said", () => {
    expect(usd([...turn(1, 2), ...turn(2, 0.5)])).toEqual([2, 0.5]);
  });

  it("beside it what a pull request says was spent before this journal", () => {
    const adopted = (data: object): Fact => ({
      ...{ run: "r", task: "A", episode: 1, at: NOW, key: "A/1/adopted/told", name: "task.adopted" },
      data: { pr: 1, commit: "c", rounds: 1, attempts: 1, costUsd: 3, seconds: 1, ...data },
    });
    const spent = { task: "A", agent: "", at: "2026-03-01T00:00:00.000Z", usd: 3 };
    expect(ledgerOf([adopted({ at: spent.at })], NONE)).toEqual([spent]);
    // Nobody knows when: it counts for its task, and for no day.
    expect(ledgerOf([adopted({ costUsd: null }), adopted({})], NONE)).toEqual([
      { ...spent, at: "", usd: 0 },
      { ...spent, at: "" },
    ]);
  });

  it("nothing where nobody said anything and nothing is reserved", () => {
    expect(usd(turn(1, null))).toEqual([0]);
    expect(usd(turn(1))).toEqual([0]);
  });

  it("what is reserved for its agent where nobody said anything", () => {
    const agents = { coder: { ...OWN, reserveUsd: 3 } };
    expect(usd([...turn(1, null), ...turn(2), ...turn(3, 1)], agents)).toEqual([3, 3, 1]);
  });

  it("while it runs, or was interrupted, as much as the dearest of its agent so far", () => {
    const other = turn(1, 9, { agent: "reviewer", task: "B" });
    expect(usd([...turn(1, 2), ...turn(2, 4), ...other, ...turn(3)])).toEqual([2, 4, 9, 4]);
  });

  it("is nobody's when the fact has no task", () => {
    const [begin] = turn(1);
    expect(ledgerOf(begin === undefined ? [] : [{ ...begin, task: null }], NONE)).toEqual([]);
  });
});

describe("no agent is started", () => {
  it("when nothing is bounded: it is", () => {
    expect(isBounded(NONE)).toBe(false);
    expect(isBounded({ ...NONE, agents: { coder: { ...OWN, reserveUsd: 1 } } })).toBe(false);
    expect(holdAll(NONE, [entry(1e6)], PERIODS, NOW)).toBeNull();
    expect(taskRefusal(NONE, [entry(1e6)], "A")).toBeNull();
    expect(holdAgent(NONE, [entry(1e6)], PERIODS, "coder")).toBeNull();
    expect(holdAgent({ ...NONE, agents: { coder: OWN } }, [entry(1e6)], PERIODS, "coder")).toBeNull();
  });

  it.each([
    [{ daily: 5 }, "budget: $5.00 was spent today, and $5.00 may be", PERIODS.day.until],
    [{ monthly: 5 }, "budget: $5.00 was spent this month, and $5.00 may be", PERIODS.month.until],
    [{ daily: 5, monthly: 5 }, "budget: $5.00 was spent this month, and $5.00 may be", PERIODS.month.until],
    [{ run: { usd: 5, since: NOW } }, "budget: $5.00 was spent in this run (--budget), and $5.00 may be", NOW],
  ])("when %j is spent, until that has passed", (caps, reason, wakeAt) => {
    const budget = { ...NONE, ...caps };
    expect(isBounded(budget)).toBe(true);
    expect(holdAll(budget, [entry(4.99)], PERIODS, NOW)).toBeNull();
    expect(holdAll(budget, [entry(4), entry(1)], PERIODS, NOW)).toEqual({ code: "budget", reason, wakeAt });
  });

  it("not for what was spent before", () => {
    const yesterday = entry(9, { at: "2026-03-03T23:59:59.000Z" });
    expect(holdAll({ ...NONE, daily: 5 }, [yesterday], PERIODS, NOW)).toBeNull();
    expect(holdAll({ ...NONE, run: { usd: 5, since: NOW } }, [yesterday], PERIODS, NOW)).toBeNull();
    expect(holdAll({ ...NONE, monthly: 5 }, [yesterday], PERIODS, NOW)).not.toBeNull();
  });

  it("of whose own money, or starts, nothing is left", () => {
    const of = (own: Partial<AgentBudget>, ...entries: readonly Entry[]) =>
      holdAgent({ ...NONE, agents: { coder: { ...OWN, ...own } } }, entries, PERIODS, "coder")?.reason ?? null;
    expect(of({ daily: 2 }, entry(2))).toBe("budget: $2.00 was spent today by coder, and $2.00 may be");
    expect(of({ monthly: 2 }, entry(2))).toBe("budget: $2.00 was spent this month by coder, and $2.00 may be");
    expect(of({ daily: 2 }, entry(2, { agent: "other" }))).toBeNull();
    expect(of({ maxStarts: 2 }, entry(0))).toBeNull();
    expect(of({ maxStarts: 2 }, entry(0), entry(0))).toBe(
      "budget: coder was started 2 times today, and may be 2 times",
    );
    expect(isBounded({ ...NONE, agents: { coder: { ...OWN, maxStarts: 1 } } })).toBe(true);
  });

  it("for a task that had its share", () => {
    const budget = { ...NONE, perTask: 1 };
    expect(taskRefusal(budget, [entry(0.99), entry(5, { task: "B" })], "A")).toBeNull();
    expect(taskRefusal(budget, [entry(1)], "A")).toBe("$1.00 was spent on this task, and $1.00 may be");
  });

  it("for a task to which a human gave a share of its own", () => {
    const budget = { ...NONE, perTask: 1, daily: 3 };
    expect(budgetFor(budget, { capUsd: null })).toBe(budget);
    expect(taskRefusal(budgetFor(budget, { capUsd: 2 }), [entry(1)], "A")).toBeNull();
    expect(taskRefusal(budgetFor(budget, { capUsd: 0.5 }), [entry(1)], "A")).toMatch(/ and \$0\.50 may be$/);
    expect(isBounded(budgetFor(NONE, { capUsd: 2 }))).toBe(true);
    // The others hold as before.
    const about = { task: "A", agent: "coder" };
    expect(remainingUsd(budgetFor(budget, { capUsd: 9 }), [entry(1)], PERIODS, about)).toBe(2);
  });

  it("so that no more is spent than the cap and one turn of each lane, whatever turns cost and however they end", () => {
    const Turn = fc.record({
      usd: fc.double({ min: 0, max: 3, noNaN: true }),
      end: fc.constantFrom("priced", "interrupted"),
      lane: fc.nat({ max: 3 }),
    });
    fc.assert(
      fc.property(fc.array(Turn, { maxLength: 60 }), fc.double({ min: 0.1, max: 20, noNaN: true }), (turns, daily) => {
        let facts: readonly Fact[] = [];
        let spent = 0;
        const working = new Map<number, { readonly nth: number; readonly usd: number }>();
        const end = (lane: number): void => {
          const now = working.get(lane);
          if (now === undefined) return;
          working.delete(lane);
          facts = [...facts, ...turn(now.nth, now.usd).slice(1)];
        };
        turns.forEach(({ usd: price, end: how, lane }, nth) => {
          if (how === "priced") end(lane);
          else working.delete(lane);
          if (holdAll({ ...NONE, daily }, ledgerOf(facts, NONE), PERIODS, NOW) !== null) return;
          facts = [...facts, ...turn(nth)];
          // What is interrupted has no price here: only the turns that were told count for the bound.
          if (how === "priced") spent += price;
          working.set(lane, { nth, usd: how === "priced" ? price : 0 });
        });
        expect(spent).toBeLessThan(daily + 4 * 3);
      }),
    );
  });

  it("and sums never fall when more is written down", () => {
    const Usd = fc.double({ min: 0, max: 100, noNaN: true });
    fc.assert(
      fc.property(fc.array(Usd), Usd, (costs, more) => {
        const facts = costs.flatMap((cost, nth) => turn(nth, cost));
        const before = spentUsd(ledgerOf(facts, NONE), "");
        expect(spentUsd(ledgerOf([...facts, ...turn(costs.length, more)], NONE), "")).toBeGreaterThanOrEqual(before);
      }),
    );
  });
});

it("what a start may cost is the least that any cap leaves, and nothing is left of a cap that was reached", () => {
  const bound = fc.option(fc.nat(50));
  const entries: readonly Entry[] = [
    { task: "A", agent: "coder", at: NOW, usd: 3 },
    { task: "B", agent: "coder", at: "2026-03-02T12:00:00.000Z", usd: 5 },
    { task: "A", agent: "reviewer", at: "2026-02-02T12:00:00.000Z", usd: 7 },
  ];
  fc.assert(
    fc.property(bound, bound, bound, bound, bound, bound, (perTask, daily, monthly, run, ownDaily, ownMonthly) => {
      const agents = { coder: { ...OWN, daily: ownDaily, monthly: ownMonthly } };
      const since = { usd: run ?? 0, since: "2026-03-04T11:00:00.000Z" };
      const budget = { ...NONE, perTask, daily, monthly, run: run === null ? null : since, agents };
      const caps = [perTask, daily, monthly, run, ownDaily, ownMonthly];
      const spent = [10, 3, 8, 3, 3, 8];
      const left = caps.flatMap((cap, index) => (cap === null ? [] : [Math.max(0, cap - (spent[index] ?? 0))]));
      const expected = left.length === 0 ? null : Math.min(...left);
      expect(remainingUsd(budget, entries, PERIODS, { task: "A", agent: "coder" })).toBe(expected);
    }),
  );
  expect(remainingUsd(NONE, entries, PERIODS, { task: "A", agent: "coder" })).toBeNull();
  expect(remainingUsd({ ...NONE, daily: 4 }, entries, PERIODS, { task: "C", agent: "nobody" })).toBe(1);
});
