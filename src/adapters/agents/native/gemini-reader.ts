import type { ProcessEnd, Usage } from "../../../domain/assignment.ts";
import { endOfExit, endOfStatus, endOfWords } from "./classify.ts";
import type { CliEvent, Reader, Told, TurnEnd } from "./cli.ts";
import { countAt, type Fields, fields, textAt } from "../fields.ts";

const LOGGED_OUT = 41;

/** Gemini CLI's JSON lines: `init`, `message`, `tool_use`, `tool_result`, `error`, and one `result` in the end. */
export function geminiReader(): Reader {
  let session: string | null = null;
  let model: string | null = null;
  let result: Fields | null = null;
  let error = "";
  /** What it said since the last tool; it comes in pieces. */
  let text = "";

  const rest = (): readonly CliEvent[] => (text === "" ? [] : [{ kind: "said", text }]);
  const read = (event: Fields): readonly CliEvent[] => {
    const type = textAt(event, "type");
    switch (type) {
      case "init":
        session = textAt(event, "session_id") || null;
        model = textAt(event, "model") || null;
        return [{ kind: "began", session, model }];
      case "message":
        if (textAt(event, "role") !== "assistant") return [];
        text += textAt(event, "content");
        return [{ kind: "heard" }];
      case "tool_use": {
        const events = [...rest(), tool(event)];
        text = "";
        return events;
      }
      case "error":
        error = textAt(event, "message") || type;
        return [];
      case "result":
        result = event;
        return rest();
      case "tool_result":
        return [];
      default:
        return [{ kind: "unknown", type }];
    }
  };
  return {
    read,
    end(exit, tail): Told {
      const stats = fields(result, "stats");
      const [only, other] = Object.keys(fields(stats, "models"));
      return {
        end: endOf(result, exit, error, tail),
        text,
        session,
        // Where it chose among several, the one that it was told.
        model: only === undefined || other !== undefined ? model : only,
        usage: result === null ? null : usageOf(stats),
        costUsd: null,
      };
    },
  };
}

function tool(event: Fields): CliEvent {
  const input = fields(event, "parameters");
  const detail = ["file_path", "command", "pattern", "dir_path", "query", "title"].map((key) => textAt(input, key));
  return { kind: "tool", name: textAt(event, "tool_name"), detail: detail.find((one) => one !== "") ?? "" };
}

function endOf(result: Fields | null, exit: ProcessEnd, error: string, tail: string): TurnEnd {
  const code = exit.kind === "exit_code" ? exit.exitCode : 0;
  const status = result === null ? "" : textAt(result, "status");
  if (status === "success" && exit.kind === "ok" && error === "") return { kind: "ok" };
  const message = textAt(fields(result, "error"), "message") || error;
  if (message === "") {
    const end = endOfExit(exit, tail);
    return code === LOGGED_OUT && end.kind === "gave_up" ? { ...end, why: "auth" } : end;
  }
  const words = endOfWords(message);
  if (words.kind === "overloaded") return words;
  return refusal(statusOf(message, code), message) ?? { kind: "gave_up", why: whyOf(message), message };
}

/** Its exit code is the status without what does not fit into a byte. */
function statusOf(message: string, code: number): number {
  const said = /"code":\s*(\d{3})\b/.exec(message)?.[1];
  return said === undefined ? code + 256 : Number(said);
}

/** Every limit is a "quota" there, also that of a minute: only one of a day is worth no wait. */
function refusal(status: number, message: string): TurnEnd | null {
  if (/API.key not valid|API_KEY_INVALID|API key expired/i.test(message))
    return { kind: "gave_up", why: "auth", message };
  if (status !== 429) return endOfStatus(status, message);
  if (/daily quota|limit:\s*0(?!\d|\.\d)/i.test(message)) return { kind: "gave_up", why: "quota", message };
  const seconds = /retry (?:in|after) ([\d.]+)s/i.exec(message)?.[1];
  return { kind: "rate_limited", retrySeconds: seconds === undefined ? null : Math.ceil(Number(seconds)), message };
}

function whyOf(message: string): Extract<TurnEnd, { kind: "gave_up" }>["why"] {
  if (/exceeds the maximum number of tokens|context window will overflow/i.test(message)) return "context";
  if (/truncated because it exceeded the token limit/i.test(message)) return "truncated";
  if (/response was blocked/i.test(message)) return "refused";
  if (/max(?:imum)? session turns/i.test(message)) return "max_turns";
  return "crashed";
}

/** Its output leaves out the thoughts. */
function usageOf(stats: Fields): Usage {
  const inputTokens = countAt(stats, "input_tokens");
  const outputTokens = Math.max(countAt(stats, "output_tokens"), countAt(stats, "total_tokens") - inputTokens);
  return { inputTokens, outputTokens, cacheReadTokens: countAt(stats, "cached"), cacheWriteTokens: 0 };
}
