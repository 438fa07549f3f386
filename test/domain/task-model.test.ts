import fc from "fast-check";
import { expect, it } from "vitest";
import type { Fact, FactBody } from "../../src/domain/fact.ts";
import { isActive, isEnded, nextState, type StateName, type TaskState } from "../../src/domain/task-state.ts";
import { foldTask, waitingFor, type TaskView } from "../../src/domain/task-view.ts";

/** What the product and its humans say of one task, in the order of the journal. */
interface Journal {
  readonly facts: Fact[];
}

/** What we believe of the task without looking at its facts. */
interface Model {
  name: StateName;
  episode: number;
  round: number;
  attempt: number;
  head: string;
  hasPullRequest: boolean;
}

const viewOf = (journal: Journal): TaskView => foldTask(journal.facts);

function say({ facts }: Journal, body: FactBody, episode: number): void {
  facts.push({ ...body, key: `${facts.length}`, at: "2026-01-01T00:00:00Z", run: "r", task: "A", episode });
}

interface Order {
  readonly words: string;
  readonly from: readonly StateName[];
  /** What it says, and what we believe then. */
  readonly does: (model: Model) => readonly [FactBody, Partial<Model>];
  /** It changes nothing. */
  readonly isLate?: true;
  /** How many episodes ago. */
  readonly back?: number;
}

const WORKING = ["coding", "testing", "reviewing", "fixing"] as const;
const ACTIVE = [...WORKING, "publishing"] as const;
const WAITING = ["ready-for-human", "needs-human", "approved", "parked"] as const;
const coding = ({ round }: Model): StateName => (round > 1 ? "fixing" : "coding");
const started = (role: "coder" | "tester" | "reviewer", { round, attempt }: Model): FactBody => ({
  name: "assignment.started",
  data: { role, round, attempt, agent: role, version: "1", log: "l" },
});

const judged = (
  { head }: Model,
  outcome: "unchecked" | "fails" | "conflict" | null,
  isMendable: boolean,
): FactBody => ({
  name: "landing.judged",
  data: {
    head,
    base: "b2",
    outcome: outcome ?? "apart",
    reason: outcome === null ? null : "conflict: with it",
    findings: isMendable ? [{ path: null, line: null, severity: "major", rule: "r", message: "m", skills: [] }] : [],
  },
});

const ORDERS: readonly Order[] = [
  {
    words: "an episode begins",
    from: ["queued"],
    does: (model) => [
      { name: "episode.started", data: { from: "code", base: "b", why: "due" } },
      { name: "coding", episode: model.episode + 1, round: 1, attempt: 1 },
    ],
  },
  {
    words: "a coder starts",
    from: ["coding", "fixing"],
    does: (model) => [started("coder", model), { name: coding(model) }],
  },
  {
    words: "a coder starts once more",
    from: ["coding", "fixing"],
    does: (model) => [started("coder", { ...model, attempt: model.attempt + 1 }), { attempt: model.attempt + 1 }],
  },
  {
    words: "a tester starts",
    from: ["coding", "fixing"],
    does: (model) => [started("tester", { ...model, attempt: 1 }), { name: "testing", attempt: 1 }],
  },
  {
    words: "a reviewer starts",
    from: ["testing"],
    does: (model) => [started("reviewer", { ...model, attempt: 1 }), { name: "reviewing", attempt: 1 }],
  },
  {
    words: "a fix is wanted",
    from: ["testing", "reviewing"],
    does: ({ round }) => [
      { name: "fix.wanted", data: { round, findings: 1 } },
      { name: "fixing", round: round + 1, attempt: 1 },
    ],
  },
  {
    words: "it is published",
    from: WORKING,
    does: ({ episode, round }) => [
      { name: "publish.started", data: { commit: `c${episode}.${round}` } },
      { name: "publishing", head: `c${episode}.${round}` },
    ],
  },
  {
    words: "its pull request is opened",
    from: ["publishing"],
    does: ({ head }) => [{ name: "pr.opened", data: { number: 7, head } }, { hasPullRequest: true }],
  },
  {
    words: "it is ready",
    from: ["publishing"],
    does: ({ head, round }) => [{ name: "task.ready", data: { head, rounds: round } }, { name: "ready-for-human" }],
  },
  {
    words: "it fails",
    from: ACTIVE,
    does: () => [{ name: "task.failed", data: { reason: "crashed: it" } }, { name: "failed" }],
  },
  {
    words: "it needs a human",
    from: ACTIVE,
    does: () => [{ name: "task.needs-human", data: { reason: "rounds: three" } }, { name: "needs-human" }],
  },
  {
    words: "it is parked",
    from: ACTIVE,
    does: () => [{ name: "task.parked", data: { reason: "rate_limited: it", wakeAt: null } }, { name: "parked" }],
  },
  {
    words: "it wakes",
    from: ["parked"],
    does: (model) => [started("coder", model), { name: coding(model) }],
  },
  {
    words: "its branch is rebased",
    from: ["ready-for-human", "approved"],
    does: ({ head }) => [
      { name: "branch.rebased", data: { branch: "b", from: head, to: `${head}'`, base: "b2" } },
      { name: "ready-for-human", head: `${head}'` },
    ],
  },
  {
    words: "the base moved, and it fits",
    from: ["ready-for-human", "approved"],
    does: (model) => [judged(model, null, false), {}],
  },
  {
    words: "the base moved, and the checks have to say",
    from: ["ready-for-human"],
    does: (model) => [judged(model, "unchecked", false), { name: "queued" }],
  },
  {
    words: "the base moved, and its coder has to mend it",
    from: ["ready-for-human"],
    does: (model) => [judged(model, "fails", true), { name: "queued" }],
  },
  {
    words: "the base moved under what a human approved",
    from: ["approved"],
    does: (model) => [judged(model, "conflict", true), { name: "parked" }],
  },
  {
    words: "a human approves",
    from: ["ready-for-human"],
    does: ({ head }) => [{ name: "pr.approved", data: { by: "me", head } }, { name: "approved" }],
  },
  {
    words: "a human approves another head",
    from: ["ready-for-human"],
    does: () => [{ name: "pr.approved", data: { by: "me", head: "elsewhere" } }, {}],
  },
  {
    words: "a human rejects",
    from: WAITING,
    does: () => [{ name: "pr.rejected", data: { by: "me", why: "no" } }, { name: "queued" }],
  },
  {
    words: "it is merged",
    from: ["approved"],
    does: ({ round }) => [{ name: "pr.merged", data: { commit: `m${round}` } }, { name: "merged" }],
  },
  {
    words: "somebody merges it by hand",
    from: [...ACTIVE, ...WAITING],
    does: () => [{ name: "pr.merged", data: { commit: "by hand" } }, { name: "merged" }],
  },
  {
    words: "somebody closes it",
    from: WAITING,
    does: () => [{ name: "pr.closed", data: { why: "no need" } }, { name: "closed" }],
  },
  {
    words: "a human cancels",
    from: ["queued", ...ACTIVE, ...WAITING, "failed"],
    does: () => [{ name: "task.cancelled", data: { by: "me" } }, { name: "cancelled" }],
  },
  {
    words: "a human retries",
    from: ["queued", ...WAITING, "failed", "closed", "cancelled"],
    does: () => [{ name: "task.retried", data: { from: "code", by: "me" } }, { name: "queued" }],
  },
];

/** Words that still count once a task has ended. */
const isHeard = ({ words }: Order, name: StateName): boolean =>
  name !== "merged" &&
  ["a human retries", "a human cancels", "it is merged", "somebody merges it by hand"].includes(words);

const ENDED = ["merged", "closed", "failed", "cancelled"] as const;

/** Late, from a process that does not know yet: after an end, or of an episode before. */
const LATE: readonly Order[] = [
  ...ORDERS.filter(({ words }) => words !== "an episode begins").flatMap((order) =>
    ENDED.filter((name) => !isHeard(order, name)).map((name) => ({
      ...order,
      words: `after it was ${name}: ${order.words}`,
      from: [name],
      isLate: true as const,
    })),
  ),
  ...ORDERS.filter(({ words }) => !words.includes("merge")).map((order) => ({
    ...order,
    words: `of an episode before: ${order.words}`,
    from: [...ACTIVE, ...WAITING, ...ENDED, "queued" as const],
    isLate: true as const,
    back: 1,
  })),
  {
    words: "the same episode begins again",
    from: [...ACTIVE, ...WAITING, ...ENDED],
    isLate: true,
    does: () => [{ name: "episode.started", data: { from: "review", base: "b", why: "again" } }, {}],
  },
];

const isOpen = ({ from, back = -1 }: Order, { name, episode }: Model): boolean => from.includes(name) && episode > back;

function follow({ does, isLate, back = 0 }: Order, model: Model, journal: Journal): void {
  const before = viewOf(journal).state;
  const [body, believed] = does(model);
  if (isLate === undefined) Object.assign(model, believed);
  say(journal, body, model.episode - back);
  const view = viewOf(journal);
  if (isLate === true) expect(view.state).toEqual(before);
  expect(view.state.name).toBe(model.name);
  expect(view.episode).toBe(model.episode);
  expect(view.pr !== null).toBe(model.hasPullRequest);
  if (isEnded(before) && !isEnded(view.state)) expect(body.name).toBe("task.retried");
  hasItsWayOut(view);
}

/** Who waits for somebody says for whom, and from everywhere there is a way to a merge that a human approved. */
function hasItsWayOut(view: TaskView): void {
  expect(waitingFor(view, null) === null).toBe(isActive(view.state) || view.state.name === "merged");
  if (view.state.name !== "merged") expect(endOf(view.state)).toEqual(["approved", "merged"]);
}

/** The last two states when somebody sees to it. */
function endOf(from: TaskState): readonly StateName[] {
  const model: Model = {
    name: from.name,
    episode: from.episode,
    round: 9,
    attempt: 9,
    head: "",
    hasPullRequest: true,
  };
  const ways: Partial<Record<StateName, string>> = {
    queued: "an episode begins",
    publishing: "it is ready",
    "ready-for-human": "a human approves",
    approved: "it is merged",
  };
  let state = from;
  const passed: StateName[] = [state.name];
  while (state.name !== "merged" && passed.length < 9) {
    const { name } = state;
    const words = ways[name] ?? (isActive(state) ? "it is published" : "a human retries");
    const order = ORDERS.find((one) => one.words === words);
    if (order === undefined) throw new Error(words);
    model.head = "head" in state ? state.head : model.head;
    const [body, believed] = order.does(model);
    Object.assign(model, believed);
    state = nextState(state, { ...body, key: "", at: "", run: "r", task: "A", episode: model.episode });
    passed.push(state.name);
  }
  return passed.slice(-2);
}

/** Each number chooses among what can be said then; every third word comes late. */
const life = fc.array(fc.nat(), { minLength: 1, maxLength: 40, size: "max" });

function lived(numbers: readonly number[]): readonly Fact[] {
  const journal: Journal = { facts: [] };
  const model: Model = { name: "queued", episode: 0, round: 1, attempt: 1, head: "", hasPullRequest: false };
  for (const number of numbers) {
    const open = (number % 3 === 0 ? LATE : ORDERS).filter((order) => isOpen(order, model));
    const order = open[Math.floor(number / 3) % Math.max(1, open.length)];
    if (order !== undefined) follow(order, model, journal);
  }
  return journal.facts;
}

it("is where its history says, in one state, with a way out, at every step of any life", () => {
  fc.assert(
    fc.property(life, (numbers) => {
      // Which looks at each of them.
      expect(foldTask(lived(numbers)).id).toMatch(/^A?$/);
    }),
  );
});

it("is the same with any of its facts once more, anywhere behind the first time", () => {
  const places = fc.array(fc.tuple(fc.nat(), fc.nat()), { maxLength: 20 });
  fc.assert(
    fc.property(life, places, (numbers, again) => {
      const facts = lived(numbers);
      const more = [...facts];
      for (const [what, where] of again) {
        const fact = facts[what % Math.max(1, facts.length)];
        const first = fact === undefined ? 0 : more.indexOf(fact) + 1;
        if (fact !== undefined) more.splice(first + (where % (more.length - first + 1)), 0, fact);
      }
      expect(foldTask(more)).toEqual(foldTask(facts));
    }),
  );
});

it("keeps its merge, and never goes back to an episode that is over, in whatever order its facts arrive", () => {
  fc.assert(
    fc.property(life, fc.array(fc.nat(), { minLength: 40, maxLength: 40 }), (numbers, dice) => {
      const facts = lived(numbers);
      const shuffled = facts
        .map((fact, index) => ({ fact, at: dice[index] ?? 0 }))
        .toSorted((a, b) => a.at - b.at)
        .map(({ fact }) => fact);
      let episode = 0;
      for (const count of shuffled.keys()) {
        const view = foldTask(shuffled.slice(0, count + 1));
        expect(view.episode).toBeGreaterThanOrEqual(episode);
        ({ episode } = view);
        if (view.state.name !== "merged") hasItsWayOut(view);
      }
      const last = facts.reduce((most, one) => Math.max(most, one.name === "episode.started" ? one.episode : 0), 0);
      expect(episode).toBe(last);
      const merged = shuffled.findIndex(({ name }) => name === "pr.merged");
      const begun = shuffled.findLastIndex(({ name }) => name === "episode.started");
      if (merged > begun) expect(foldTask(shuffled).state.name).toBe("merged");
    }),
  );
});
