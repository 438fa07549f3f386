import type { AgentEnd, ProcessEnd } from "../../domain/assignment.ts";
import type { TurnEnd } from "./native/cli.ts";

/** Where nobody says for how long. */
const OVERLOADED_SECONDS = 120;
const LIMITED_SECONDS = 300;

/** We stopped it, or somebody took its worktree away: what it would have said is no matter. */
export const isStop = ({ kind }: ProcessEnd): boolean => !["ok", "exit_code", "crashed"].includes(kind);

/** What a program's own word means for whoever asked for the turn. */
export function endOf(end: TurnEnd, now: number): AgentEnd {
  const until = (seconds: number): string => new Date(now + seconds * 1000).toISOString();
  switch (end.kind) {
    case "ok":
    case "gave_up":
      return end;
    case "rate_limited":
      return { kind: "rate_limited", until: until(end.retrySeconds ?? LIMITED_SECONDS), message: end.message };
    case "overloaded":
      return { kind: "rate_limited", until: until(OVERLOADED_SECONDS), message: end.message };
  }
}
