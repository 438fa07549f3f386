import {
  conversation,
  type Message,
  type Protocol,
  type Reply,
  type Said,
  type Schema,
  textOf,
  type Tool,
  USAGE,
} from "./protocol.ts";

interface Offered {
  readonly type: string;
  readonly name?: string;
  readonly parameters?: Schema;
  /** Of a namespace. */
  readonly tools?: readonly Offered[];
}

interface Item {
  readonly type?: string;
  readonly role?: string;
  readonly content?: string | readonly { readonly text?: string }[];
}

interface Body {
  readonly model?: string;
  readonly stream?: boolean;
  readonly input?: string | readonly Item[];
  readonly tools?: readonly Offered[];
  readonly text?: { readonly format?: { readonly schema?: Schema } };
}

const usage = {
  input_tokens: USAGE.input,
  input_tokens_details: { cached_tokens: USAGE.cached },
  output_tokens: USAGE.output,
  output_tokens_details: { reasoning_tokens: USAGE.reasoning },
  total_tokens: USAGE.input + USAGE.output,
};

/** OpenAI Responses. */
export const responses: Protocol = {
  name: "responses",
  path: /\/responses$/,
  read(body) {
    const { model = "", stream = false, input = [], tools = [], text } = body as Body;
    const items: readonly Item[] = typeof input === "string" ? [{ role: "user", content: input }] : input;
    const said = items.flatMap(({ type = "", role, content }): readonly Said[] => {
      if (type.endsWith("_call_output")) return [{ results: 1 }];
      return role === "user" ? [{ text: textOf(content) }] : [];
    });
    return {
      ...conversation(said),
      ...{ tools: tools.flatMap(offered), schema: text?.format?.schema ?? null, isStream: stream, model },
    };
  },
  whole: (reply, { model }, id) => ended(reply, model, id),
  stream(reply, { model }, id) {
    const last = ended(reply, model, id);
    const messages: readonly Message[] = [
      message("response.created", { response: { ...last, status: "in_progress", output: [], usage: null } }),
      ...last.output.flatMap((item, index) => streamed(item, index)),
      message(`response.${last.status}`, { response: last }),
    ];
    return messages.map((one, at) => ({ ...one, data: { ...(one.data as object), sequence_number: at } }));
  },
  failure: (status, code, text) => ({
    error: { message: text, type: status < 500 ? "invalid_request_error" : "server_error", code },
  }),
};

function offered({ type, name = type, parameters, tools }: Offered): readonly Tool[] {
  if (tools !== undefined) return tools.flatMap(offered);
  return [{ name, schema: parameters ?? {}, isFreeform: type === "custom" }];
}

interface Output extends Readonly<Record<string, unknown>> {
  readonly type: string;
}

function ended({ text, call, stop }: Reply, model: string, id: string) {
  const part = { type: "output_text", text, annotations: [] };
  const said = { type: "message", id: `msg_${id}`, role: "assistant", status: "completed", content: [part] };
  const output: readonly Output[] = [...(text === "" ? [] : [said]), ...(call === null ? [] : [called(call, id)])];
  const begin = { id: `resp_${id}`, object: "response", created_at: 1_700_000_000, model, output, usage, tools: [] };
  if (stop === "end") return { ...begin, status: "completed", incomplete_details: null };
  const reason = stop === "length" ? "max_output_tokens" : "content_filter";
  return { ...begin, status: "incomplete", incomplete_details: { reason } };
}

function called({ name, args }: NonNullable<Reply["call"]>, id: string): Output {
  const call = { call_id: `call_${id}`, name, status: "completed" };
  return typeof args === "string"
    ? { type: "custom_tool_call", id: `ctc_${id}`, ...call, input: args }
    : { type: "function_call", id: `fc_${id}`, ...call, arguments: JSON.stringify(args) };
}

function streamed(item: Output, output_index: number): readonly Message[] {
  const at = { item_id: item["id"], output_index };
  const begun = { ...item, status: "in_progress" };
  const done = message("response.output_item.done", { output_index, item });
  if (item.type === "message") {
    const [part] = item["content"] as readonly { readonly text: string }[];
    const inside = { ...at, content_index: 0 };
    return [
      message("response.output_item.added", { output_index, item: { ...begun, content: [] } }),
      message("response.content_part.added", { ...inside, part: { ...part, text: "" } }),
      message("response.output_text.delta", { ...inside, delta: part?.text }),
      message("response.output_text.done", { ...inside, text: part?.text }),
      message("response.content_part.done", { ...inside, part }),
      done,
    ];
  }
  if (item.type !== "function_call")
    return [message("response.output_item.added", { output_index, item: begun }), done];
  return [
    message("response.output_item.added", { output_index, item: { ...begun, arguments: "" } }),
    message("response.function_call_arguments.delta", { ...at, delta: item["arguments"] }),
    message("response.function_call_arguments.done", { ...at, arguments: item["arguments"] }),
    done,
  ];
}

const message = (event: string, data: object): Message => ({ event, data: { type: event, ...data } });
