import type { ProcessEnd, Usage } from "../../../domain/assignment.ts";
import { endOfExit } from "./classify.ts";
import type { CliEvent, Reader, Told, TurnEnd } from "./cli.ts";
import { endOfMessage, statusIn } from "./codex-ends.ts";
import { countAt, type Fields, fields, listAt, textAt } from "../fields.ts";
import { parseLine } from "./listen.ts";

/** Codex's JSON lines: a thread, its one turn, and the items of it. */
export function codexReader(): Reader {
  let session: string | null = null;
  const turn: Turn = { text: "", hasDone: false, completed: null, failed: null, retried: null };

  const read = (event: Fields): readonly CliEvent[] => {
    const type = textAt(event, "type");
    const item = fields(event, "item");
    switch (type) {
      case "thread.started":
        session = textAt(event, "thread_id") || null;
        return [{ kind: "began", session, model: null }];
      case "turn.started":
        return [];
      case "turn.completed":
        turn.completed = event;
        return [];
      case "turn.failed":
        turn.failed = textAt(fields(event, "error"), "message") || type;
        return [];
      case "error":
        return troubled(turn, textAt(event, "message"));
      case "item.started":
      case "item.updated":
      case "item.completed":
        turn.retried = null;
        return itemEvents(turn, type, item);
      default:
        return [{ kind: "unknown", type }];
    }
  };
  return {
    read,
    end(exit, tail): Told {
      const { text, completed } = turn;
      const answer = parseLine(text.trim());
      const usage = completed === null ? null : usageOf(fields(completed, "usage"));
      const end = endOf(turn, exit, tail);
      return { end, text, ...(answer === null ? {} : { answer }), session, model: null, usage, costUsd: null };
    },
  };
}

interface Turn {
  /** Its last words. */
  text: string;
  /** It ran or changed something. */
  hasDone: boolean;
  completed: Fields | null;
  /** Why it could not go on. */
  failed: string | null;
  /** What its server said, where it has not answered since. */
  retried: string | null;
}

function troubled(turn: Turn, message: string): readonly CliEvent[] {
  turn.retried = /^Reconnecting\.\.\. [^(]*\((.*)\)$/s.exec(message)?.[1] ?? null;
  if (turn.retried === null) {
    turn.failed = message || "error";
    return [];
  }
  // Where nobody lets a WebSocket pass, it goes on without.
  return [{ kind: "retrying", status: /url: wss?:/.test(turn.retried) ? null : statusIn(turn.retried) }];
}

function itemEvents(turn: Turn, type: string, item: Fields): readonly CliEvent[] {
  const [kind, isStart, isEnd] = [textAt(item, "type"), type === "item.started", type === "item.completed"];
  const tool = (is: boolean, name: string, detail: string): readonly CliEvent[] => {
    turn.hasDone = true;
    return is ? [{ kind: "tool", name, detail }] : [];
  };
  switch (kind) {
    case "agent_message":
      if (!isEnd) return [];
      turn.text = textAt(item, "text");
      return [{ kind: "said", text: turn.text }];
    case "command_execution":
      return tool(isStart, "shell", textAt(item, "command"));
    case "file_change":
      return tool(
        isEnd,
        "edit",
        listAt(item, "changes")
          .map((change) => textAt(change, "path"))
          .join(" "),
      );
    case "mcp_tool_call":
      return tool(isStart, `${textAt(item, "server")}.${textAt(item, "tool")}`, "");
    case "web_search":
      return tool(isEnd, "search", textAt(item, "query"));
    // Not every error is one: of a model that is new to it, it says so as well.
    case "error":
      return [];
    case "reasoning":
    case "todo_list":
      return [{ kind: "heard" }];
    default:
      return [{ kind: "unknown", type: `item ${kind}` }];
  }
}

function endOf({ text, hasDone, completed, failed, retried }: Turn, exit: ProcessEnd, tail: string): TurnEnd {
  if (failed !== null) return endOfMessage(failed);
  if (completed === null) return retried === null ? endOfExit(exit, tail) : endOfMessage(retried);
  if (exit.kind !== "ok") return endOfExit(exit, tail);
  // What the model refuses with is left out of what it prints.
  if (text === "" && !hasDone)
    return { kind: "gave_up", why: "refused", message: "it neither said nor did anything, as when its model refuses" };
  return { kind: "ok" };
}

/** Of the whole session so far. Its input holds what a cache answered, its output what was thought. */
const usageOf = (usage: Fields): Usage => ({
  inputTokens: countAt(usage, "input_tokens"),
  outputTokens: countAt(usage, "output_tokens"),
  cacheReadTokens: countAt(usage, "cached_input_tokens"),
  cacheWriteTokens: countAt(usage, "cache_write_input_tokens"),
});
