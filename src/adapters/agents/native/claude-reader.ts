import type { ProcessEnd, Usage } from "../../../domain/assignment.ts";
import { endOfExit, endOfStatus, endOfWords } from "./classify.ts";
import type { CliEvent, Reader, Told, TurnEnd } from "./cli.ts";
import { countAt, type Fields, fields, isFields, listAt, numberAt, textAt } from "../fields.ts";

/** Claude Code's JSON lines: `system`, `assistant`, `user`, and one `result` in the end. */
export function claudeReader(): Reader {
  let session: string | null = null;
  let model: string | null = null;
  let result: Fields | null = null;
  let lastStatus: number | null = null;

  const read = (event: Fields): readonly CliEvent[] => {
    const type = textAt(event, "type");
    session = textAt(event, "session_id") || session;
    if (type === "result") {
      result = event;
      return [];
    }
    if (type === "assistant") return answered(fields(event, "message"));
    if (type === "user") return [];
    if (type !== "system") return [{ kind: "unknown", type }];
    switch (textAt(event, "subtype")) {
      case "init":
        model = textAt(event, "model") || null;
        return [{ kind: "began", session, model }];
      case "api_retry":
        lastStatus = numberAt(event, "error_status");
        return [{ kind: "retrying", status: lastStatus }];
      default:
        return [];
    }
  };
  return {
    read,
    end(exit, tail): Told {
      if (result === null) return nothing(exit, tail, { session, model, status: lastStatus });
      return {
        end: endOf(result, exit),
        text: textAt(result, "result"),
        ...(result["structured_output"] === undefined ? {} : { answer: result["structured_output"] }),
        session,
        model,
        usage: usageOf(fields(result, "usage")),
        costUsd: numberAt(result, "total_cost_usd"),
      };
    },
  };
}

/** Of what it tells of one answer, what went in is right, and what came out is not. */
function answered(message: Fields): readonly CliEvent[] {
  const { inputTokens } = usageOf(fields(message, "usage"));
  return [{ kind: "asked", tokens: inputTokens }, ...listAt(message, "content").flatMap(said)];
}

function said(part: Fields): readonly CliEvent[] {
  const type = textAt(part, "type");
  if (type === "text") return [{ kind: "said", text: textAt(part, "text") }];
  if (type !== "tool_use") return [];
  const input = fields(part, "input");
  const detail = ["file_path", "command", "pattern", "path", "url", "description"].map((key) => textAt(input, key));
  return [{ kind: "tool", name: textAt(part, "name"), detail: detail.find((one) => one !== "") ?? "" }];
}

function nothing(
  exit: ProcessEnd,
  tail: string,
  { session, model, status }: { readonly session: string | null; readonly model: string | null; status: number | null },
): Told {
  const refused = status === null ? null : endOfStatus(status, `its server answered ${status}`);
  return { end: refused ?? endOfExit(exit, tail), text: "", session, model, usage: null, costUsd: null };
}

/** `subtype` may say success where `is_error` says that it was none. */
function endOf(result: Fields, exit: ProcessEnd): TurnEnd {
  const [subtype, reason, stop] = ["subtype", "terminal_reason", "stop_reason"].map((key) => textAt(result, key));
  const message = textAt(result, "result") || errorsOf(result) || `${reason} ${subtype}`.trim();
  if (subtype === "error_max_turns") return { kind: "gave_up", why: "max_turns", message };
  if (subtype === "error_max_budget_usd") return { kind: "gave_up", why: "budget", message };
  if (reason === "prompt_too_long") return { kind: "gave_up", why: "context", message };
  if (stop === "refusal") return { kind: "gave_up", why: "refused", message };
  if (stop === "max_tokens" || /output token maximum/.test(message))
    return { kind: "gave_up", why: "truncated", message };
  if (result["is_error"] !== true && exit.kind === "ok") return { kind: "ok" };
  const status = numberAt(result, "api_error_status");
  const refused = status === null ? null : endOfStatus(status, message);
  return refused ?? endOfWords(message);
}

function errorsOf(result: Fields): string {
  const errors = result["errors"];
  if (!Array.isArray(errors)) return "";
  return errors.map((one: unknown) => (isFields(one) ? textAt(one, "message") : String(one))).join("; ");
}

/** Its input leaves out what a cache answered. */
function usageOf(usage: Fields): Usage {
  const [cacheReadTokens, cacheWriteTokens] = [
    countAt(usage, "cache_read_input_tokens"),
    countAt(usage, "cache_creation_input_tokens"),
  ];
  const inputTokens = countAt(usage, "input_tokens") + cacheReadTokens + cacheWriteTokens;
  return { inputTokens, outputTokens: countAt(usage, "output_tokens"), cacheReadTokens, cacheWriteTokens };
}
