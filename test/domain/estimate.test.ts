import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { DEFAULT_TASK_SECONDS, estimateSeconds, ewma, type Sample } from "../../src/domain/estimate.ts";

const ran = (seconds: number, kind: string | null = "fix"): Sample => ({ kind, seconds, censored: false });
const killed = (seconds: number, kind: string | null = "fix"): Sample => ({ kind, seconds, censored: true });
const task = { estimateSeconds: null, kind: "fix" };
const learned = (samples: readonly Sample[]) => estimateSeconds(task, samples, null);

describe("an estimate", () => {
  it("is the task's own first, then the configured one, then what was learned, then the default", () => {
    const samples = [ran(10)];
    expect(estimateSeconds({ ...task, estimateSeconds: 5 }, samples, 7)).toBe(5);
    expect(estimateSeconds(task, samples, 7)).toBe(7);
    expect(estimateSeconds(task, samples, null)).toBeCloseTo(10);
    expect(estimateSeconds(task, [], null)).toBe(DEFAULT_TASK_SECONDS);
    expect(DEFAULT_TASK_SECONDS).toBe(300);
  });

  it("leans on everything else while its class is young, and on its class later", () => {
    const others = Array.from({ length: 20 }, () => ran(100, "docs"));
    expect(learned([...others])).toBeCloseTo(100);
    const young = learned([...others, ran(10)]);
    const older = learned([...others, ...Array.from({ length: 40 }, () => ran(10))]);
    expect(young).toBeGreaterThan(40);
    expect(older).toBeLessThan(12);
  });

  it("looks at the newest 50 of a class", () => {
    const old = Array.from({ length: 200 }, () => ran(1));
    const now = Array.from({ length: 50 }, () => ran(100));
    expect(learned([...old, ...now])).toBeGreaterThan(75);
    expect(learned([...now, ...old])).toBeLessThan(2);
  });

  it("is the median where all samples are alike in class, whatever a few outliers say", () => {
    expect(learned([ran(9), ran(10), ran(11), ran(10_000)])).toBeLessThan(150);
  });

  it("lies between the shortest and the longest run that ended", () => {
    const seconds = fc.double({ min: 0.1, max: 10_000, noNaN: true });
    fc.assert(
      fc.property(fc.array(fc.tuple(seconds, fc.constantFrom("fix", "docs", null)), { minLength: 1 }), (runs) => {
        const estimate = learned(runs.map(([length, kind]) => ran(length, kind)));
        const all = runs.map(([length]) => length);
        expect(estimate).toBeGreaterThanOrEqual(Math.min(...all) * 0.999);
        expect(estimate).toBeLessThanOrEqual(Math.max(...all) * 1.001);
      }),
    );
  });

  it("learns nothing from a run that was killed early, and something from one that was killed late", () => {
    const ended = [ran(10), ran(20), ran(30)];
    expect(learned([...ended, killed(1)])).toBe(learned(ended));
    expect(learned([...ended, killed(1, "docs")])).toBe(learned(ended));
    expect(learned([...ended, killed(25)])).toBeGreaterThan(learned(ended));
  });

  it("is at least the longest time seen where nothing ever ended", () => {
    expect(learned([killed(50), killed(50)])).toBeCloseTo(50);
    expect(learned([ran(10, "docs"), killed(50)])).toBeGreaterThan(10);
    expect(learned([ran(1), killed(50), killed(60)])).toBeGreaterThan(10);
  });

  it("splits the middle of an even number of runs", () => {
    expect(learned([ran(10), ran(20), killed(30), killed(40)])).toBeGreaterThan(20);
    expect(learned([ran(10, "fix"), ran(20, "fix")])).toBeCloseTo(
      Math.exp((2 * Math.log(15) + 1.5 * Math.log(200)) / 5),
    );
  });

  it("ignores what took no time", () => {
    expect(learned([ran(0)])).toBe(DEFAULT_TASK_SECONDS);
  });
});

describe("an exponentially weighted mean", () => {
  it("starts with the first value and forgets it slowly", () => {
    expect(ewma([], 0.1)).toBeNull();
    expect(ewma([10], 0.1)).toBe(10);
    expect(ewma([10, 20], 0.1)).toBe(11);
  });

  it("stays within its values", () => {
    fc.assert(
      fc.property(fc.array(fc.double({ min: 0, max: 1e6, noNaN: true }), { minLength: 1 }), (values) => {
        const mean = ewma(values, 0.1) ?? Number.NaN;
        expect(mean).toBeGreaterThanOrEqual(Math.min(...values) - 1e-6);
        expect(mean).toBeLessThanOrEqual(Math.max(...values) + 1e-6);
      }),
    );
  });
});
