import { describe, expect, test } from "vitest";
import { planNetwork, requireKey } from "../../src/config/network.ts";
import { AgentConfig } from "../../src/config/schema.ts";

const plan = (more: object, env: Record<string, string> = {}) =>
  planNetwork("agents.a", AgentConfig.parse({ role: "coder", engine: "command", ...more }), env);
const model = (more: object, env: Record<string, string> = {}) => {
  const planned = plan({ network: "model", ...more }, env);
  if (typeof planned === "string" || planned.kind !== "model") throw new Error("not the network of a model");
  return planned;
};
const ask = (more: object, env: Record<string, string> = {}): string => {
  const { upstream, urlNames } = model(more, env);
  return `${upstream.href} ${urlNames.join(" ")}`;
};
const refused = (text: string | RegExp, code = "config_invalid"): unknown =>
  expect.objectContaining({ code, exit: 2, message: expect.stringMatching(text) as unknown });

describe("the model server of an agent", () => {
  test.each([
    ["ANTHROPIC_API_KEY", "https://api.anthropic.com/ ANTHROPIC_BASE_URL"],
    ["ANTHROPIC_AUTH_TOKEN", "https://api.anthropic.com/ ANTHROPIC_BASE_URL"],
    ["OPENAI_API_KEY", "https://api.openai.com/v1 OPENAI_BASE_URL"],
    ["GEMINI_API_KEY", "https://generativelanguage.googleapis.com/ GOOGLE_GEMINI_BASE_URL"],
    ["GOOGLE_API_KEY", "https://generativelanguage.googleapis.com/ GOOGLE_GEMINI_BASE_URL"],
  ])("is told by the name %s", (apiKeyEnv, expected) => {
    expect(ask({ apiKeyEnv })).toBe(expected);
  });

  test("is its baseUrl, else what the usual variable says", () => {
    const env = { OPENAI_BASE_URL: "https://proxy.test/v1", ANTHROPIC_BASE_URL: "" };
    expect(ask({ apiKeyEnv: "OPENAI_API_KEY" }, env)).toBe("https://proxy.test/v1 OPENAI_BASE_URL");
    expect(ask({ apiKeyEnv: "OPENAI_API_KEY", baseUrl: "http://own.test/x" }, env)).toBe(
      "http://own.test/x OPENAI_BASE_URL",
    );
    expect(ask({ apiKeyEnv: "ANTHROPIC_API_KEY" }, env)).toContain("api.anthropic.com");
  });

  test("has to be named where the key does not tell, and is found by every usual variable then", () => {
    for (const apiKeyEnv of ["LITELLM_KEY", "AZURE_OPENAI_API_KEY"])
      expect(() => plan({ network: "model", apiKeyEnv })).toThrow(refused("agents.a.baseUrl is missing"));
    expect(ask({ apiKeyEnv: "LITELLM_KEY", baseUrl: "http://own.test" })).toBe(
      "http://own.test/ ANTHROPIC_BASE_URL OPENAI_BASE_URL GOOGLE_GEMINI_BASE_URL",
    );
  });

  test.each(["ftp://own.test", "http://user:pw@own.test", "http://own.test/?v=1", "http://own.test/#x"])(
    "is not %s",
    (baseUrl) => {
      expect(() => ask({ apiKeyEnv: "OPENAI_API_KEY", baseUrl })).toThrow(refused("agents.a.baseUrl is not the plain"));
    },
  );

  test("is not what a variable wrongly says", () => {
    expect(() => ask({ apiKeyEnv: "OPENAI_API_KEY" }, { OPENAI_BASE_URL: "own.test" })).toThrow(
      refused("OPENAI_BASE_URL is not the plain"),
    );
  });

  test("needs a key: its variable's name, and a value", () => {
    expect(() => plan({ network: "model" })).toThrow(refused("agents.a.apiKeyEnv is missing"));
    const planned = model({ apiKeyEnv: "OPENAI_API_KEY" });
    const missing: unknown = expect.objectContaining({ code: "api_key_missing", exit: 4 });
    for (const key of ["", " ", "two words"])
      expect(() => requireKey(planned, { OPENAI_API_KEY: key })).toThrow(missing);
    expect(() => requireKey(planned, {})).toThrow(missing);
    expect(requireKey(planned, { OPENAI_API_KEY: "sk-1\n" })).toBe("sk-1");
  });
});

describe("the network of an agent", () => {
  test("is open for a command and none for others, unless it says so", () => {
    expect([plan({}), plan({ engine: "checks" }), plan({ network: "none" }), plan({ network: [] })]).toEqual([
      "open",
      "none",
      "none",
      "none",
    ]);
  });

  test("may be a list of hosts, and of nothing else", () => {
    expect(plan({ network: ["*.example.org:8443"] })).toEqual({
      kind: "domains",
      where: "agents.a",
      allowed: [{ host: "example.org", wildcard: true, port: 8443 }],
    });
    expect(() => plan({ network: ["example.org", "https://example.org"] })).toThrow(
      refused('agents.a.network holds "https://example.org"'),
    );
  });

  test.each([["checks"], ["replay"]])("is not in between for the engine %s", (engine) => {
    for (const network of ["model", ["example.org"]])
      expect(() => plan({ engine, network, apiKeyEnv: "OPENAI_API_KEY" })).toThrow(refused("only for agents"));
  });
});
