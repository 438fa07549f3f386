import { existsSync, writeFileSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeEach, describe, expect, test } from "vitest";
import type { Role } from "../../../src/domain/assignment.ts";
import type { Agent } from "../../../src/ports/agent.ts";
import { agentContract } from "../../contract/agent.contract.ts";
import { type AgentSite, agentSite } from "../../support/agent-site.ts";
import { caught } from "../../support/caught.ts";
import { processesIn } from "../../support/process-probes.ts";

type Entry = Record<string, unknown>;

function play(site: AgentSite, entries: Entry[], role: Role = "coder"): Agent {
  const recording = { v: 1, tasks: { A: { [role]: entries } } };
  writeFileSync(join(site.folder, "recording.json"), JSON.stringify(recording));
  return site.open({ engine: "replay", role, script: "recording.json" });
}

const WORK = [{ path: "work.txt", content: "x" }];

agentContract("replay", {
  finishes: (site) => play(site, [{ say: ["working"], edits: WORK }]),
  hangs: (site) => play(site, [{ edits: WORK, end: "hang" }]),
});

let site: AgentSite;

beforeEach(() => {
  site = agentSite();
});

describe("a replay agent", () => {
  test("writes, replaces and deletes as it was recorded, and tells what it cost", async () => {
    await writeFile(join(site.cwd, "old.ts"), "gone");
    await writeFile(join(site.cwd, "kept.ts"), "const a = 1;\nconst b = 1;\n");
    const agent = play(site, [
      {
        say: ["one", "two"],
        edits: [
          { path: "src/deep/new.ts", content: "new\n" },
          { path: "kept.ts", replace: ["= 1", "= $&2"] },
          { path: "old.ts", delete: true },
        ],
        summary: "done",
        costUsd: 0.5,
        usage: { inputTokens: 7, outputTokens: 3 },
      },
    ]);
    const { end, result } = await site.run(agent);
    expect(end).toEqual({ kind: "ok" });
    expect(result).toEqual({
      kind: "valid",
      summary: "done",
      verdict: null,
      costUsd: 0.5,
      usage: { inputTokens: 7, outputTokens: 3 },
    });
    expect(await readFile(join(site.cwd, "src/deep/new.ts"), "utf8")).toBe("new\n");
    expect(await readFile(join(site.cwd, "kept.ts"), "utf8")).toBe("const a = $&2;\nconst b = 1;\n");
    expect(existsSync(join(site.cwd, "old.ts"))).toBe(false);
    expect(site.events.map((event) => (event.kind === "output" ? event.line : event.kind))).toEqual([
      "started",
      "one",
      "two",
    ]);
  });

  test("crashes after its edits, as if it were killed, and goes on in the next attempt", async () => {
    const agent = play(site, [{ edits: WORK, end: "crash", summary: "never told" }, { summary: "second" }]);
    const first = await site.run(agent);
    expect(first.end).toEqual({ kind: "crashed", signal: "SIGKILL" });
    expect(first.result).toEqual({ kind: "none" });
    expect(existsSync(join(site.cwd, "work.txt"))).toBe(true);
    const second = await site.run(agent, site.request({ input: { attempt: 2 } }));
    expect(second).toMatchObject({ end: { kind: "ok" }, result: { summary: "second" } });
  });

  test("ends with the exit code that was recorded", async () => {
    const { end } = await site.run(play(site, [{ end: "exit:3" }]));
    expect(end).toEqual({ kind: "exit_code", exitCode: 3 });
  });

  test("that hangs is stopped by the idle bound", async () => {
    const limits = { wallSeconds: 50, idleSeconds: 1.5, outputMb: 1 };
    const { end } = await site.run(play(site, [{ say: ["thinking"], end: "hang" }]), site.request({ limits }));
    expect(end).toEqual({ kind: "idle", limitSeconds: 1.5 });
    expect(processesIn(site.cwd)).toEqual([]);
  });

  test("sends back in the first round and approves in the second", async () => {
    const finding = { path: "a.ts", line: 1, severity: "major", rule: null, message: "why?", skills: [] };
    const agent = play(site, [{ verdict: "request_changes", findings: [finding] }, { verdict: "approve" }], "reviewer");
    const decide = async (round: number) =>
      (await site.run(agent, site.request({ input: { role: "reviewer", round } }))).result;
    expect(await decide(1)).toMatchObject({ verdict: { decision: "request_changes", findings: [finding] } });
    expect(await decide(2)).toMatchObject({ verdict: { decision: "approve", findings: [] } });
  });

  test("fails with a clear line when the tree is not what was recorded", async () => {
    await writeFile(join(site.cwd, "a.ts"), "other");
    const { end, tail } = await site.run(play(site, [{ edits: [{ path: "a.ts", replace: ["old", "new"] }] }]));
    expect(end).toEqual({ kind: "exit_code", exitCode: 1 });
    expect(tail).toContain('a.ts has no "old" to be replaced');
  });

  test("does not start when nothing was recorded for it", async () => {
    const error = await caught(site.run(play(site, [{ round: 1 }]), site.request({ input: { round: 2 } })));
    expect(error.code).toBe("not_recorded");
    expect(error.message).toContain("coder of task A in round 2, attempt 1");
  });
});
