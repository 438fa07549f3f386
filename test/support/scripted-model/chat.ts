import {
  conversation,
  type Message,
  type Protocol,
  type Reply,
  type Said,
  type Schema,
  textOf,
  USAGE,
} from "./protocol.ts";

interface Body {
  readonly model?: string;
  readonly stream?: boolean;
  readonly messages?: readonly {
    readonly role: string;
    readonly content?: string | readonly { readonly text?: string }[];
  }[];
  readonly tools?: readonly { readonly function: { readonly name: string; readonly parameters?: Schema } }[];
  readonly response_format?: { readonly json_schema?: { readonly schema?: Schema } };
}

const STOPS = { end: "stop", length: "length", refusal: "content_filter" } as const;

const usage = {
  prompt_tokens: USAGE.input,
  completion_tokens: USAGE.output,
  total_tokens: USAGE.input + USAGE.output,
  prompt_tokens_details: { cached_tokens: USAGE.cached },
  completion_tokens_details: { reasoning_tokens: USAGE.reasoning },
};

/** OpenAI Chat Completions. */
export const chat: Protocol = {
  name: "chat",
  path: /\/chat\/completions$/,
  read(body) {
    const { model = "", stream = false, messages = [], tools = [], response_format: format } = body as Body;
    const said = messages.flatMap(({ role, content }): readonly Said[] => {
      if (role === "tool") return [{ results: 1 }];
      return role === "user" ? [{ text: textOf(content) }] : [];
    });
    return {
      ...conversation(said),
      tools: tools.map((tool) => ({ name: tool.function.name, schema: tool.function.parameters ?? {} })),
      ...{ schema: format?.json_schema?.schema ?? null, isStream: stream, model },
    };
  },
  whole(reply, { model }, id) {
    const message = { role: "assistant", content: reply.text, tool_calls: calls(reply, id) };
    const choices = [{ index: 0, message, finish_reason: finish(reply) }];
    return { ...head(id, model), object: "chat.completion", choices, usage };
  },
  stream(reply, { model }, id) {
    const chunk = (delta: object, finish_reason: string | null = null): Message => {
      const choices = [{ index: 0, delta, finish_reason }];
      return { event: null, data: { ...head(id, model), object: "chat.completion.chunk", choices } };
    };
    return [
      chunk({ role: "assistant", content: "" }),
      ...(reply.text === "" ? [] : [chunk({ content: reply.text })]),
      ...(reply.call === null ? [] : [chunk({ tool_calls: calls(reply, id) })]),
      chunk({}, finish(reply)),
      { event: null, data: { ...head(id, model), object: "chat.completion.chunk", choices: [], usage } },
      { event: null, data: "[DONE]" },
    ];
  },
  failure: (status, code, message) => ({
    error: { message, type: status < 500 ? "invalid_request_error" : "server_error", code },
  }),
};

const head = (id: string, model: string): object => ({ id: `chatcmpl-${id}`, created: 1_700_000_000, model });

const finish = ({ call, stop }: Reply): string => (call === null ? STOPS[stop] : "tool_calls");

function calls({ call }: Reply, id: string): readonly object[] | undefined {
  if (call === null) return undefined;
  const called = { name: call.name, arguments: JSON.stringify(call.args) };
  return [{ index: 0, id: `call_${id}`, type: "function", function: called }];
}
