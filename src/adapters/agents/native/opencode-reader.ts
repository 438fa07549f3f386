import type { ProcessEnd, Usage } from "../../../domain/assignment.ts";
import { addUsage } from "../../../domain/usage.ts";
import { endOfExit, endOfStatus } from "./classify.ts";
import type { CliEvent, Reader, Told, TurnEnd } from "./cli.ts";
import { countAt, type Fields, fields, numberAt, textAt } from "../fields.ts";

const NOTHING: Usage = { inputTokens: 0, outputTokens: 0 };

/** opencode's JSON lines: `step_start`, `text`, `reasoning`, `tool_use`, `step_finish`, `error`, and no last one. */
export function opencodeReader(): Reader {
  let session: string | null = null;
  let text = "";
  let reason = "";
  let error: Fields | null = null;
  let usage: Usage | null = null;
  let cost = 0;

  const read = (event: Fields): readonly CliEvent[] => {
    const type = textAt(event, "type");
    const part = fields(event, "part");
    const began: readonly CliEvent[] = session === null ? beganWith(textAt(event, "sessionID")) : [];
    session ??= textAt(event, "sessionID") || null;
    switch (type) {
      case "step_start":
        // Whatever ended the one before, it went on.
        reason = "";
        return began;
      case "text":
        text = textAt(part, "text");
        return [...began, { kind: "said", text }];
      case "tool_use":
        return [...began, tool(part)];
      case "step_finish":
        reason = textAt(part, "reason");
        usage = addUsage(usage ?? NOTHING, usageOf(fields(part, "tokens")));
        cost += numberAt(part, "cost") ?? 0;
        return [...began, { kind: "asked", tokens: usageOf(fields(part, "tokens")).inputTokens }];
      case "error":
        error = fields(event, "error");
        return began;
      case "reasoning":
        return [...began, { kind: "heard" }];
      default:
        return [{ kind: "unknown", type }];
    }
  };
  return {
    read,
    end(exit, tail): Told {
      const end = error === null ? endOfReason(reason, exit, tail) : endOfError(error);
      // It reckons with nothing for a model that it does not know.
      return { end, text, session, model: null, usage, costUsd: cost > 0 ? cost : null };
    },
  };
}

const beganWith = (session: string): readonly CliEvent[] =>
  session === "" ? [] : [{ kind: "began", session, model: null }];

function tool(part: Fields): CliEvent {
  const input = fields(part, "state", "input");
  const detail = ["filePath", "command", "pattern", "path", "description"].map((key) => textAt(input, key));
  return { kind: "tool", name: textAt(part, "tool"), detail: detail.find((one) => one !== "") ?? "" };
}

/** Why the model stopped in the last step that it came to an end with. */
function endOfReason(reason: string, exit: ProcessEnd, tail: string): TurnEnd {
  const message = `its model stopped: ${reason}`;
  if (reason === "length") return { kind: "gave_up", why: "truncated", message };
  if (reason === "content-filter") return { kind: "gave_up", why: "refused", message };
  return reason === "stop" && exit.kind === "ok" ? { kind: "ok" } : endOfExit(exit, tail);
}

function endOfError(error: Fields): TurnEnd {
  const [name, data] = [textAt(error, "name"), fields(error, "data")];
  const message = textAt(data, "message") || name || "it says no more than that there was an error";
  switch (name) {
    case "ContextOverflowError":
      return { kind: "gave_up", why: "context", message };
    case "MessageOutputLengthError":
      return { kind: "gave_up", why: "truncated", message };
    case "ContentFilterError":
      return { kind: "gave_up", why: "refused", message };
    case "ProviderAuthError":
      return { kind: "gave_up", why: "auth", message };
    default:
      return refusal(data, message) ?? { kind: "gave_up", why: "crashed", message };
  }
}

function refusal(data: Fields, message: string): TurnEnd | null {
  const status = numberAt(data, "statusCode");
  // No answer at all, or half of one.
  if (status === null) return data["isRetryable"] === true ? { kind: "overloaded", message } : null;
  const wait = Number(textAt(fields(data, "responseHeaders"), "retry-after"));
  const end = endOfStatus(status, `${message} ${textAt(data, "responseBody")}`, wait > 0 ? wait : null);
  return end === null || end.kind === "ok" ? null : { ...end, message };
}

/** Its input leaves out what a cache answered or took, and its output leaves out the thoughts. */
function usageOf(tokens: Fields): Usage {
  const cache = fields(tokens, "cache");
  const [cacheReadTokens, cacheWriteTokens] = [countAt(cache, "read"), countAt(cache, "write")];
  return {
    inputTokens: countAt(tokens, "input") + cacheReadTokens + cacheWriteTokens,
    outputTokens: countAt(tokens, "output") + countAt(tokens, "reasoning"),
    cacheReadTokens,
    cacheWriteTokens,
  };
}
