import fc from "fast-check";
import { expect, it } from "vitest";
import { openCircuit, restUntil } from "../../src/domain/circuit.ts";
import type { Fact } from "../../src/domain/fact.ts";
import { addUsage } from "../../src/domain/usage.ts";
import { factsOfTask } from "../support/domain-data.ts";

const tokens = fc.nat(1e9);
const usages = fc.record(
  { inputTokens: tokens, outputTokens: tokens, cacheReadTokens: tokens, cacheWriteTokens: tokens },
  { requiredKeys: ["inputTokens", "outputTokens"] },
);

it("tokens add up, in any order, and what only one tells of its cache is kept", () => {
  fc.assert(
    fc.property(usages, usages, (a, b) => {
      const sum = addUsage(a, b);
      expect(addUsage(b, a)).toEqual(sum);
      expect(sum?.inputTokens).toBe(a.inputTokens + b.inputTokens);
      expect(sum?.outputTokens).toBe(a.outputTokens + b.outputTokens);
      for (const key of ["cacheReadTokens", "cacheWriteTokens"] as const) {
        const known = [a[key], b[key]].filter((one) => one !== undefined);
        expect(sum?.[key]).toBe(known.length === 0 ? undefined : known.reduce((x, y) => x + y, 0));
      }
    }),
  );
  expect(addUsage(null, { inputTokens: 1, outputTokens: 1 })).toBeNull();
});

const AT = "2026-03-04T12:00:00.000Z";
const ended = (end: object, agent = "coder") =>
  factsOfTask("A")(
    {
      name: "assignment.ended",
      data: { role: "coder", round: 1, attempt: 1, agent, end, seconds: 1, usage: null, costUsd: null, reason: null },
    } as never,
    1,
  );

it("an agent whose server takes nothing more rests, until its last end was another one", () => {
  const limited = { ...ended({ kind: "rate_limited", until: "2026-03-04T13:00:00.000Z" }), at: AT };
  const refused = { ...ended({ kind: "gave_up", why: "auth", message: "401" }), at: AT };
  const fine = { ...ended({ kind: "ok" }), at: AT };
  const open = (facts: readonly Fact[], now = AT) => openCircuit(facts, "coder", now)?.until ?? null;
  expect(open([])).toBeNull();
  expect(open([limited])).toBe("2026-03-04T13:00:00.000Z");
  expect(open([limited], "2026-03-04T13:00:00.000Z")).toBeNull();
  expect(open([refused])).toBe("2026-03-04T12:01:00.000Z");
  expect(open([refused, fine])).toBeNull();
  const retried = (by: string): Fact => factsOfTask("B")({ name: "task.retried", data: { from: "code", by } }, 1);
  expect(open([limited, retried("a human")])).toBeNull();
  expect(open([retried("a human"), limited, retried("the clock")])).not.toBeNull();
  expect(openCircuit([refused], "another", AT)).toBeNull();
  expect(openCircuit([refused], "coder", AT)).toMatchObject({ code: "auth", sentence: "the agent gave up: 401" });
});

it("nobody rests for what another start may turn out otherwise", () => {
  expect(restUntil({ kind: "gave_up", why: "truncated", message: "" }, AT)).toBeNull();
  expect(restUntil({ kind: "crashed", signal: "SIGSEGV" }, AT)).toBeNull();
});
