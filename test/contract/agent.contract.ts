import { existsSync } from "node:fs";
import { readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { Agent } from "../../src/ports/agent.ts";
import type { Sandbox } from "../../src/ports/sandbox.ts";
import { type AgentSite, agentSite } from "../support/agent-site.ts";
import { fileAt, processesIn } from "../support/process-probes.ts";

/** What an engine must be able to play, each in a site of its own. */
export interface AgentPlays {
  /** Prints `working`, makes `work.txt` in the worktree and ends well. */
  finishes(site: AgentSite): Agent;
  /** Makes `work.txt`, then goes on for ever and ignores TERM. */
  hangs(site: AgentSite): Agent;
}

/** The promises of `ports/agent.ts`, for every engine. */
export function agentContract(engine: string, plays: AgentPlays, sandbox?: Sandbox): void {
  describe(`an agent of the engine ${engine}`, () => {
    test("works in the worktree, ends well, and what it printed is in the log", async () => {
      const site = agentSite(sandbox);
      const outcome = await site.run(plays.finishes(site));
      expect(outcome.end).toEqual({ kind: "ok" });
      expect(outcome.tail).toContain("working\n");
      expect(await readFile(site.logFile, "utf8")).toBe(outcome.tail);
      expect(outcome.seconds).toBeGreaterThan(0);
      expect(existsSync(join(site.cwd, "work.txt"))).toBe(true);
      expect(processesIn(site.cwd)).toEqual([]);
    });

    test("may run again in the same place", async () => {
      const site = agentSite(sandbox);
      const agent = plays.finishes(site);
      const first = await site.run(agent);
      const second = await site.run(agent, site.request({ input: { attempt: 2 } }));
      expect(second.end).toEqual(first.end);
      expect(second.result).toEqual(first.result);
    });

    test("is cancelled on request, and nothing of it is left", async () => {
      const site = agentSite(sandbox);
      const abort = new AbortController();
      const running = site.run(plays.hangs(site), site.request(), abort.signal);
      await fileAt(join(site.cwd, "work.txt"));
      expect(processesIn(site.cwd)).not.toEqual([]);
      abort.abort();
      const { end, result } = await running;
      expect(end).toEqual({ kind: "cancelled" });
      expect(result).toEqual({ kind: "none" });
      expect(processesIn(site.cwd)).toEqual([]);
    });

    test("does not start when it was cancelled before", async () => {
      const site = agentSite(sandbox);
      const { end } = await site.run(plays.finishes(site), site.request(), AbortSignal.abort());
      expect(end).toEqual({ kind: "cancelled" });
      expect(existsSync(join(site.cwd, "work.txt"))).toBe(false);
    });

    test("is stopped when its time is up, never approves then, and nothing of it is left", async () => {
      const site = agentSite(sandbox);
      const limits = { wallSeconds: 2, idleSeconds: 50, outputMb: 8 };
      const { end, result } = await site.run(plays.hangs(site), site.request({ limits }));
      expect(["timed_out", "ok"]).toContain(end.kind);
      expect(result.kind === "valid" ? result.verdict?.decision : null).not.toBe("approve");
      expect(end.kind === "ok" && result.kind === "none").toBe(false);
      expect(processesIn(site.cwd)).toEqual([]);
    });

    test("says so when its worktree is not there", async () => {
      const site = agentSite(sandbox);
      const agent = plays.finishes(site);
      await rm(site.cwd, { recursive: true });
      expect((await site.run(agent)).end).toEqual({ kind: "worktree_gone" });
    });

    test("repeats its configuration", () => {
      const site = agentSite(sandbox);
      const { name, engine: itsEngine, version, skills } = plays.finishes(site);
      expect({ name, engine: itsEngine, version, skills }).toEqual({
        name: "one",
        engine,
        version: "1.0.0",
        skills: [],
      });
    });
  });
}
