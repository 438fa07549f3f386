import type { Usage } from "../../../domain/assignment.ts";
import { addUsage } from "../../../domain/usage.ts";
import type { CliEvent } from "../native/cli.ts";
import { type Fields, fields, listAt, numberAt, textAt } from "../fields.ts";
import { usageOf } from "./usage.ts";

/** What an agent tells of its work while it works. */
export interface Updates {
  /** Of one `session/update`. */
  read(update: Fields): readonly CliEvent[];
  /** A tool that it asks for: what it said of it before, where its question does not. */
  toolOf(call: Fields): Tool;
  /** What came before was of an earlier time. */
  beginTurn(): void;
  /** The rest of a line that it did not end. */
  endTurn(): readonly CliEvent[];
  /** What it said after its last tool. */
  readonly text: string;
  /** The last piece of that as it came. */
  readonly words: string;
  /** Of the whole session, in USD; null where it does not say. */
  readonly costUsd: number | null;
  /** Of all turns, summed up from its words (qwen); null where they do not say. */
  readonly usage: Usage | null;
}

export interface Tool {
  /** In ACP's words; empty where it did not say. */
  readonly kind: string;
  readonly title: string;
}

/** Of its words, as much as an answer can hold. */
const TEXT_LENGTH = 1024 * 1024;

export function readUpdates(): Updates {
  const tools = new Map<string, Tool>();
  let [text, words, line] = ["", "", ""];
  let costUsd: number | null = null;
  let usage: Usage | null = null;
  let isBegun = false;

  const count = (more: Usage | null): void => {
    if (more !== null) usage = usage === null ? more : addUsage(usage, more);
  };
  const said = (more: string): readonly CliEvent[] => {
    if (more === "") return [];
    words = more;
    text = (text + more).slice(-TEXT_LENGTH);
    const lines = (line + more).split("\n");
    line = lines.pop() ?? "";
    return lines.filter((one) => one !== "").map((one) => ({ kind: "said", text: one }));
  };
  const toolOf = (call: Fields): Tool => {
    const before = tools.get(textAt(call, "toolCallId"));
    return {
      kind: textAt(call, "kind") || (before?.kind ?? ""),
      title: textAt(call, "title") || (before?.title ?? ""),
    };
  };
  const rest = (): readonly CliEvent[] => {
    const open = line;
    line = "";
    return open === "" ? [] : [{ kind: "said", text: open }];
  };
  return {
    read(update) {
      switch (textAt(update, "sessionUpdate")) {
        case "agent_message_chunk":
          if (isBegun) count(usageOf(fields(update, "_meta", "usage")));
          return said(textAt(fields(update, "content"), "text"));
        case "tool_call":
          tools.set(textAt(update, "toolCallId"), toolOf(update));
          text = words = "";
          return [...rest(), { kind: "tool", name: textAt(update, "title"), detail: detailOf(update) }];
        case "tool_call_update":
          tools.set(textAt(update, "toolCallId"), toolOf(update));
          return [];
        case "usage_update":
          costUsd = dollars(fields(update, "cost")) ?? costUsd;
          return [];
        default:
          return [];
      }
    },
    toolOf,
    beginTurn() {
      isBegun = true;
      text = words = line = "";
    },
    endTurn: rest,
    get text() {
      return text;
    },
    get words() {
      return words;
    },
    get costUsd() {
      return costUsd;
    },
    get usage() {
      return usage;
    },
  };
}

const dollars = (cost: Fields): number | null =>
  textAt(cost, "currency").toUpperCase() === "USD" ? numberAt(cost, "amount") : null;

/** The command that it wants to run, or where it is at work. */
function detailOf(update: Fields): string {
  const [place] = listAt(update, "locations");
  return textAt(fields(update, "rawInput"), "command") || textAt(place ?? {}, "path");
}
