import type { ProcessEnd } from "../../../domain/assignment.ts";
import type { TurnEnd } from "./cli.ts";

/** What an HTTP status of a model's server means, whoever reports it; null for one that means nothing here. */
export function endOfStatus(status: number, message: string, retrySeconds: number | null = null): TurnEnd | null {
  if (/prompt (?:is|as) too long|context.?length|context window|maximum context|ran out of room/i.test(message))
    return { kind: "gave_up", why: "context", message };
  if (status === 402 || /insufficient_quota|exceeded your current quota|credit balance|billing/i.test(message))
    return { kind: "gave_up", why: "quota", message };
  if (status === 401 || status === 403) return { kind: "gave_up", why: "auth", message };
  if (status === 429) return { kind: "rate_limited", retrySeconds, message };
  if (status >= 500 && status < 600) return { kind: "overloaded", message };
  return null;
}

/** In the words of Node, of its fetch, and of those who wrap it. */
const UNREACHABLE =
  /ECONN(?:RESET|REFUSED|ABORTED)|ETIMEDOUT|EPIPE|fetch failed|socket hang up|connection (?:error|reset|closed)|error decoding response body|(?:^|: )terminated\]?$/i;

/** What is known by its words alone: a line that was cut is its server's trouble, anything else its own. */
export function endOfWords(message: string): TurnEnd {
  if (UNREACHABLE.test(message.trim())) return { kind: "overloaded", message };
  return { kind: "gave_up", why: "crashed", message };
}

/** Where it said nothing that explains its end: it must have been broken off, whatever its exit code. */
export function endOfExit(exit: ProcessEnd, tail: string): TurnEnd {
  const how = exit.kind === "exit_code" ? `it exited with ${exit.exitCode}` : "it ended before its turn had";
  const words = tail.trim().split("\n").at(-1) ?? "";
  return { kind: "gave_up", why: "crashed", message: words === "" ? how : `${how}: ${words}` };
}
