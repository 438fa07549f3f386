import fc from "fast-check";
import { expect, it } from "vitest";
import { openMeter } from "../../src/adapters/agents/gateway/meter.ts";

const event = (value: unknown): string => `event: x\ndata: ${JSON.stringify(value)}\n\n`;
const ANTHROPIC = { input_tokens: 600, cache_read_input_tokens: 400, cache_creation_input_tokens: 0, output_tokens: 1 };
const RESPONSES = { input_tokens: 1000, input_tokens_details: { cached_tokens: 400 }, output_tokens: 100 };
const CHAT = { prompt_tokens: 1000, prompt_tokens_details: { cached_tokens: 400 }, completion_tokens: 100 };
const GEMINI = {
  promptTokenCount: 1000,
  cachedContentTokenCount: 400,
  candidatesTokenCount: 80,
  thoughtsTokenCount: 20,
};
const done = (usage: object) => ({ type: "response.completed", response: { object: "response", model: "m", usage } });

const ANSWERS: Readonly<Record<string, string>> = {
  "Messages, streamed":
    event({ type: "message_start", message: { model: "m", usage: ANTHROPIC } }) +
    event({ type: "content_block_delta", delta: { text: "ü \n data: {" } }) +
    event({ type: "message_delta", delta: {}, usage: { output_tokens: 100 } }) +
    event({ type: "message_stop" }),
  "Messages, in one piece": JSON.stringify({
    type: "message",
    model: "m",
    usage: { ...ANTHROPIC, output_tokens: 100 },
  }),
  "Responses, streamed": event({ type: "response.created", response: { model: "m" } }) + event(done(RESPONSES)),
  "Responses, in one piece": JSON.stringify({ object: "response", model: "m", usage: RESPONSES }),
  "chat completions, streamed":
    event({ model: "m", choices: [] }) + event({ model: "m", choices: [], usage: CHAT }) + "data: [DONE]\n\n",
  "chat completions, in one piece": JSON.stringify({ model: "m", choices: [], usage: CHAT }),
  "generateContent, streamed":
    event({ modelVersion: "m", usageMetadata: { promptTokenCount: 1000 } }) +
    event({ modelVersion: "m", usageMetadata: GEMINI }).trimEnd(),
  "generateContent, as a list": JSON.stringify([{ candidates: [] }, { modelVersion: "m", usageMetadata: GEMINI }]),
};

it.each(Object.keys(ANSWERS))("an answer in %s tells the same, in whatever pieces it comes", (name) => {
  const bytes = Buffer.from(ANSWERS[name] ?? "");
  fc.assert(
    fc.property(fc.array(fc.nat(bytes.length), { maxLength: 8 }), (cuts) => {
      const at = [0, ...cuts.toSorted((a, b) => a - b), bytes.length];
      const meter = openMeter();
      for (const [index, from] of at.slice(0, -1).entries()) meter.push(bytes.subarray(from, at[index + 1]));
      expect(meter.end()).toMatchObject({
        usage: { inputTokens: 1000, outputTokens: 100, cacheReadTokens: 400 },
        model: "m",
      });
    }),
  );
});

it.each(["", "not found", "{", '{"error":{"message":"no"}}', "[]", "7", 'data: {"type":"ping"}\n\n', "data: {half"])(
  "an answer that tells nothing is not metered: %j",
  (text) => {
    const meter = openMeter();
    meter.push(Buffer.from(text));
    expect(meter.end()).toBeNull();
  },
);

it("what was cut off after its beginning is metered as far as it came", () => {
  const meter = openMeter();
  meter.push(Buffer.from(event({ type: "message_start", message: { model: "m", usage: ANTHROPIC } })));
  expect(meter.end()).toMatchObject({ usage: { inputTokens: 1000, outputTokens: 1 } });
});
