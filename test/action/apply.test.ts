import { expect, it } from "vitest";
import { applyOutbox } from "../../src/action/apply.ts";
import type { Intent } from "../../src/action/schema.ts";
import type { Ports } from "../../src/dispatch/ports.ts";
import { formatMarker } from "../../src/domain/marker.ts";
import type { PullRequest } from "../../src/ports/forge.ts";
import type { Hub } from "../../src/ports/hub.ts";
import { anItem } from "../support/domain-data.ts";
import { storyHouse } from "../support/story.ts";

/** Two tasks with a pull request each, #1 of A and #2 of B, and what of an outbox is done to them. */
async function published() {
  const did: string[] = [];
  const orders: { id: number; by: string; at: string; text: string }[] = [];
  const noting =
    (what: string) =>
    async (...args: readonly unknown[]): Promise<never> => {
      did.push(`${what} ${JSON.stringify(args)}`);
      return undefined as never;
    };
  const house = await storyHouse({ items: [anItem("A"), anItem("B")], settings: { jobs: 1 } });
  await house.run();
  const pulls = await house.ports.forge.fetchPullRequests();
  const of = (task: string): PullRequest => pulls.find((one) => one.task === task)!;
  const forge: Ports["forge"] = {
    ...house.ports.forge,
    fetchOrders: async () => orders,
    ...{ ensureComment: noting("comment"), close: noting("close"), showVerdict: noting("verdict") },
    ...{ showState: noting("state"), answer: noting("answer"), takeOrder: noting("order") },
    async ensurePullRequest(draft) {
      await noting("pull-request")(draft);
      return of(draft.task);
    },
  };
  const repository: Ports["repository"] = { ...house.ports.repository, unpublish: noting("unpublish") };
  const hub: Pick<Hub, "fetchPull" | "ensureNote"> = { fetchPull: async () => null, ensureNote: noting("note") };
  const apply = async (...intents: readonly Intent[]): Promise<string> => {
    const outbox = { v: 1, run: "r", base: { branch: "main", commit: "c" }, costUsd: null, again: false } as const;
    const publisher = { ports: { ...house.ports, forge, repository }, settings: house.settings, hub };
    const { refused } = await applyOutbox(publisher, { ...outbox, intents: [...intents], tasks: [] });
    return [...refused.values()].join("; ");
  };
  const base = (await house.repository.fetchBase()).commit;
  return Object.assign(house, { of, apply, did, orders, base });
}

it("does nothing that an outbox says of somebody else's, whoever forged it", async () => {
  await using house = await published();
  const { apply, base, did } = house;
  const [a, b] = [house.of("A"), house.of("B")];
  const verdict = { task: "A", head: a.head, outcome: "success" as const, sentence: "fine", findings: [] };
  const draft = { task: "A", title: "t", branch: a.branch, base: "main", head: a.head, draft: false };
  const forged: readonly (readonly [RegExp, ...Intent[]])[] = [
    [/no pull request of ours/, { verb: "state", task: "A", pr: b.number, state: "ready-for-human" }],
    [/no pull request of ours/, { verb: "verdict", pr: b.number, verdict }],
    [/no commit of a/, { verb: "verdict", pr: null, verdict: { ...verdict, head: base } }],
    [/no commit of a/, { verb: "verdict", pr: a.number, verdict: { ...verdict, head: b.head } }],
    [/no commit of a/, { verb: "answer", pr: a.number, head: b.head }],
    [/marker is that of pr B/, { verb: "pull-request", number: 1, draft: { ...draft, body: markerOf("pr", "B") } }],
    [
      /marker is that of review A/,
      { verb: "pull-request", number: 1, draft: { ...draft, body: markerOf("review", "A") } },
    ],
    [
      /no pull request of ours/,
      { verb: "comment", pr: 77, key: "k", body: "b", by: "b" },
      { verb: "pull-request", number: 77, draft: { ...draft, body: "" } },
    ],
    [/take the place of a note/, { verb: "comment", pr: a.number, key: "left", body: "b", by: "b" }],
    [/nobody asked to stop/, { verb: "close", pr: a.number, by: "bob", why: "stopped" }],
    [/not in the base/, { verb: "unpublish", task: "A", branch: a.branch, expected: a.head }],
    [/no pull request of ours/, { verb: "note", task: "A", pr: b.number, left: LEFT }],
    [/it is no issue/, { verb: "note", task: "A", pr: null, left: LEFT }],
  ];
  for (const [why, first, ...rest] of forged) {
    did.splice(0);
    expect(await apply(first!, ...rest)).toMatch(why);
    expect(did.filter((one) => !rest.some(({ verb }) => one.startsWith(verb)))).toEqual([]);
  }
  // Comments of whomever, at whatever: nothing is ticked that nobody ordered there.
  expect(await apply({ verb: "order", pr: a.number, order: 4711, understood: true })).toBe("");
  expect(did).toEqual([]);
});

it("does what people asked for, and takes its own word for what they said", async () => {
  await using house = await published();
  const a = house.of("A");
  house.orders.push({ id: 5, by: "bob", at: "", text: "stop" }, { id: 6, by: "bob", at: "", text: "merge it" });
  const close = { verb: "close", pr: a.number, by: "bob", why: "stopped" } as const;
  expect(await house.apply(close, { verb: "order", pr: a.number, order: 6, understood: true })).toBe("");
  expect(house.did).toEqual([`close [${a.number},"bob","stopped"]`, `order [${a.number},6,false]`]);
});

const LEFT = { reason: "r", attempts: 0, costUsd: null, seconds: 0, at: "", humanRounds: 0, wakeAt: null };

const markerOf = (kind: "pr" | "review", task: string): string => `${formatMarker({ kind, task })}\nwords`;
