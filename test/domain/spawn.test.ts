import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { extraSeconds, spawnOf, type SpawnSample } from "../../src/domain/spawn.ts";

const agent = { name: "coder", engine: "claude" };
const seeds = { startSeconds: 0.7, prefixTokens: 22_000 };

const sample = (lane: "cold" | "warm", seconds: number, more: Partial<SpawnSample> = {}): SpawnSample => ({
  agent: "coder",
  engine: "claude",
  lane,
  seconds,
  ...more,
});

describe("what a start of an agent costs", () => {
  it("is what its engine says before it ever ran, and nothing where that says nothing", () => {
    expect(spawnOf({ ...agent, seeds }, [])).toEqual({
      agent: "coder",
      startSeconds: 0.7,
      handOverSeconds: null,
      prefixTokens: 22_000,
      starts: 0,
      from: "seed",
    });
    expect(spawnOf(agent, [])).toMatchObject({ startSeconds: 0, prefixTokens: null, from: "default" });
  });

  it("is the median of its last nine starts, on new lanes and on open ones apart", () => {
    const old = Array.from({ length: 5 }, () => sample("cold", 100));
    const cold = [3, 1, 2, 40, 2, 2, 2, 2, 2].map((seconds) => sample("cold", seconds));
    const warm = [0.5, 0.4].map((seconds) => sample("warm", seconds, { prefixTokens: 900 }));
    expect(spawnOf({ ...agent, seeds }, [...old, ...cold, ...warm])).toEqual({
      agent: "coder",
      startSeconds: 2,
      handOverSeconds: 0.45,
      prefixTokens: 900,
      starts: 11,
      from: "measured",
    });
  });

  it("is not learned from another agent, nor from the same name with another engine", () => {
    const others = [sample("cold", 9, { agent: "other" }), sample("cold", 9, { engine: "codex" })];
    expect(spawnOf({ ...agent, seeds }, others)).toMatchObject({ startSeconds: 0.7, from: "seed" });
  });

  it("counts for one more lane less what an open one pays anyway", () => {
    const spawn = spawnOf(agent, [sample("cold", 5)]);
    expect(extraSeconds(spawn)).toBe(5);
    expect(extraSeconds(spawnOf(agent, [sample("cold", 5), sample("warm", 4)]))).toBe(1);
  });

  it("is never negative, and lies among what was measured", () => {
    const samples = fc.array(
      fc.record({
        lane: fc.constantFrom<"cold" | "warm">("cold", "warm"),
        seconds: fc.double({ min: 0, max: 1e4, noNaN: true }),
      }),
    );
    fc.assert(
      fc.property(samples, (all) => {
        const spawn = spawnOf(
          agent,
          all.map(({ lane, seconds }) => sample(lane, seconds)),
        );
        const cold = all.filter(({ lane }) => lane === "cold").slice(-9);
        expect(extraSeconds(spawn)).toBeGreaterThanOrEqual(0);
        expect(extraSeconds(spawn)).toBeLessThanOrEqual(spawn.startSeconds);
        if (cold.length === 0) return;
        expect(spawn.startSeconds).toBeGreaterThanOrEqual(Math.min(...cold.map(({ seconds }) => seconds)));
        expect(spawn.startSeconds).toBeLessThanOrEqual(Math.max(...cold.map(({ seconds }) => seconds)));
      }),
    );
  });
});
