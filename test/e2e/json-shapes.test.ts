import { afterAll, beforeAll, expect, it } from "vitest";
import { z } from "zod";
import { json, site, SLOW, useHeldHome, type Ran, type Site } from "../support/e2e.ts";

/** The shapes of docs/contract.md §7: every key is there, with its type; more may be added. */
const name = z.string().min(1);
const when = z.iso.datetime();
const seconds = z.number().nonnegative();
const costUsd = z.number().nonnegative().nullable();
const STATES = [
  ...(["queued", "blocked", "coding", "testing", "reviewing", "fixing", "publishing", "ready-for-human"] as const),
  ...(["needs-human", "approved", "merged", "closed", "failed", "cancelled", "parked"] as const),
] as const;
const state = z.enum(STATES);
const reason = z
  .string()
  .regex(
    /^(no_change|exit_code|timed_out|idle|output_limit|worktree_gone|invalid_verdict|conflict|policy|secret|budget|rate_limited|auth|quota|crashed|cancelled|rounds|no_progress|base_moved|checks_failed): \S/,
  );

const FanOut = z.looseObject({
  n: z.int(),
  taskSeconds: seconds,
  spawnSeconds: seconds,
  savedSeconds: z.number(),
  lanes: z.int().min(1),
  decision: z.enum(["fan-out", "inline"]),
  why: name,
});

const Landing = z.strictObject({
  conflicts: z.array(z.strictObject({ a: name, b: name, files: z.array(name).min(1) })),
  order: z.array(name),
});

const Plan = z.looseObject({
  v: z.literal(1),
  tasks: z.array(
    z.looseObject({
      id: name,
      title: name,
      after: z.array(name),
      files: z.array(name),
      estimateSeconds: seconds,
      agent: name,
      lane: z.int().min(1).nullable(),
      inline: z.boolean(),
    }),
  ),
  fanOut: FanOut,
  conflicts: z.array(z.looseObject({ a: name, b: name, files: z.array(name).min(1) })),
  costUsd,
  etaSeconds: seconds,
  landing: Landing,
  spawn: z.strictObject({
    laneSeconds: seconds,
    agents: z.array(
      z.strictObject({
        ...{ agent: name, startSeconds: seconds, handOverSeconds: seconds.nullable() },
        ...{ prefixTokens: z.number().nullable(), starts: z.int(), from: z.enum(["measured", "seed", "default"]) },
      }),
    ),
  }),
});

const Event = z.looseObject({
  type: z.literal("event"),
  v: z.literal(1),
  at: when,
  task: name.nullable(),
  role: z.enum(["coder", "tester", "reviewer", "planner"]).nullable(),
  name,
});

const Usage = z.strictObject({ inputTokens: z.int(), outputTokens: z.int() });

const Result = z.looseObject({
  type: z.literal("result"),
  v: z.literal(1),
  run: name,
  tasks: z.array(
    z.looseObject({
      id: name,
      state,
      branch: name.nullable(),
      pr: z.int().min(1).nullable(),
      rounds: z.int(),
      attempts: z.int(),
      costUsd,
      usage: Usage.nullable(),
      seconds,
      reason: reason.nullable(),
    }),
  ),
  fanOut: FanOut,
  wallSeconds: seconds,
  costUsd,
});

const Status = z.looseObject({
  v: z.literal(1),
  tasks: z.array(
    z.looseObject({
      id: name,
      title: name,
      state,
      agent: name.nullable(),
      branch: name.nullable(),
      pr: z.int().min(1).nullable(),
      round: z.int(),
      costUsd,
      seconds,
      waitingFor: name.nullable(),
    }),
  ),
  fleet: z.looseObject({
    online: z.int(),
    total: z.int(),
    jobsPerHour: z.number(),
    openAnomalies: z.int().nullable(),
    versionSkew: z.unknown(),
  }),
  budget: z.looseObject({ spentTodayUsd: z.number(), dailyUsd: z.number().nullable() }),
  watcher: z.looseObject({ paused: z.boolean() }),
  landing: Landing,
});

const PullRequests = z.array(
  z.looseObject({
    v: z.literal(1),
    number: z.int().min(1),
    task: name,
    title: name,
    branch: name,
    base: name,
    head: z.string().regex(/^[0-9a-f]{40}$/),
    state: z.enum(["open", "merged", "closed"]),
    draft: z.boolean(),
    review: z.enum(["pending", "approved", "changes_requested"]),
    url: z.null(),
  }),
);

const BACKLOG = `
- [ ] One <!-- id: one files: src/one.txt est: 2m -->
- [ ] Also one <!-- id: also files: src/one.txt -->
- [ ] Behind <!-- id: behind after: one -->
- [ ] Fails <!-- id: fails -->
- [ ] Is refused <!-- id: refused -->
`;

const CODER = `
echo "$id begins"
mkdir -p src
[ "$id" != fails ] || exit 4
echo "$id $DISPATCH_ROUND" > "src/$id.txt"
echo '{"summary":"done","usage":{"inputTokens":10,"outputTokens":2},"costUsd":0.25}' > "$DISPATCH_RESULT"
`;

const home = useHeldHome();
let there: Site;
let planned: unknown;
let ran: Ran;

beforeAll(async () => {
  there = await site({
    home: home.path,
    backlog: BACKLOG,
    coder: CODER,
    reviewer: 'if [ "$id" = refused ]; then ask "not like this"; else approve; fi',
    config: { attempts: 1, checks: "test ! -e src/none.txt", jobs: 8 },
    tester: true,
  });
  planned = json(await there.dispatch("--json", "plan"));
  ran = await there.dispatch("--json", "run");
}, SLOW.timeout);
afterAll(() => there[Symbol.asyncDispose]());

it("plan", () => {
  const plan = Plan.parse(planned);
  expect(plan.tasks.map(({ id, lane }) => [id, lane === null])).toEqual(
    expect.arrayContaining([
      ["one", false],
      ["behind", true],
    ]),
  );
  expect(plan.conflicts).toEqual([{ a: "one", b: "also", files: ["src/one.txt"] }]);
  expect(plan.tasks.find(({ id }) => id === "one")?.estimateSeconds).toBe(120);
});

it("run: events, and as the last line the result", () => {
  const lines = ran.stdout.trimEnd().split("\n");
  const result = Result.parse(JSON.parse(lines.pop() ?? ""));
  const events = lines.map((line) => Event.parse(JSON.parse(line)));
  expect(ran.code).toBe(3);
  expect(ran.stderr).toBe("");
  expect(new Set(events.map((event) => event["run"]))).toEqual(new Set([result.run]));
  const short = result.tasks.map(({ id, state: at, rounds, attempts, costUsd: cost }) => [
    id,
    at,
    rounds,
    attempts,
    cost,
  ]);
  expect(short).toEqual([
    ["one", "ready-for-human", 1, 1, 0.25],
    ["also", "ready-for-human", 1, 1, 0.25],
    ["behind", "blocked", 0, 0, null],
    ["fails", "failed", 0, 1, null],
    ["refused", "needs-human", 2, 2, 0.5],
  ]);
  expect(result.costUsd).toBe(1);
});

it("status", SLOW, async () => {
  const status = Status.parse(json(await there.dispatch("--json", "status")));
  const short = status.tasks.map(({ id, waitingFor }) => [id, waitingFor?.split(":")[0]]);
  expect(short).toEqual([
    ["one", "your review"],
    ["also", "your review"],
    ["behind", "merge one, then dispatch run"],
    ["fails", "dispatch retry fails"],
    ["refused", expect.anything()],
  ]);
  expect(status.budget.spentTodayUsd).toBe(1);
  expect(status.fleet).toMatchObject({ online: 0, total: 3 });
});

it("cost: a row for each agent, model, team, task or role, turns of unknown price apart", SLOW, async () => {
  const row = z.strictObject({ name, turns: z.int(), unpriced: z.int(), usage: z.unknown(), costUsd: z.number() });
  const Cost = z.strictObject({
    ...{ v: z.literal(1), by: name, since: name.nullable(), rows: z.array(row) },
    ...{ costUsd: z.number(), unpriced: z.int() },
  });
  const read = async (...more: string[]) => Cost.parse(json(await there.dispatch("--json", "cost", ...more)));
  const byTask = await read("--by", "task", "--days", "2");
  expect(byTask.rows.map((one) => [one.name, one.costUsd])).toEqual([
    ["refused", 0.5],
    ["also", 0.25],
    ["one", 0.25],
    ["fails", 0],
  ]);
  const byAgent = await read();
  expect(byAgent).toMatchObject({ by: "agent", since: null, costUsd: 1, unpriced: byTask.unpriced });
  expect(byAgent.rows[0]).toMatchObject({ name: "coder", usage: { inputTokens: 40, outputTokens: 8 }, costUsd: 1 });
  const env = { DISPATCH_AGENTS__CODER__TEAM: "crew" };
  const byTeam = Cost.parse(json(await there.dispatchWith({ env }, "--json", "cost", "--by", "team")));
  expect(byTeam.rows.map((one) => [one.name, one.turns, one.costUsd])).toEqual([
    ["crew", 5, 1],
    ["none", expect.any(Number), 0],
  ]);
  const { stdout, code } = await there.dispatch("cost", "--by", "role");
  expect(code).toBe(0);
  expect(stdout).toMatch(
    /^ROLE +TURNS +INPUT +CACHED +OUTPUT +COST\ncoder +5 +40 +- +8 +\$1\.00 {2}and 1 turn of unknown/,
  );
});

it("plan, once agents were started: what each of them takes until its first word", SLOW, async () => {
  const { spawn } = Plan.pick({ spawn: true }).parse(json(await there.dispatch("--json", "plan")));
  const [coder, tester, reviewer] = spawn.agents;
  expect(coder).toMatchObject({ agent: "coder", prefixTokens: null, starts: 5, from: "measured" });
  expect([tester, reviewer]).toMatchObject([
    { agent: "tester", from: "default" },
    { agent: "reviewer", from: "default" },
  ]);
  const { stdout } = await there.dispatch("plan");
  expect(stdout).toMatch(/^spawn {4}a lane \S+\n {9}coder: first word after \S+.* \(learned from 5 starts\)$/m);
});

it("pr list, beyond what the forge knows", SLOW, async () => {
  const all = z
    .array(z.looseObject({ taskState: state, reason: reason.nullable(), conflictsWith: z.array(z.int()) }))
    .parse(json(await there.dispatch("--json", "pr", "list")));
  expect(all.map(({ taskState }) => taskState).toSorted()).toEqual([
    "needs-human",
    "ready-for-human",
    "ready-for-human",
  ]);
});

it("pr list, before and after a review and a merge", SLOW, async () => {
  const read = async () => PullRequests.parse(json(await there.dispatch("--json", "pr", "list")));
  const short = async () =>
    Object.fromEntries((await read()).map((one) => [one.task, [one.state, one.draft, one.review]]));
  expect(await short()).toEqual({
    one: ["open", false, "pending"],
    also: ["open", false, "pending"],
    refused: ["open", true, "pending"],
  });
  const approved = json(await there.dispatch("--json", "approve", "one"));
  expect(PullRequests.element.parse(approved)).toMatchObject({ task: "one", review: "approved" });
  const merged = json(await there.dispatch("--json", "merge", "one"));
  expect(PullRequests.element.parse(merged)).toMatchObject({ task: "one", state: "merged" });
  expect((await short())["one"]).toEqual(["merged", false, "approved"]);
  const status = Status.parse(json(await there.dispatch("--json", "status")));
  expect(status.tasks.at(-1)).toMatchObject({ id: "one", state: "merged", waitingFor: null });
});
