import { existsSync } from "node:fs";
import { chmod, mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeEach, describe, expect, test } from "vitest";
import { limitsAfter } from "../../../../src/adapters/agents/native/native-agent.ts";
import type { AgentOutcome } from "../../../../src/ports/agent.ts";
import { agentContract } from "../../../contract/agent.contract.ts";
import { type AgentSite, agentSite, fixture } from "../../../support/agent-site.ts";
import { caught } from "../../../support/caught.ts";
import { processesIn } from "../../../support/process-probes.ts";
import { setVariable } from "../../../support/set-variable.ts";

const LIKE_CLAUDE = fixture("like-claude.mjs");
const KEY = "ANTHROPIC_API_KEY";

const opened = (site: AgentSite, mode: string, more: Parameters<AgentSite["open"]>[0] = {}) =>
  site.open({ engine: "claude", command: [LIKE_CLAUDE, mode], apiKeyEnv: KEY, network: "open", ...more });

let site: AgentSite;

beforeEach(async () => {
  setVariable(KEY, "a-key-of-the-test");
  await chmod(LIKE_CLAUDE, 0o755);
  site = agentSite();
});

agentContract("claude", {
  finishes: (place) => opened(place, "works"),
  hangs: (place) => opened(place, "hangs"),
});

interface Turned {
  readonly args: readonly string[];
  readonly brief: string;
  readonly key: string;
}

async function turns(home = join(site.request().keep, "home")): Promise<readonly Turned[]> {
  const text = await readFile(join(home, "turns.jsonl"), "utf8");
  return text
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as Turned);
}

const LIMITS = { wallSeconds: 1, idleSeconds: 1, outputMb: 1 };
const turnOf = (costUsd: number | null): AgentOutcome => ({
  ...{ end: { kind: "ok" }, result: { kind: "none" }, seconds: 1, tail: "" },
  spent: { usage: null, costUsd },
});

const after = ({ args }: Turned, name: string): string | undefined => args[args.indexOf(name) + 1];

describe("an agent CLI that is known by name", () => {
  test("tells in words what it does, what it used and what that cost", async () => {
    const { result, spent } = await site.run(opened(site, "works"));
    expect(result).toEqual({ kind: "valid", summary: "done", verdict: null, usage: null, costUsd: null });
    const usage = { inputTokens: 100, outputTokens: 10, cacheReadTokens: 40, cacheWriteTokens: 0 };
    expect(spent).toEqual({ usage, costUsd: 0.5, model: "claude-sonnet-4-5" });
    expect(site.events.filter(({ kind }) => kind === "output")).toEqual([{ kind: "output", line: "working" }]);
    expect((await turns())[0]?.key).toBe("a-key-of-the-test");
  });

  test("goes on with its own session in the next round, in the same worktree only", async () => {
    const agent = opened(site, "works");
    await site.run(agent);
    const mended = await site.run(agent, site.request({ input: { round: 2 }, brief: "mend it" }));
    expect(mended.spent).toMatchObject({ costUsd: 0.5, usage: { inputTokens: 100 } });
    const [first, second] = await turns();
    expect(after(second as Turned, "--resume")).toBe(after(first as Turned, "--session-id"));
    const elsewhere = join(site.folder, "another-tree");
    await mkdir(elsewhere);
    await site.run(agent, site.request({ cwd: elsewhere }));
    expect((await turns())[2]?.args).not.toContain("--resume");
  });

  test("begins anew when its session is lost", async () => {
    const agent = opened(site, "forgets");
    const ends = [await site.run(agent), await site.run(agent), await site.run(agent)].map(({ end }) => end.kind);
    expect(ends).toEqual(["ok", "gave_up", "ok"]);
    expect((await turns()).map(({ args }) => args.includes("--resume"))).toEqual([false, true, false]);
  });

  test("judges with fresh eyes in each round", async () => {
    const agent = opened(site, "works", { role: "reviewer" });
    for (const round of [1, 2]) await site.run(agent, site.request({ input: { role: "reviewer", round } }));
    expect((await turns()).filter(({ brief }) => brief === "# Do it\n")).toHaveLength(2);
    expect((await turns())[0]?.args).not.toContain("--resume");
    expect((await turns()).find(({ brief, args }) => brief === "# Do it\n" && args.includes("--resume"))).toBe(
      undefined,
    );
  });

  test("is told what the base says to agents, where it does not read that itself", async () => {
    await site.run(opened(site, "works"), site.request({ input: { guidance: "Use tabs." } }));
    const [turn] = await turns();
    const guide = await readFile(after(turn as Turned, "--append-system-prompt-file") ?? "", "utf8");
    expect(guide).toBe("Use tabs.");
  });

  test("has the tools that its assignment wants: a tester that may add tests can write, other judges cannot", async () => {
    const tester = opened(site, "works", { role: "tester" });
    await site.run(tester, site.request({ input: { role: "tester", testPaths: ["test/**"] } }));
    expect((await turns()).every(({ args }) => !args.includes("--tools"))).toBe(true);
    await site.run(tester, site.request({ input: { role: "tester" } }));
    expect(after((await turns()).at(-1) as Turned, "--tools")).toBe("Read,Grep,Glob");
  });

  test("takes the model that its own file names, where its configuration names none; the file is in its version", async () => {
    await writeFile(join(site.folder, "critic.md"), "---\nmodel: opus\n---\nBe kind.\n");
    const agent = opened(site, "works", { file: "critic.md" });
    expect(agent.version).toMatch(/^1\.0\.0\+prompt\.[0-9a-f]{8}$/);
    await site.run(agent);
    expect(after((await turns())[0] as Turned, "--model")).toBe("opus");
    await site.run(opened(site, "works", { file: "critic.md", model: "haiku" }));
    expect(after((await turns()).at(-1) as Turned, "--model")).toBe("haiku");
  });

  test("is asked once more, in its session, when nobody can read its verdict; both turns are paid for", async () => {
    const request = site.request({ input: { role: "reviewer" } });
    const { result, spent } = await site.run(opened(site, "mumbles", { role: "reviewer" }), request);
    expect(result).toMatchObject({ kind: "valid", verdict: { decision: "approve", summary: "fine" } });
    expect(spent).toMatchObject({ costUsd: 1, usage: { inputTokens: 200 } });
    expect((await turns())[1]?.brief).toContain("Your answer could not be read");
  });

  test("plans without touching anything, to a schema, and is asked once more for tasks that can be read", async () => {
    const agent = opened(site, "plans", { role: "planner" });
    expect(agent.readsOnly).toBe(true);
    const { result, spent, first } = await site.run(agent, site.request({ input: { role: "planner" } }));
    expect(result).toMatchObject({
      kind: "valid",
      verdict: null,
      tasks: [{ id: "T-1", title: "One", body: "", files: ["a.ts"], after: [], estimate: 60 }],
    });
    expect(spent).toMatchObject({ costUsd: 1 });
    // Of its start alone: the second turn went on with what it had in mind.
    expect(first).toEqual({ seconds: expect.any(Number) as number, prefixTokens: 12 });
    const [one, two] = await turns();
    const schema = JSON.parse(after(one as Turned, "--json-schema") ?? "") as { required: readonly string[] };
    expect(schema.required).toEqual(["tasks"]);
    expect(two?.brief).toContain('"tasks": [{');
  });

  test("tells when its model's first word came only of a turn that begins anew", async () => {
    const agent = opened(site, "plans");
    expect((await site.run(agent)).first).toMatchObject({ prefixTokens: 12 });
    expect((await site.run(agent, site.request({ input: { round: 2 } }))).first).toBeUndefined();
  });

  test("has for both turns together what it may cost", async () => {
    expect(limitsAfter({ ...LIMITS, usd: 0.75 }, turnOf(0.5)).usd).toBe(0.25);
    expect(limitsAfter({ ...LIMITS, usd: 0.75 }, turnOf(1)).usd).toBe(0);
    expect(limitsAfter({ ...LIMITS, usd: 0.75 }, turnOf(null)).usd).toBe(0.75);
    expect(limitsAfter(LIMITS, turnOf(1)).usd).toBeNull();
  });

  test("that never says a verdict never approves", async () => {
    const request = site.request({ input: { role: "reviewer" } });
    const { end, result } = await site.run(opened(site, "mumbles-always", { role: "reviewer" }), request);
    expect(end.kind).toBe("ok");
    expect(result).toEqual({ kind: "invalid", why: "there was no verdict in its last words" });
    expect(await turns()).toHaveLength(2);
  });

  test("is stopped when its key is refused, and nothing of it is left", async () => {
    const { end } = await site.run(opened(site, "refused"));
    expect(end).toEqual({ kind: "gave_up", why: "auth", message: "its server answered 401" });
    expect(processesIn(site.cwd)).toEqual([]);
  });

  test("that reached a limit says until when it rests, whatever its exit code", async () => {
    const { end } = await site.run(opened(site, "limited"));
    expect(end.kind).toBe("rate_limited");
    expect(Date.parse(end.kind === "rate_limited" ? end.until : "")).toBeGreaterThan(Date.now());
  });

  test("uses the user's own login where it is told to", async () => {
    const home = join(site.folder, "user");
    setVariable("HOME", home);
    setVariable(KEY, null);
    await site.run(opened(site, "works", { login: "inherit", apiKeyEnv: undefined }));
    expect(await turns(join(home, ".claude"))).toHaveLength(1);
    expect(existsSync(join(site.request().keep, "home"))).toBe(false);
  });

  test("needs its program, and the key that its configuration names", async () => {
    expect(await caught(() => site.open({ engine: "claude", command: ["no-such-claude"] }))).toMatchObject({
      code: "program_missing",
    });
    setVariable(KEY, null);
    const network = undefined;
    expect(await caught(site.run(opened(site, "works", { network })))).toMatchObject({ code: "api_key_missing" });
  });
});
