import { conversation, type Protocol, type Reply, type Said, type Schema, textOf, USAGE } from "./protocol.ts";

interface Part {
  readonly text?: string;
  readonly functionResponse?: unknown;
}

interface Body {
  readonly contents?: readonly { readonly role?: string; readonly parts?: readonly Part[] }[];
  readonly tools?: readonly { readonly functionDeclarations?: readonly Declaration[] }[];
  readonly generationConfig?: { readonly responseJsonSchema?: Schema; readonly responseSchema?: Schema };
}

interface Declaration {
  readonly name: string;
  readonly parameters?: Schema;
  readonly parametersJsonSchema?: Schema;
}

const STOPS = { end: "STOP", length: "MAX_TOKENS", refusal: "SAFETY" } as const;
const STATUSES: Readonly<Record<number, string>> = {
  400: "INVALID_ARGUMENT",
  401: "UNAUTHENTICATED",
  403: "PERMISSION_DENIED",
  429: "RESOURCE_EXHAUSTED",
  503: "UNAVAILABLE",
};

const usageMetadata = {
  promptTokenCount: USAGE.input,
  cachedContentTokenCount: USAGE.cached,
  candidatesTokenCount: USAGE.output - USAGE.reasoning,
  thoughtsTokenCount: USAGE.reasoning,
  totalTokenCount: USAGE.input + USAGE.output,
};

/** Gemini generateContent. */
export const gemini: Protocol = {
  name: "gemini",
  path: /:(?:stream)?generateContent$/i,
  read(body, path) {
    const { contents = [], tools = [], generationConfig: config = {} } = body as Body;
    const declared = tools.flatMap(({ functionDeclarations = [] }) => functionDeclarations);
    return {
      ...conversation(contents.filter(({ role }) => role !== "model").map(({ parts = [] }) => said(parts))),
      tools: declared.map((tool) => ({ name: tool.name, schema: tool.parametersJsonSchema ?? tool.parameters ?? {} })),
      schema: config.responseJsonSchema ?? config.responseSchema ?? null,
      isStream: /:stream/i.test(path),
      model: /models\/([^/:]+)/.exec(path)?.[1] ?? "",
    };
  },
  whole: (reply, { model }, id) => ({ ...chunk(partsOf(reply, id), STOPS[reply.stop]), modelVersion: model }),
  stream(reply, { model }, id) {
    const begun = partsOf(reply, id).map((part) => chunk([part]));
    // Alone, so that what breaks before it is no answer.
    const chunks = [...begun, chunk([{ text: "" }], STOPS[reply.stop])];
    return chunks.map((data) => ({ event: null, data: { ...data, modelVersion: model, responseId: id } }));
  },
  failure: (status, _, message) => ({
    error: { code: status, message, status: STATUSES[status] ?? "INTERNAL" },
  }),
};

function said(parts: readonly Part[]): Said {
  const results = parts.filter((part) => part.functionResponse !== undefined).length;
  return results > 0 ? { results } : { text: textOf(parts) };
}

const partsOf = ({ text, call }: Reply, id: string): readonly object[] => [
  ...(text === "" ? [] : [{ text }]),
  ...(call === null
    ? []
    : [{ functionCall: { id: `call_${id}`, name: call.name, args: call.args }, thoughtSignature: "c2lnbmVk" }]),
];

const chunk = (parts: readonly object[], finishReason?: string): object => ({
  candidates: [{ index: 0, content: { role: "model", parts }, finishReason }],
  usageMetadata,
});
