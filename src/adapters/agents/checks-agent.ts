import { judgeChecks } from "../../domain/check-verdict.ts";
import { DispatchError } from "../../domain/errors.ts";
import type { Verdict } from "../../domain/verdict.ts";
import type { Agent, AgentOutcome } from "../../ports/agent.ts";
import type { Checks } from "../../ports/checks.ts";
import type { Clock } from "../../ports/clock.ts";
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
        const result = { kind: "valid" as const, ...asResult(judgeChecks(ran)) };
        return { end: { kind: "ok" }, result, seconds, tail, checks: ran };
      } catch (error) {
        if (signal.aborted) return without("cancelled");
        if (error instanceof DispatchError && error.code === "worktree_gone") return without("worktree_gone");
        throw error;
      }
    },
  };
}

function asResult(verdict: Verdict) {
  return { summary: verdict.summary, verdict, usage: null, costUsd: null };
}
