import { conversation, type Message, type Protocol, type Said, type Schema, textOf, USAGE } from "./protocol.ts";

interface Block {
  readonly type: string;
  readonly text?: string;
}

interface Body {
  readonly model?: string;
  readonly stream?: boolean;
  readonly messages?: readonly { readonly role: string; readonly content: string | readonly Block[] }[];
  readonly tools?: readonly { readonly name: string; readonly input_schema?: Schema }[];
  readonly output_config?: { readonly format?: { readonly schema?: Schema } };
}

const STOPS = { end: "end_turn", length: "max_tokens", refusal: "refusal" } as const;
const TYPES: Readonly<Record<number, string>> = {
  400: "invalid_request_error",
  401: "authentication_error",
  402: "billing_error",
  403: "permission_error",
  429: "rate_limit_error",
  529: "overloaded_error",
};

const usage = {
  input_tokens: USAGE.input - USAGE.cached,
  cache_creation_input_tokens: 0,
  cache_read_input_tokens: USAGE.cached,
  output_tokens: USAGE.output,
};

/** Anthropic Messages. */
export const anthropic: Protocol = {
  name: "anthropic",
  path: /\/messages$/,
  read(body) {
    const { model = "", stream = false, messages = [], tools = [], output_config: output } = body as Body;
    return {
      ...conversation(messages.filter(({ role }) => role === "user").map(({ content }) => said(content))),
      tools: tools.map((tool) => ({ name: tool.name, schema: tool.input_schema ?? {} })),
      ...{ schema: output?.format?.schema ?? null, isStream: stream, model },
    };
  },
  whole(reply, { model }, id) {
    const content = [
      ...(reply.text === "" ? [] : [{ type: "text", text: reply.text }]),
      ...(reply.call === null
        ? []
        : [{ type: "tool_use", id: `toolu_${id}`, name: reply.call.name, input: reply.call.args }]),
    ];
    const stop_reason = reply.call === null ? STOPS[reply.stop] : "tool_use";
    return {
      id: `msg_${id}`,
      type: "message",
      role: "assistant",
      model,
      content,
      stop_reason,
      stop_sequence: null,
      usage,
    };
  },
  stream({ text, call, stop }, { model }, id) {
    const first = { id: `msg_${id}`, type: "message", role: "assistant", model, content: [], stop_reason: null };
    const delta = { stop_reason: call === null ? STOPS[stop] : "tool_use", stop_sequence: null };
    const input = { type: "input_json_delta", partial_json: JSON.stringify(call?.args) };
    return [
      message("message_start", { message: { ...first, stop_sequence: null, usage: { ...usage, output_tokens: 1 } } }),
      ...(text === "" ? [] : block(0, { type: "text", text: "" }, { type: "text_delta", text })),
      ...(call === null
        ? []
        : block(text === "" ? 0 : 1, { type: "tool_use", id: `toolu_${id}`, name: call.name, input: {} }, input)),
      message("message_delta", { delta, usage }),
      message("message_stop", {}),
    ];
  },
  failure: (status, _, text) => ({ type: "error", error: { type: TYPES[status] ?? "api_error", message: text } }),
};

function said(content: string | readonly Block[]): Said {
  const results = typeof content === "string" ? 0 : content.filter(({ type }) => type === "tool_result").length;
  return results > 0 ? { results } : { text: textOf(content) };
}

const message = (event: string, data: object): Message => ({ event, data: { type: event, ...data } });

const block = (index: number, start: object, delta: object): readonly Message[] => [
  message("content_block_start", { index, content_block: start }),
  message("content_block_delta", { index, delta }),
  message("content_block_stop", { index }),
];
