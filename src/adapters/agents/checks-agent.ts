import { DispatchError } from "../../domain/errors.ts";
import type { Finding, Verdict } from "../../domain/verdict.ts";
import type { Agent, AgentOutcome } from "../../ports/agent.ts";
import type { CheckRun, Checks } from "../../ports/checks.ts";
import type { Clock } from "../../ports/clock.ts";
import { lastLines } from "./last-lines.ts";
import type { AgentIdentity } from "./run-program.ts";

export interface ChecksAgentOptions {
  readonly identity: AgentIdentity;
  readonly checks: Checks;
  readonly clock: Pick<Clock, "monotonic">;
}

/** The engine `checks`: a tester without a model. What the user's own checks say is its verdict. */
export function checksAgent({ identity, checks, clock }: ChecksAgentOptions): Agent {
  return {
    ...identity,
    async run({ input, cwd, scratch, logFile, limits }, _onEvent, signal) {
      const begun = clock.monotonic();
      const without = (kind: "cancelled" | "worktree_gone"): AgentOutcome => ({
        end: { kind },
        result: { kind: "none" },
        seconds: (clock.monotonic() - begun) / 1000,
        tail: "",
      });
      try {
        const { wallSeconds, outputMb } = limits;
        const { base, head, task } = input;
        const where = { cwd, commit: head ?? base, base, owner: task.id };
        const ran = await checks.run({ ...where, scratch, logFile, wallSeconds, outputMb }, signal);
        const { seconds, tail } = ran;
        return { end: { kind: "ok" }, result: { kind: "valid", ...asResult(judge(ran)) }, seconds, tail, checks: ran };
      } catch (error) {
        if (signal.aborted) return without("cancelled");
        if (error instanceof DispatchError && error.code === "worktree_gone") return without("worktree_gone");
        throw error;
      }
    },
  };
}

const LINES_BYTES = 2048;

function judge(ran: CheckRun): Verdict {
  const { exitCode, tail } = ran;
  const note =
    ran.setup?.scriptsOff === true ? `; \`${ran.setup.command}\` ran without install scripts: ${WHY_OFF}` : "";
  const sentence = `${told(ran)}${note}`;
  if (exitCode === 0) return { decision: "approve", findings: [], summary: sentence };
  const lines = lastLines(tail, LINES_BYTES);
  const finding: Finding = {
    path: null,
    line: null,
    severity: "blocker",
    rule: "checks",
    message: lines === "" ? sentence : `${sentence}:\n${lines}`,
    skills: [],
  };
  return { decision: "request_changes", findings: [finding], summary: sentence };
}

const WHY_OFF = "it was run on files that are not the base's";

function told({ command, exitCode, stopped }: CheckRun): string {
  if (stopped !== undefined) return `\`${command}\` was stopped: ${stopped}`;
  return exitCode === 0 ? `\`${command}\` passed` : `\`${command}\` ended with exit code ${exitCode}`;
}

function asResult(verdict: Verdict) {
  return { summary: verdict.summary, verdict, usage: null, costUsd: null };
}
