import { expect, it } from "vitest";
import { BRIEFS, directive } from "../../support/scripted-model/directive.ts";
import { scriptedModel } from "../../support/scripted-model/server.ts";

/** As a brief quotes an item of the backlog. */
const PROMPT = `# A task

${BRIEFS.reviewer}.

> ${directive(
  { if: BRIEFS.coder, do: [{ say: "I am the coder." }] },
  { if: BRIEFS.reviewer, do: [{ sh: "ls" }, { json: { verdict: "approve" } }] },
)}
`;
const VERDICT = JSON.stringify(JSON.stringify({ verdict: "approve" })).slice(1, -1);
const schema = { type: "object", properties: { command: { type: "string" } }, required: ["command"] };

/** Path, the request before any call, and what it grows by after one. */
const PROTOCOLS: readonly (readonly [string, Readonly<Record<string, unknown[]>>, string, object])[] = [
  [
    "/v1/messages",
    { messages: [{ role: "user", content: PROMPT }], tools: [{ name: "Bash", input_schema: schema }] },
    "messages",
    { role: "user", content: [{ type: "tool_result", content: "a.txt" }] },
  ],
  [
    "/v1/responses",
    { input: [{ role: "user", content: PROMPT }], tools: [{ type: "function", name: "shell", parameters: schema }] },
    "input",
    { type: "function_call_output", output: "a.txt" },
  ],
  [
    "/v1/chat/completions",
    { messages: [{ role: "user", content: PROMPT }], tools: [{ function: { name: "bash", parameters: schema } }] },
    "messages",
    { role: "tool", content: "a.txt" },
  ],
  [
    "/v1beta/models/m:streamGenerateContent",
    {
      contents: [{ role: "user", parts: [{ text: PROMPT }] }],
      tools: [{ functionDeclarations: [{ name: "run_shell_command", parameters: schema }] }],
    },
    "contents",
    { role: "user", parts: [{ functionResponse: {} }] },
  ],
];

it.each(PROTOCOLS)(
  "plays the part that the prompt is for, a step in each turn: %s",
  async (path, body, key, result) => {
    await using model = await scriptedModel();
    const ask = async (more: object): Promise<string> => {
      const sent = JSON.stringify({ model: "m", stream: true, ...body, ...more });
      return await (await fetch(`${model.url("ok.one")}${path}`, { method: "POST", body: sent })).text();
    };
    expect(await ask({})).toMatch(/\\?"command\\?":\s*\\?"ls/);
    expect(await ask({ [key]: [...(body[key] ?? []), result] })).toContain(VERDICT);
    expect(model.log).toMatchObject([
      { scenario: "ok.one", turn: 0, briefs: 1, did: expect.stringMatching(/^call /) as unknown },
      { scenario: "ok.one", turn: 1, briefs: 1, did: "text" },
    ]);
  },
);

it.each(PROTOCOLS)("fails as it is told to: %s", async (path, body) => {
  await using model = await scriptedModel();
  const ask = (scenario: string): Promise<Response> =>
    fetch(`${model.url(scenario)}${path}`, { method: "POST", body: JSON.stringify({ stream: true, ...body }) });
  const statuses = [await ask("err-429x1"), await ask("err-429x1"), await ask("ctx")].map(({ status }) => status);
  expect(statuses).toEqual([429, 200, 400]);
  await expect(ask("cut").then((one) => one.text())).rejects.toThrow("terminated");
  expect(await (await ask("maxtok")).text()).toMatch(/"max_tokens"|"max_output_tokens"|"length"|"MAX_TOKENS"/);
  expect(await (await ask("refuse")).text()).toMatch(/"refusal"|"content_filter"|"SAFETY"/);
});
