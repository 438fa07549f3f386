import { afterAll, beforeAll, expect, it } from "vitest";
import type { FactBody } from "../../src/domain/fact.ts";
import type { PullRequest } from "../../src/ports/forge.ts";
import { type Finished, freshHome, json, processesLeft, SLOW } from "../support/e2e.ts";
import { forEachCli, GREET, HANGS, PROBES, type Live, type LiveSite, liveSite } from "../support/live-clis.ts";

/** What a model asked for last, as a process: one that could not be seen could not be missed either. */
const TOOL: unknown = expect.stringContaining("tail -f /dev/null");

/** Of everything that a run said as JSON, the facts of one name. */
function facts<Name extends FactBody["name"]>({ stdout }: Finished, name: Name) {
  type Fact = Extract<FactBody, { readonly name: Name }>;
  const lines = stdout
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as Fact);
  return lines.filter((one) => one.name === name).map(({ data }) => data as Fact["data"]);
}

const used = (requests: number): object => ({
  ...{ inputTokens: 1000 * requests, outputTokens: 100 * requests },
  ...{ cacheReadTokens: 400 * requests, cacheWriteTokens: 0 },
});

forEachCli((cli) => {
  story(cli);
  for (const sandbox of ["auto", "off"] as const) endings(cli, sandbox);
  for (const sandbox of ["auto", "off"] as const) probes(cli, sandbox);
});

function story(cli: Live): void {
  const { requests, usdPerRequest } = cli;
  const home = freshHome();
  let live: LiveSite;
  let ran: Finished;
  beforeAll(async () => {
    live = await liveSite(cli, { home, rules: GREET, sandbox: "auto" });
    ran = await live.there.run();
  }, SLOW.timeout);
  afterAll(() => live[Symbol.asyncDispose]());

  it("codes, is sent back once, mends it, and its work becomes a pull request", SLOW, async () => {
    expect(ran.tasks["greet"]).toMatchObject({ state: "ready-for-human", rounds: 2, reason: null, pr: 1 });
    expect(facts(ran, "verdict.given").map((one) => [one.role, one.round, one.decision, one.summary])).toEqual([
      ["tester", 1, "approve", expect.any(String)],
      ["reviewer", 1, "request_changes", "Whom does it greet?"],
      ["tester", 2, "approve", expect.any(String)],
      ["reviewer", 2, "approve", "It greets the reader."],
    ]);
    const [pr] = json(await live.there.dispatch("--json", "pr", "list")) as readonly PullRequest[];
    expect(pr).toMatchObject({ number: 1, task: "greet", state: "open", draft: false });
    const { repo } = live.there;
    const published = (...words: string[]) => repo.gitIn(repo.origin ?? "", ...words);
    expect(await published("diff", "--name-only", "main", pr?.branch ?? "")).toBe("greeting.txt");
    expect(await published("show", `${pr?.branch}:greeting.txt`)).toBe("hello, reader");
  });

  it("is metered to the token, and so is what it costs", () => {
    const cost = (count: number): unknown =>
      usdPerRequest === null ? null : (expect.closeTo(count * usdPerRequest, 8) as unknown);
    const turn = (role: string, round: number, count: number) => [role, round, used(count), cost(count)];
    const turns = facts(ran, "assignment.ended").filter(({ role }) => role !== "tester");
    // Nobody who speaks OpenAI's protocols tells of what was written to a cache.
    const told = turns.map(({ usage, ...rest }) => ({ ...rest, usage: { cacheWriteTokens: 0, ...usage } }));
    expect(told.map(({ role, round, usage, costUsd }) => [role, round, usage, costUsd])).toEqual([
      turn("coder", 1, requests.coder),
      turn("reviewer", 1, requests.reviewer),
      turn("coder", 2, requests.mender),
      turn("reviewer", 2, requests.reviewer),
    ]);
    const all = requests.coder + requests.mender + 2 * requests.reviewer;
    expect(ran.tasks["greet"]).toMatchObject({
      usage: { inputTokens: 1000 * all, outputTokens: 100 * all },
      costUsd: cost(all),
    });
    expect(live.model.log.map((one) => one.did)).toHaveLength(all);
  });

  it("goes on with the coder's session, and judges with fresh eyes", () => {
    const briefs = (...of: readonly unknown[]) =>
      live.model.log.filter(({ role }) => of.includes(role)).map((one) => one.briefs);
    const times = (count: number, one: number): readonly number[] => Array.from({ length: count }, () => one);
    expect(briefs("coder", "mender")).toEqual([...times(requests.coder, 1), ...times(requests.mender, 2)]);
    expect(briefs("reviewer")).toEqual(times(2 * requests.reviewer, 1));
  });

  it("leaves no process", async () => {
    expect(await processesLeft([home, live.there.repo.temp])).toEqual([]);
  });
}

function probes(cli: Live, sandbox: "auto" | "off"): void {
  const home = freshHome();
  const where = sandbox === "off" ? ", without a fence" : "";

  it(`adds a test as a tester, and only that, which becomes part of the change${where}`, SLOW, async () => {
    await using live = await liveSite(cli, { home, rules: PROBES, sandbox, thinks: true });
    const { there } = live;
    const ran = await there.run();
    expect(ran.tasks["greet"]).toMatchObject({ state: "ready-for-human", rounds: 1, reason: null });
    expect(facts(ran, "tests.judged")).toMatchObject([{ files: ["test/greets.txt"], adopted: true }]);
    const branch = ran.tasks["greet"]?.branch ?? "";
    const published = (...words: string[]) => there.repo.gitIn(there.repo.origin ?? "", ...words);
    expect(await published("diff", "--name-only", "main", branch)).toBe("greeting.txt\ntest/greets.txt");
    expect(await published("show", `${branch}:greeting.txt`)).toBe("hello");
    expect(await published("log", "--format=%an", `main..${branch}`)).toBe("tester\ncoder");
  });
}

function endings(cli: Live, sandbox: "auto" | "off"): void {
  const home = freshHome();
  const where = sandbox === "off" ? ", without a fence" : "";

  it(`is gone with its tools when its task is cancelled in the midst of a turn${where}`, SLOW, async () => {
    await using live = await liveSite(cli, { home, rules: HANGS, sandbox });
    const { there } = live;
    const run = there.start("--json", "run");
    await live.hangs();
    expect(await processesLeft([there.repo.temp])).toContainEqual(TOOL);
    expect((await there.dispatch("cancel", "greet")).code).toBe(0);
    const { code, stdout } = await run.ended;
    expect([code, stdout]).toEqual([0, expect.stringMatching(/"state":"cancelled"/)]);
    expect(await processesLeft([home, there.repo.temp])).toEqual([]);
    expect(await there.repo.git("show", "refs/dispatch/salvage/greet/1:greeting.txt")).toBe("hel");
  });

  it(
    `is gone with its tools after kill -9 of the dispatcher, and the next run finishes its work${where}`,
    SLOW,
    async () => {
      await using live = await liveSite(cli, { home, rules: HANGS, sandbox });
      const { there } = live;
      const run = there.start("run");
      await live.hangs();
      expect(await processesLeft([there.repo.temp])).toContainEqual(TOOL);
      run.signal("SIGKILL");
      await run.ended;
      live.model.play(GREET);
      const again = await there.run();
      expect(again.tasks["greet"]).toMatchObject({ state: "ready-for-human", rounds: 2, reason: null });
      const branch = again.tasks["greet"]?.branch ?? "";
      const { repo } = there;
      expect(await repo.gitIn(repo.origin ?? "", "show", `${branch}:greeting.txt`)).toBe("hello, reader");
      expect(await processesLeft([home, repo.temp])).toEqual([]);
    },
  );
}
