import type { Usage } from "../../../domain/assignment.ts";
import { countAt, type Fields, fields, isFields, textAt } from "../fields.ts";

/** What one answer of a model's server has used. */
export interface Metered {
  readonly usage: Usage;
  readonly model: string | null;
}

/** Reads along, whichever protocol it is; nothing is held back. */
export interface Meter {
  push(chunk: Buffer): void;
  /** null where the answer says nothing of it. */
  end(): Metered | null;
}

/** Answers that are no stream are read as a whole; larger ones say nothing. */
const MAX_CHARS = 8_000_000;

export function openMeter(): Meter {
  const decoder = new TextDecoder();
  let rest = "";
  let isStream = false;
  let found: Metered | null = null;
  const see = (text: string): void => {
    const event = parse(text);
    if (event !== null) found = meteredIn(event, found);
  };
  return {
    push(chunk) {
      rest += decoder.decode(chunk, { stream: true });
      const lines = rest.split("\n");
      const last = lines.pop() ?? "";
      const data = lines.filter((line) => line.startsWith("data:"));
      isStream ||= data.length > 0;
      if (!isStream) return void (rest = rest.length > MAX_CHARS ? "" : rest);
      rest = last;
      for (const line of data) see(line.slice("data:".length));
    },
    end() {
      see(isStream ? rest.replace(/^data:/, "") : rest);
      return found;
    },
  };
}

function parse(text: string): Fields | null {
  try {
    const value: unknown = JSON.parse(text);
    // Gemini's answer in one piece is a list of what would have come as a stream.
    if (Array.isArray(value)) return (value as readonly unknown[]).findLast(isFields) ?? null;
    return isFields(value) ? value : null;
  } catch {
    return null;
  }
}

function meteredIn(event: Fields, before: Metered | null): Metered | null {
  const type = textAt(event, "type");
  if (type === "message_start") return anthropic(fields(event, "message"));
  if (type === "message") return anthropic(event);
  if (type === "message_delta" && before !== null)
    return { ...before, usage: { ...before.usage, outputTokens: countAt(fields(event, "usage"), "output_tokens") } };
  if (isFields(event["usageMetadata"])) return gemini(event);
  // Responses come in an envelope when they are streamed.
  const answer = isFields(event["response"]) ? event["response"] : event;
  return isFields(answer["usage"]) ? openai(answer) : before;
}

/** Its input leaves out what the cache had. */
function anthropic(message: Fields): Metered {
  const usage = fields(message, "usage");
  const cacheReadTokens = countAt(usage, "cache_read_input_tokens");
  const cacheWriteTokens = countAt(usage, "cache_creation_input_tokens");
  const inputTokens = countAt(usage, "input_tokens") + cacheReadTokens + cacheWriteTokens;
  const outputTokens = countAt(usage, "output_tokens");
  return { usage: { inputTokens, outputTokens, cacheReadTokens, cacheWriteTokens }, model: modelOf(message, "model") };
}

/** Responses and chat completions name the same things differently. */
function openai(answer: Fields): Metered {
  const usage = fields(answer, "usage");
  const isChat = usage["prompt_tokens"] !== undefined;
  const cached = fields(usage, isChat ? "prompt_tokens_details" : "input_tokens_details");
  return {
    usage: {
      inputTokens: countAt(usage, isChat ? "prompt_tokens" : "input_tokens"),
      outputTokens: countAt(usage, isChat ? "completion_tokens" : "output_tokens"),
      cacheReadTokens: countAt(cached, "cached_tokens"),
    },
    model: modelOf(answer, "model"),
  };
}

/** Its thoughts stand apart from what it says. */
function gemini(event: Fields): Metered {
  const usage = fields(event, "usageMetadata");
  return {
    usage: {
      inputTokens: countAt(usage, "promptTokenCount"),
      outputTokens: countAt(usage, "candidatesTokenCount") + countAt(usage, "thoughtsTokenCount"),
      cacheReadTokens: countAt(usage, "cachedContentTokenCount"),
    },
    model: modelOf(event, "modelVersion"),
  };
}

const modelOf = (value: Fields, key: string): string | null => textAt(value, key) || null;
