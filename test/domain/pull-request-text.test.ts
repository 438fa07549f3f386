import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { formatMarker } from "../../src/domain/marker.ts";
import {
  factsOf,
  formatPullRequest,
  parsePullRequest,
  pullRequestTitle,
  withCap,
  type Evidence,
} from "../../src/domain/pull-request-text.ts";
import { aFinding, approves, aTask, refuses } from "../support/domain-data.ts";

const BASE = "b".repeat(40);
const HEAD = "c".repeat(40);

const evidence: Evidence = {
  task: aTask("A1", { title: "Add login", body: "With a form.", context: ["Accounts\n\nEverything about them"] }),
  summary: "Added it.",
  base: { branch: "main", commit: BASE },
  head: HEAD,
  branch: "dispatch/a1--add-login",
  checks: {
    base: { command: "npm test", exitCode: 0, seconds: 3 },
    head: { command: "npm test", exitCode: 0, seconds: 4 },
    withoutChange: { command: "npm test", exitCode: 1, seconds: 2 },
  },
  newTestsFail: "yes",
  changes: [
    { path: "src/login.ts", added: 10, removed: 2 },
    { path: "logo.png", added: null, removed: null },
  ],
  rounds: [
    { verdicts: [{ role: "reviewer", agent: "critic", verdict: refuses([aFinding("no test")]) }] },
    {
      verdicts: [
        { role: "reviewer", agent: "critic", verdict: approves([aFinding("nit", { severity: "minor", line: null })]) },
      ],
    },
  ],
  agents: [
    { name: "coder", role: "coder", version: "1.0.0" },
    { name: "critic", role: "reviewer", version: "2.1.0" },
  ],
  attempts: 2,
  costUsd: 0.12,
  seconds: 95,
  fence: "agents ran in a sandbox without network",
  policy: "e".repeat(64),
  journal: { facts: 12, hash: "c".repeat(64) },
  open: null,
};

describe("a pull request's body", () => {
  it("says what became of the tests of a tester, the last ten", () => {
    const judged = { round: 2, agent: "quill", files: ["a"], adopted: true, why: "", ref: null };
    const tests = Array.from({ length: 12 }, (_, index) => ({ ...judged, round: index + 1 }));
    const body = formatPullRequest({ ...evidence, tests });
    expect(body).toContain("- round 3: quill: 1 file of tests adopted\n- round 4");
    expect(body).not.toContain("round 2: quill");
  });

  it("carries what a human needs in order to judge", () => {
    expect(formatPullRequest(evidence)).toMatchInlineSnapshot(`
      "<!-- dispatch:v1 {"kind":"pr","task":"A1","branch":"dispatch/a1-\\u002dadd-login","base":"bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb","head":"cccccccccccccccccccccccccccccccccccccccc","newTestsFail":"yes","rounds":2,"attempts":2,"costUsd":0.12,"seconds":95,"open":null} -->
      **A1: Add login**

      Part of: Accounts

      > With a form.

      ## In the coder's words

      > Added it.

      ## Evidence

      Checks: \`npm test\`

      | checks on | commit | result | time |
      | --- | --- | --- | --- |
      | base, main | \`bbbbbbbbbbbb\` | passed | 3.0s |
      | base with only the new tests | \`bbbbbbbbbbbb\` | failed (exit 1) | 2.0s |
      | this change | \`cccccccccccc\` | passed | 4.0s |

      **new tests fail without the change: yes**

      ## Review

      - round 1: reviewer critic asks for changes (findings: 1): not yet
        - major \`a.ts:1\`: no test
      - round 2: reviewer critic approves (findings: 1): good

      Findings left open:

      - minor \`a.ts\`: nit

      ## Size: 2 files, +10 -2

      - \`src/login.ts\` +10 -2
      - \`logo.png\` binary

      ## Who, and what it took

      - agents: coder coder/1.0.0, reviewer critic/2.1.0
      - rounds: 2, starts of the coder: 2
      - cost: $0.12, agents' time: 1m35s
      - fence: agents ran in a sandbox without network
      - policy: \`eeeeeeeeeeee\`, and secrets: looked through before it was pushed
      - journal: 12 facts, head \`cccccccccccc\`

      ## See for yourself
      \`\`\`sh
      git fetch origin dispatch/a1--add-login   # where there is an origin
      git diff bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb...cccccccccccccccccccccccccccccccccccccccc
      git worktree add --detach ../look cccccccccccccccccccccccccccccccccccccccc && cd ../look
      npm test
      \`\`\`
      "
    `);
  });

  it("says what was not run, not asked and not agreed", () => {
    const body = formatPullRequest({
      ...evidence,
      task: aTask("A1", { title: "", body: "" }),
      summary: " ",
      checks: { base: null, head: null, withoutChange: null },
      newTestsFail: "not run",
      changes: [{ path: "a", added: 1, removed: 0 }],
      rounds: [],
      agents: [],
      costUsd: null,
      journal: null,
      open: "rounds: three rounds, fixes #1",
    });
    expect(body).toContain("**Not agreed:** rounds: three rounds, fixes number 1");
    expect(body).toContain("| this change | `cccccccccccc` | not run |  |");
    expect(body).toContain("Nobody was asked.");
    expect(body).toContain("- agents: none");
    expect(body).toContain("cost: unpriced");
    expect(body).toContain("## Size: 1 file, +1 -0");
    expect(body).not.toContain("In the coder's words");
    expect(body).not.toContain("- journal:");
    expect(body).not.toMatch(/#1\b|Checks:/);
  });

  it("says who had their say in a round that was cut short, and why nobody else had", () => {
    const verdicts = [{ role: "tester", agent: "tester", verdict: approves() } as const];
    const body = formatPullRequest({ ...evidence, rounds: [{ verdicts, cutShort: "invalid_verdict: not JSON" }] });
    expect(body).toContain(
      "## Review\n\n- round 1: tester approves: good\n- round 1 was cut short: invalid_verdict: not JSON\n",
    );
  });

  it("names the checks of the base where the head has none, findings without a place, and verdicts without findings", () => {
    const vague = { ...refuses([aFinding("m", { path: null })]), summary: "" };
    const body = formatPullRequest({
      ...evidence,
      checks: { ...evidence.checks, head: null },
      rounds: [
        {
          verdicts: [
            { role: "tester", agent: "t", verdict: vague },
            { role: "reviewer", agent: "reviewer", verdict: approves() },
          ],
        },
      ],
    });
    expect(body).toContain("Checks: `npm test`");
    expect(body).toContain("- round 1: tester t asks for changes (findings: 1)\n");
    expect(body).toContain("- round 1: reviewer approves: good\n");
    expect(body).toContain("- major: m");
  });

  it("lists no more than 50 files", () => {
    const changes = Array.from({ length: 60 }, (_, nth) => ({ path: `f${nth}`, added: 1, removed: 0 }));
    const body = formatPullRequest({ ...evidence, changes });
    expect(body).toContain("`f49`");
    expect(body).not.toContain("`f50`");
    expect(body).toContain("- and 10 more");
    expect(formatPullRequest({ ...evidence, changes: changes.slice(0, 50) })).not.toContain("more\n");
  });

  const words = fc.oneof(
    fc.string({ unit: "binary" }),
    fc.constantFrom("@all", "fixes #1", "<!-- x -->", "-->", "```", "\n# h", "|", "`", "x".repeat(70_000)),
  );
  const any: fc.Arbitrary<Evidence> = fc
    .record({
      words: fc.array(words, { minLength: 8, maxLength: 8 }),
      newTestsFail: fc.constantFrom("yes", "no", "no tests changed", "not run"),
      costUsd: fc.option(fc.double({ min: 0, max: 100, noNaN: true })),
      seconds: fc.nat(),
      attempts: fc.nat(9),
      rounds: fc.nat(3),
      isOpen: fc.boolean(),
    })
    .map(({ words: [a = "", b = "", c = "", d = "", e = "", f = "", g = "", h = ""], isOpen, rounds, ...rest }) => ({
      ...evidence,
      ...rest,
      task: aTask("A1", { title: a, body: b, context: [c] }),
      summary: d,
      changes: [{ path: e, added: 1, removed: 1 }],
      rounds: Array.from({ length: rounds }, () => ({
        verdicts: [{ role: "reviewer" as const, agent: "critic", verdict: refuses([aFinding(f, { path: g })], h) }],
      })),
      open: isOpen ? `rounds: ${h}` : null,
    }));

  it("gives its facts back, whatever agents and users wrote", () => {
    fc.assert(
      fc.property(any, (one) => {
        expect(parsePullRequest(formatPullRequest(one))).toEqual(factsOf(one));
      }),
    );
  });

  it("stays within what GitHub takes, calls nobody, closes nothing and hides nothing but its marker", () => {
    fc.assert(
      fc.property(any, (one) => {
        const body = formatPullRequest(one);
        expect(body.length).toBeLessThanOrEqual(60_100);
        const seen = body.slice(body.indexOf("\n")).replace(/`[^`\n]*`/g, "");
        expect(seen).not.toMatch(/@\w|#\d|<!--/);
      }),
    );
  });

  it.each([
    "text",
    formatMarker({ kind: "status", task: "A" }),
    formatMarker({ kind: "pr", task: "A" }),
    ...(["branch", "base", "head", "newTestsFail", "rounds", "attempts", "costUsd", "seconds", "open"] as const).map(
      (field) => formatMarker({ kind: "pr", ...factsOf(evidence), [field]: true }),
    ),
  ])("is not read from %s", (body) => {
    expect(parsePullRequest(body)).toBeNull();
  });
});

it("counts rounds of which only the number is known", () => {
  expect(parsePullRequest(formatPullRequest({ ...evidence, roundsBefore: 3 }))?.rounds).toBe(5);
});

it("tells when its money was spent, where that was noted", () => {
  const at = "2026-03-04T12:00:00.000Z";
  expect(parsePullRequest(formatPullRequest({ ...evidence, at }))?.at).toBe(at);
  expect(parsePullRequest(formatPullRequest(evidence))?.at).toBeUndefined();
});

it("tells what a human lets it cost, also when they say so later", () => {
  const body = formatPullRequest({ ...evidence, capUsd: 5 });
  expect(parsePullRequest(body)?.capUsd).toBe(5);
  expect(withCap(formatPullRequest(evidence), 5)).toBe(body);
  expect(withCap(body, 7)).toBe(formatPullRequest({ ...evidence, capUsd: 7 }));
  expect(parsePullRequest(formatPullRequest({ ...evidence, capUsd: null }))).toEqual(factsOf(evidence));
  expect(parsePullRequest(withCap(body, -1))?.capUsd).toBeUndefined();
  expect(parsePullRequest(body.replace('"capUsd":5', '"capUsd":"5"'))?.capUsd).toBeUndefined();
  expect(withCap("somebody's $& own", 5)).toBe("somebody's $& own");
});

it("tells how often people sent it back", () => {
  expect(parsePullRequest(formatPullRequest({ ...evidence, humanRounds: 3 }))?.humanRounds).toBe(3);
  expect(parsePullRequest(formatPullRequest(evidence))?.humanRounds).toBeUndefined();
});

describe("a pull request's title", () => {
  it("is the task's, on one line and neutral", () => {
    expect(pullRequestTitle({ id: "A", title: "Fix\n@x #1" })).toBe("Fix @ x number 1");
    expect(pullRequestTitle({ id: "A", title: "\u200b " })).toBe("A");
  });
});
