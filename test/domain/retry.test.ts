import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { AgentEnd } from "../../src/domain/assignment.ts";
import {
  formatReason,
  MAX_INTERRUPTIONS,
  nextAttempt,
  parseReason,
  REASON_CODES,
  reasonOf,
} from "../../src/domain/retry.ts";

describe("another attempt", () => {
  it.each(["exit_code", "timed_out", "idle", "output_limit", "worktree_gone", "invalid_verdict", "crashed"] as const)(
    "is made after %s, up to the bound",
    (code) => {
      expect(nextAttempt(code, 1, 2)).toBe("again");
      expect(nextAttempt(code, 2, 2)).toBe("fail");
    },
  );

  it.each(["no_change", "policy", "secret", "budget", "auth", "quota", "cancelled", "conflict", "rounds"] as const)(
    "is not made after %s",
    (code) => {
      expect(nextAttempt(code, 1, 9)).toBe("fail");
    },
  );

  it("is not counted against five interruptions of ours", () => {
    expect(MAX_INTERRUPTIONS).toBe(5);
  });
});

describe("a reason", () => {
  it.each<[AgentEnd, string]>([
    [{ kind: "ok" }, "exit_code: the agent exited with 0"],
    [{ kind: "exit_code", exitCode: 3 }, "exit_code: the agent exited with 3"],
    [{ kind: "crashed", signal: "SIGSEGV" }, "crashed: the agent was ended by SIGSEGV"],
    [{ kind: "timed_out", limitSeconds: 1800 }, "timed_out: the agent was stopped after 30m00s of work"],
    [{ kind: "idle", limitSeconds: 10 }, "idle: the agent was stopped after 10.0s without output"],
    [{ kind: "output_limit", limitMb: 256 }, "output_limit: the agent was stopped after 256 MB of output"],
    [{ kind: "worktree_gone" }, "worktree_gone: the worktree was deleted or replaced while the agent ran"],
    [
      { kind: "rate_limited", until: "2026-01-01T00:00:00.000Z" },
      "rate_limited: the agent reached a limit that holds until 2026-01-01T00:00:00.000Z",
    ],
    [
      { kind: "rate_limited", until: "2026-01-01T00:00:00.000Z", message: "529" },
      "rate_limited: the agent reached a limit that holds until 2026-01-01T00:00:00.000Z (529)",
    ],
    [{ kind: "gave_up", why: "auth", message: "401" }, "auth: the agent gave up: 401"],
    [{ kind: "cancelled" }, "cancelled: the agent was stopped on request"],
  ])("tells how %j came about", (end, text) => {
    const { code, sentence } = reasonOf(end);
    expect(formatReason(code, sentence)).toBe(text);
  });

  it("is one line without anything that a terminal would obey", () => {
    expect(formatReason("idle", "a\n\u001b[31mb")).toBe("idle: a b");
  });

  it("parses back", () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...REASON_CODES),
        fc.stringMatching(/^[a-z:,.]{1,10}( [a-z:]{1,9}){0,3}$/),
        (code, sentence) => {
          expect(parseReason(formatReason(code, sentence))).toEqual({ code, sentence });
        },
      ),
    );
  });

  it.each(["", "idle", "unheard_of: x", ": x"])("is not %j", (text) => {
    expect(parseReason(text)).toBeNull();
  });
});
