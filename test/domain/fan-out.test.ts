import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decideFanOut, isInline, payingPieces, spawnSeconds } from "../../src/domain/fan-out.ts";

const decide = (n: number, taskSeconds: number, spawn: number, maxLanes = 4) =>
  decideFanOut({ n, taskSeconds, spawnSeconds: spawn, maxLanes });

describe("fan-out", () => {
  it("opens lanes where the work beside the first task is worth more than a lane costs, and says the sum", () => {
    expect(decide(6, 4, 0.3)).toEqual({
      n: 6,
      taskSeconds: 4,
      spawnSeconds: 0.3,
      savedSeconds: 15.7,
      lanes: 3,
      decision: "fan-out",
      why: "(6-1) x 4.0s = 20.0s > 0.3s spawn: 3 lanes",
    });
  });

  it("stays on one lane where it is not", () => {
    expect(decide(2, 5, 31)).toMatchObject({
      lanes: 1,
      savedSeconds: 0,
      decision: "inline",
      why: "(2-1) x 5.0s = 5.0s <= 31.0s spawn: inline",
    });
  });

  it("stays on one lane where both weigh the same", () => {
    expect(decide(2, 5, 5)).toMatchObject({ decision: "inline", why: "(2-1) x 5.0s = 5.0s <= 5.0s spawn: inline" });
  });

  it("is inline with no task, with one, and with a single lane allowed", () => {
    expect(decide(0, 5, 1)).toMatchObject({
      lanes: 0,
      decision: "inline",
      why: "no task is ready, so no lane is opened",
    });
    expect(decide(1, 5, 0)).toMatchObject({
      lanes: 1,
      decision: "inline",
      why: "one task is ready, and nothing to run beside it: inline",
    });
    expect(decide(6, 4, 0.3, 1)).toMatchObject({
      lanes: 1,
      decision: "inline",
      why: "(6-1) x 4.0s = 20.0s > 0.3s spawn, but only 1 lane is allowed: inline",
    });
  });

  it("takes all lanes for long tasks, fewer where lanes are dear", () => {
    expect(decide(64, 600, 5, 8).lanes).toBe(8);
    expect(decide(64, 10, 100, 8).lanes).toBe(2);
  });

  it("opens no lane that would end no sooner: four for eight tasks when five are allowed", () => {
    expect(decide(8, 10, 0, 5).lanes).toBe(4);
  });

  const inputs = fc.record({
    n: fc.nat(100),
    taskSeconds: fc.double({ min: 0, max: 1e4, noNaN: true }),
    spawnSeconds: fc.double({ min: 0, max: 1e4, noNaN: true }),
    maxLanes: fc.integer({ min: 1, max: 64 }),
  });

  it("is decided by (N-1)t > S, never by more lanes than tasks or than allowed", () => {
    fc.assert(
      fc.property(inputs, (input) => {
        const { lanes, decision, savedSeconds } = decideFanOut(input);
        const pays = (input.n - 1) * input.taskSeconds > input.spawnSeconds;
        expect(decision).toBe(pays && input.n > 1 && input.maxLanes > 1 ? "fan-out" : "inline");
        expect(lanes).toBeLessThanOrEqual(Math.min(input.n, input.maxLanes));
        expect(lanes).toBeGreaterThanOrEqual(decision === "fan-out" ? 2 : Math.min(1, input.n));
        expect(savedSeconds).toBeGreaterThanOrEqual(0);
      }),
    );
  });

  it("takes as many lanes as the closed form says, by trying each", () => {
    fc.assert(
      fc.property(inputs, (input) => {
        const { n, taskSeconds: t, spawnSeconds: s, maxLanes } = input;
        const { lanes, decision } = decideFanOut(input);
        if (decision === "inline") return;
        const worth = (k: number) => (n - Math.ceil(n / k)) * t - k * 0.1 * s - (k - 1) * s;
        for (let k = 2; k <= Math.min(n, maxLanes); k += 1) expect(worth(lanes)).toBeGreaterThanOrEqual(worth(k));
      }),
    );
  });

  it("opens no fewer lanes when spawning gets cheaper", () => {
    fc.assert(
      fc.property(inputs, fc.double({ min: 0, max: 1, noNaN: true }), (input, part) => {
        const cheaper = decideFanOut({ ...input, spawnSeconds: input.spawnSeconds * part });
        expect(cheaper.lanes).toBeGreaterThanOrEqual(decideFanOut(input).lanes);
      }),
    );
  });
});

describe("the cost of one more lane", () => {
  it("is the cold start less the warm hand-over that an open lane pays anyway", () => {
    expect(spawnSeconds([3.2, 3, 40], [0.2, 0.2], 9)).toBeCloseTo(3);
    expect(spawnSeconds([3], [], 9)).toBe(3);
    expect(spawnSeconds([], [0.2], 9)).toBe(9);
    expect(spawnSeconds([1, 3], [], 9)).toBe(2);
  });

  it("forgets slowly once there are many measurements", () => {
    const cold = (many: number) => [...Array.from({ length: many - 1 }, () => 10), 20];
    expect(spawnSeconds(cold(9), [], 0)).toBe(10);
    expect(spawnSeconds(cold(10), [], 0)).toBeCloseTo(11);
  });

  it("is never negative", () => {
    const many = fc.array(fc.double({ min: 0, max: 100, noNaN: true }), { maxLength: 15 });
    fc.assert(
      fc.property(many, many, (cold, warm) => {
        expect(spawnSeconds(cold, warm, 1)).toBeGreaterThanOrEqual(0);
      }),
    );
  });

  it("makes a warm hand-over cheaper than a cold start: the same tasks need fewer seconds on an open lane", () => {
    const cold = [3.1, 2.9, 3];
    const warm = [0.2, 0.3, 0.2];
    const task = 2.5;
    const spawn = spawnSeconds(cold, warm, 0);
    const handedOver = 0.2 + task;
    const onItsOwn = 0.2 + spawn + task;
    expect(spawn).toBeCloseTo(2.8);
    expect(handedOver).toBeLessThan(onItsOwn);
    expect(isInline(task, spawn, "fan-out")).toBe(true);
    // Were a hand-over no cheaper than a start, nothing would be gained by joining, and one more lane would cost nothing.
    expect(spawnSeconds(cold, cold, 0)).toBe(0);
    expect(isInline(task, spawnSeconds(cold, cold, 0), "fan-out")).toBe(false);
    expect(decide(2, task, spawn).decision).toBe("inline");
    expect(decide(2, task, spawnSeconds(cold, cold, 0)).decision).toBe("fan-out");
  });
});

describe("a task", () => {
  it("joins an open lane when it takes no longer than a lane costs, or when no lane is added at all", () => {
    expect(isInline(1, 2, "fan-out")).toBe(true);
    expect(isInline(2, 2, "fan-out")).toBe(true);
    expect(isInline(3, 2, "fan-out")).toBe(false);
    expect(isInline(3, 2, "inline")).toBe(true);
  });

  it("pays for a lane alone or in a bundle", () => {
    expect(payingPieces([20, 20, 20, 0.5], 2)).toBe(3);
    expect(payingPieces([20, 1, 1, 1, 1, 1], 2)).toBe(3);
    expect(payingPieces([5, 0], 0)).toBe(2);
    expect(payingPieces([], 3)).toBe(0);
  });

  it("that is small adds no lane of its own to three long ones", () => {
    const input = { n: 4, taskSeconds: 15, spawnSeconds: 2, maxLanes: 8 };
    expect(decideFanOut({ ...input, pieces: 3 })).toMatchObject({ lanes: 3, savedSeconds: 38 });
    expect(decideFanOut(input).lanes).toBe(4);
    expect(decideFanOut({ ...input, pieces: 0 })).toMatchObject({ lanes: 2, decision: "fan-out", savedSeconds: 0 });
  });
});
