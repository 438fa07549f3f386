import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { holdOf, holdsBack, pauseBelow, stopBelow, type Limits, type Pressure } from "../../src/domain/backpressure.ts";
import { NEW_TASK } from "../../src/domain/task-state.ts";

const NONE: Limits = { maxOpen: null, perHour: null, quiet: [] };
const NOW = Date.parse("2026-03-04T10:30:15.000Z");
const CALM: Pressure = { now: NOW, minute: 630, open: 0, opened: [], coming: 0, disk: null, budget: null };
const GB = 1024 ** 3;
const HOUR = 3_600_000;

describe("nothing new is begun", () => {
  it("unless nothing holds it back", () => {
    expect(holdOf(NONE, { ...CALM, open: 1000, opened: [NOW], disk: { free: 500 * GB, total: 1000 * GB } })).toBeNull();
  });

  it("on a disk with less than 2 GB, or the tenth part of a small one", () => {
    expect([pauseBelow(100 * GB), pauseBelow(GB)]).toEqual([2 * GB, GB / 10]);
    expect([stopBelow(100 * GB), stopBelow(GB)]).toEqual([GB / 2, GB / 40]);
    expect(holdOf(NONE, { ...CALM, disk: { free: 2 * GB - 1, total: 100 * GB } })).toEqual({
      code: "disk",
      reason: "disk: 2047 MB are free, and nothing new is begun below 2048: free some, or dispatch clean",
      wakeAt: null,
    });
    expect(holdOf(NONE, { ...CALM, disk: { free: 2 * GB, total: 100 * GB } })).toBeNull();
  });

  it("in quiet hours, also those that go over midnight, and goes on when they end", () => {
    const at = (minute: number, from: number, to: number) =>
      holdOf({ ...NONE, quiet: [{ from, to }] }, { ...CALM, minute });
    expect(at(630, 600, 660)).toEqual({
      code: "quiet_hours",
      reason: "quiet_hours: quiet hours until 11:00",
      wakeAt: "2026-03-04T11:00:00.000Z",
    });
    expect(at(1439, 1320, 390)?.wakeAt).toBe("2026-03-04T17:01:00.000Z");
    expect([at(0, 1320, 390) === null, at(390, 1320, 390), at(660, 600, 660), at(599, 600, 660)]).toEqual([
      false,
      null,
      null,
      null,
    ]);
  });

  it("while as many pull requests are open, or on their way, as may be", () => {
    const limits = { ...NONE, maxOpen: 3 };
    expect(holdOf(limits, { ...CALM, open: 2 })).toBeNull();
    expect(holdOf(limits, { ...CALM, open: 3 })?.reason).toBe(
      "open_limit: 3 pull requests are open or on their way, and 3 may be: merge or close one (dispatch review)",
    );
  });

  it("until enough of those of the last hour are an hour old", () => {
    const ago = (minutes: number): number => NOW - minutes * 60_000;
    const limits = { ...NONE, perHour: 3 };
    expect(holdOf(limits, { ...CALM, opened: [ago(90), ago(50), ago(20)] })).toBeNull();
    expect(holdOf(limits, { ...CALM, opened: [ago(90), ago(50), ago(20), ago(5)] })).toMatchObject({
      reason: "open_limit: 3 pull requests within an hour, and 3 may be",
      wakeAt: new Date(ago(50) + HOUR).toISOString(),
    });
    // Two are about to be opened: two of the old ones have to be an hour old.
    expect(holdOf(limits, { ...CALM, opened: [ago(50), ago(20)], coming: 2 })?.wakeAt).toBe(
      new Date(ago(20) + HOUR).toISOString(),
    );
    expect(holdOf(limits, { ...CALM, coming: 3 })?.wakeAt).toBe(new Date(NOW + HOUR).toISOString());
  });

  it("and what is told as the moment to go on is one: an hour later there is room, never sooner than needed", () => {
    const opened = fc.array(fc.integer({ min: NOW - 2 * HOUR, max: NOW }), { maxLength: 12 });
    fc.assert(
      fc.property(opened, fc.integer({ min: 1, max: 6 }), (times, perHour) => {
        const limits = { ...NONE, perHour };
        const held = holdOf(limits, { ...CALM, opened: times });
        if (held === null) return;
        const wake = Date.parse(held.wakeAt ?? "");
        expect(holdOf(limits, { ...CALM, now: wake, opened: times })).toBeNull();
        expect(holdOf(limits, { ...CALM, now: wake - 1, opened: times })).not.toBeNull();
      }),
    );
  });
});

describe("a hold", () => {
  const hold = (code: "disk" | "quiet_hours" | "open_limit") => ({ code, reason: "", wakeAt: null });
  const queued = { state: NEW_TASK, pr: null };
  const withPullRequest = { state: NEW_TASK, pr: 7 };
  const begun = { state: { ...NEW_TASK, name: "coding", round: 1, attempt: 1 } as const, pr: null };

  it.each([
    ["disk", [true, true, true, true]],
    ["quiet_hours", [true, true, true, false]],
    ["open_limit", [true, true, false, false]],
  ] as const)("for %s is for new, queued, sent-back and begun tasks: %j", (code, expected) => {
    expect([undefined, queued, withPullRequest, begun].map((view) => holdsBack(hold(code), view))).toEqual(expected);
  });
});
