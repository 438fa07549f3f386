import { describe, expect, test } from "vitest";
import type { Agent } from "../../../src/ports/agent.ts";
import type { CheckRun, Checks } from "../../../src/ports/checks.ts";
import { agentContract } from "../../contract/agent.contract.ts";
import { type AgentSite, agentSite, fixture } from "../../support/agent-site.ts";

function tester(site: AgentSite, checks: string | string[]): Agent {
  return site.open({ role: "tester", engine: "checks" }, site.checks({ checks }));
}

agentContract("checks", {
  finishes: (site) => tester(site, ["echo working", "echo x > work.txt"]),
  hangs: (site) => tester(site, fixture("ignores-term.sh")),
});

const verdictOf = async (site: AgentSite, agent: Agent, more = {}) => {
  const { end, result } = await site.run(agent, site.request(more));
  expect(end).toEqual({ kind: "ok" });
  if (result.kind !== "valid" || result.verdict === null) throw new Error("no verdict");
  expect(result.summary).toBe(result.verdict.summary);
  return result.verdict;
};

describe("a tester that runs the checks", () => {
  test("approves when they pass", async () => {
    const site = agentSite();
    const verdict = await verdictOf(site, tester(site, ["true", "echo fine"]));
    expect(verdict).toEqual({ decision: "approve", findings: [], summary: "`true && echo fine` passed" });
  });

  test("hands on what the checks said themselves", async () => {
    const site = agentSite();
    const { checks, seconds } = await site.run(tester(site, "exit 4"));
    expect(checks).toEqual({ command: "exit 4", exitCode: 4, seconds, tail: "" });
  });

  test("asks for changes when they fail, with what they said last as plain text", async () => {
    const site = agentSite();
    const verdict = await verdictOf(
      site,
      tester(site, "printf 'one\\n\\n\\033[31mred\\033[0m\\n'; echo two >&2; exit 4"),
    );
    expect(verdict.decision).toBe("request_changes");
    expect(verdict.findings).toEqual([
      {
        path: null,
        line: null,
        severity: "blocker",
        rule: "checks",
        message: `${verdict.summary}:\none\nred\ntwo`,
        skills: [],
      },
    ]);
    expect(verdict.summary).toContain("ended with exit code 4");
  });

  test("asks for changes when they do not come to an end", async () => {
    const site = agentSite();
    const limits = { wallSeconds: 2, idleSeconds: 50, outputMb: 1 };
    const verdict = await verdictOf(site, tester(site, "echo begun; sleep 300"), { limits });
    expect(verdict.findings[0]?.message).toBe("`echo begun; sleep 300` was stopped: not finished after 2 s:\nbegun");
  });

  test("says when the setup failed, or ran without install scripts", async () => {
    const site = agentSite();
    const ready = (run: Partial<CheckRun>): Checks => ({
      command: "npm test",
      restore: () => Promise.resolve("ready"),
      prepare: () => Promise.resolve(null),
      run: () => Promise.resolve({ command: "npm test", exitCode: 0, seconds: 1, tail: "", ...run }),
    });
    const setup = { command: "npm ci", exitCode: 0, seconds: 1, tail: "", ran: true, scriptsOff: true };
    const agent = site.open({ role: "tester", engine: "checks" }, ready({ setup }));
    expect((await verdictOf(site, agent)).summary).toBe(
      "`npm test` passed; `npm ci` ran without install scripts: it was run on files that are not the base's",
    );
    const failing = site.checks({ checks: "true", setup: "echo no network; exit 9" });
    const failed = await verdictOf(site, site.open({ role: "tester", engine: "checks" }, failing));
    expect(failed.decision).toBe("request_changes");
    expect(failed.findings[0]?.message).toBe("`echo no network; exit 9` ended with exit code 9:\nno network");
  });

  test("rejects when the checks themselves break, instead of judging", async () => {
    const site = agentSite();
    const broken: Checks = {
      command: "npm test",
      restore: () => Promise.resolve("ready"),
      prepare: () => Promise.resolve(null),
      run: () => Promise.reject(new Error("disk on fire")),
    };
    const agent = site.open({ role: "tester", engine: "checks" }, broken);
    await expect(site.run(agent)).rejects.toThrow("disk on fire");
  });
});
