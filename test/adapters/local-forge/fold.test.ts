import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { applyEvent, foldPullRequest, toDetails, toPullRequest } from "../../../src/adapters/local-forge/fold.ts";
import { planClose, planComment, planReview, planUpdate } from "../../../src/adapters/local-forge/plan-event.ts";
import { parseEvent, type PullRequestEvent } from "../../../src/adapters/local-forge/schema.ts";

const id = fc.constantFrom("a", "b", "c").map((letter) => letter.repeat(40));
const word = fc.constantFrom("", "x", "y", "é🚀\n");
const stamp = {
  v: fc.constant(1 as const),
  at: fc.constantFrom("2026-01-01T00:00:00Z", "2026-01-02T03:04:05.678Z"),
  by: word,
};
const content = { title: word, body: word, base: fc.constantFrom("main", "dev/x"), head: id, draft: fc.boolean() };
const opening = fc.record({
  ...stamp,
  kind: fc.constant("opened" as const),
  task: word,
  branch: fc.constant("dispatch/a--b"),
  ...content,
});
const later = fc.oneof(
  fc.record({ ...stamp, kind: fc.constant("updated" as const), ...content }),
  fc.record({ ...stamp, kind: fc.constant("commented" as const), key: fc.constantFrom("k", "l"), body: word }),
  fc.record({
    ...stamp,
    kind: fc.constant("reviewed" as const),
    verdict: fc.constantFrom("approve" as const, "request_changes" as const),
    head: id,
    why: word,
  }),
  fc.record({ ...stamp, kind: fc.constant("merged" as const), head: id, commit: id }),
  fc.record({ ...stamp, kind: fc.constant("closed" as const), why: word }),
  opening,
);
const chain = fc
  .tuple(opening, fc.array(later, { maxLength: 12 }))
  .map(([first, rest]): PullRequestEvent[] => [first, ...rest]);
const opened = {
  ...{ v: 1 as const, at: "2026-01-01T00:00:00Z", by: "d" },
  kind: "opened" as const,
  task: "A",
  branch: "b",
  title: "t",
  body: "",
  base: "main",
  head: "a".repeat(40),
  draft: false,
};

function folded(events: readonly PullRequestEvent[]) {
  const pr = foldPullRequest(events);
  if (pr === null) throw new Error("not opened");
  return pr;
}

describe("the fold of a chain", () => {
  it("is nothing without an opening", () => {
    fc.assert(
      fc.property(fc.array(later), (events) => {
        expect(foldPullRequest(events.filter(({ kind }) => kind !== "opened"))).toBeNull();
      }),
    );
  });

  it("adds one event after the other", () => {
    fc.assert(
      fc.property(chain, later, (events, event) => {
        expect(folded([...events, event])).toEqual(applyEvent(folded(events), event));
      }),
    );
  });

  it("does not change when any event is told twice in a row", () => {
    fc.assert(
      fc.property(chain, fc.nat(), (events, nth) => {
        const at = nth % events.length;
        fc.pre(events[at]?.kind !== "reviewed");
        expect(folded([...events.slice(0, at + 1), ...events.slice(at)])).toEqual(folded(events));
      }),
    );
  });

  it("keeps an end as it ended, whatever comes after, but for comments", () => {
    fc.assert(
      fc.property(chain, fc.array(later), (events, more) => {
        const ended = folded(events);
        fc.pre(ended.state !== "open");
        const { comments, ...rest } = folded([...events, ...more]);
        expect({ ...rest, comments: ended.comments }).toEqual(ended);
        expect(comments.length).toBeGreaterThanOrEqual(ended.comments.length);
      }),
    );
  });

  it("has at most one comment for each key, and is approved only for the head it shows", () => {
    fc.assert(
      fc.property(chain, (events) => {
        const pr = folded(events);
        const keys = pr.comments.flatMap(({ key }) => (key === null ? [] : [key]));
        expect(new Set(keys).size).toBe(keys.length);
        const shown = toPullRequest(1, pr);
        expect(shown.review === "pending" || shown.reviewedHead === shown.head).toBe(true);
        expect(shown.state === "merged").toBe(shown.mergeCommit !== null);
        expect(toDetails(1, pr)).toMatchObject(shown);
      }),
    );
  });

  it("never changes task and branch", () => {
    fc.assert(
      fc.property(chain, (events) => {
        expect(folded(events)).toMatchObject({ task: (events[0] as { task: string }).task, branch: "dispatch/a--b" });
      }),
    );
  });
});

describe("a plan", () => {
  const stamped = { v: 1 as const, at: "2026-02-01T00:00:00Z", by: "me" };
  const wish = fc.oneof(
    fc.record(content).map((wanted) => planUpdate({ task: "A", branch: "b", ...wanted }, stamped)),
    fc.tuple(word, word).map(([key, body]) => planComment(key, body, stamped)),
    fc.tuple(fc.constantFrom("approve" as const, "request_changes" as const), word).map(([verdict, why]) => {
      return planReview(verdict, opened.head, why, stamped);
    }),
    word.map((why) => planClose(why, stamped)),
  );

  it("has nothing left to do once its event is there", () => {
    fc.assert(
      fc.property(fc.array(later.filter(({ kind }) => kind === "commented")), wish, (events, plan) => {
        const pr = folded([opened, ...events]);
        const event = plan(1, pr);
        fc.pre(event !== null);
        expect(plan(2, applyEvent(pr, event))).toBeNull();
      }),
    );
  });
});

describe("an event", () => {
  it("reads back as it was written", () => {
    fc.assert(
      fc.property(fc.oneof(opening, later), (event) => {
        expect(parseEvent(JSON.stringify(event, null, 2))).toEqual(event);
      }),
    );
  });

  it.each([
    "",
    "{",
    "null",
    "[]",
    JSON.stringify({ ...opened, v: 2 }),
    JSON.stringify({ ...opened, kind: "exploded" }),
    JSON.stringify({ ...opened, head: "main" }),
    JSON.stringify({ ...opened, head: `--upload-pack=${"a".repeat(26)}` }),
    JSON.stringify({ ...opened, base: "a..b" }),
    JSON.stringify({ ...opened, base: "a b" }),
    JSON.stringify({ ...opened, branch: "a*" }),
    JSON.stringify({ ...opened, at: "yesterday" }),
  ])("that is none is told apart: %s", (text) => {
    expect(parseEvent(text)).toBeNull();
  });
});
