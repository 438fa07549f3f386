import { DispatchError, EXIT } from "../domain/errors.ts";
import { type Allowed, parseAllowed } from "./allow-list.ts";
import { reachOf } from "./policy.ts";
import type { AgentConfig } from "./schema.ts";

/** `network: "model"`: one server and its key, which the agent never sees. */
export interface ModelNetwork {
  readonly kind: "model";
  /** The agent's place in the configuration: `agents.coder`. */
  readonly where: string;
  /** Where the requests go: scheme, host and the path above all of them. */
  readonly upstream: URL;
  /** The variable that holds the key, here and, with another word in it, inside. */
  readonly keyName: string;
  /** Variables in which programs look for the server. */
  readonly urlNames: readonly string[];
  /** Nobody asked for it: where nothing would keep the agent to it, it is open. */
  readonly isDefault: boolean;
}

/** `network: [...]`. */
export interface DomainsNetwork {
  readonly kind: "domains";
  readonly where: string;
  readonly allowed: readonly Allowed[];
}

export type Network = "none" | "open" | ModelNetwork | DomainsNetwork;

type Environment = Readonly<Record<string, string | undefined>>;

/** Who the key is for is told by the beginning of its variable's name: `ANTHROPIC_API_KEY`. */
const PROVIDERS = [
  { key: /^ANTHROPIC_/, urlName: "ANTHROPIC_BASE_URL", api: "https://api.anthropic.com" },
  { key: /^OPENAI_/, urlName: "OPENAI_BASE_URL", api: "https://api.openai.com/v1" },
  { key: /^(?:GEMINI|GOOGLE)_/, urlName: "GOOGLE_GEMINI_BASE_URL", api: "https://generativelanguage.googleapis.com" },
];

/** What an agent's `network` means. Throws `config_invalid` (exit 2) where that cannot be. */
export function planNetwork(where: string, agent: AgentConfig, env: Environment): Network {
  const { engine, network } = agent;
  const isWay = network === "model" || (Array.isArray(network) && network.length > 0);
  if (isWay && (engine === "replay" || engine === "checks"))
    throw invalid(where, "network", `is only for agents that start a program of yours`, '"none" or "open"');
  const reach = reachOf(agent);
  switch (reach) {
    case "none":
    case "open":
      return reach;
    case "model":
      return planModel(where, agent, env);
    case "domains":
      return planDomains(where, Array.isArray(network) ? network : []);
  }
}

function planModel(where: string, { apiKeyEnv, baseUrl, network }: AgentConfig, env: Environment): ModelNetwork {
  if (apiKeyEnv === undefined)
    throw invalid(where, "apiKeyEnv", 'is missing, and "network": "model" needs it', '"ANTHROPIC_API_KEY"');
  const provider = PROVIDERS.find(({ key }) => key.test(apiKeyEnv));
  // Whoever else it is for, programs look in one of these.
  const urlNames = provider === undefined ? PROVIDERS.map(({ urlName }) => urlName) : [provider.urlName];
  const [name, url] =
    baseUrl !== undefined || provider === undefined
      ? [`${where}.baseUrl`, baseUrl]
      : [provider.urlName, env[provider.urlName] || provider.api];
  if (url === undefined)
    throw invalid(where, "baseUrl", `is missing, and ${apiKeyEnv} does not say whose key it is`, '"https://…"');
  const isDefault = network === undefined;
  return { kind: "model", where, upstream: requireUpstream(name, url), keyName: apiKeyEnv, urlNames, isDefault };
}

function requireUpstream(name: string, text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : null;
  const isPlain = url !== null && url.username === "" && url.password === "" && url.search === "" && url.hash === "";
  if (url !== null && isPlain && ["http:", "https:"].includes(url.protocol)) return url;
  throw new DispatchError({
    code: "config_invalid",
    message: `${name} is not the plain address of a model server.`,
    hint: `Write it as https://host/path, without user, password, ? and #.`,
    exit: EXIT.usage,
    facts: { name },
  });
}

function planDomains(where: string, entries: readonly string[]): DomainsNetwork {
  const allowed = entries.map((entry) => {
    const one = parseAllowed(entry);
    if (one !== null) return one;
    const hosts = '["registry.npmjs.org", "*.example.org", "localhost:8080"]';
    throw invalid(where, "network", `holds ${JSON.stringify(entry)}, which is no host`, hosts);
  });
  return { kind: "domains", where, allowed };
}

/** The key of a model's server. Throws `api_key_missing` (exit 4). */
export function requireKey({ where, keyName, upstream }: ModelNetwork, env: Environment): string {
  const key = env[keyName]?.trim() ?? "";
  if (/^[\x21-\x7e]+$/.test(key)) return key;
  throw new DispatchError({
    code: "api_key_missing",
    message: `${where} has no key for ${upstream.host}: ${keyName} is not set, or holds none.`,
    hint: `export ${keyName}=…, or name the variable that holds it in ${where}.apiKeyEnv`,
    exit: EXIT.authentication,
    facts: { where, keyName },
  });
}

/** Where an agent's server needs one. */
export function requireKeyOf(where: string, agent: AgentConfig, env: Environment): void {
  const network = planNetwork(where, agent, env);
  if (typeof network === "object" && network.kind === "model") requireKey(network, env);
}

function invalid(where: string, key: string, why: string, example: string): DispatchError {
  return new DispatchError({
    code: "config_invalid",
    message: `${where}.${key} ${why}.`,
    hint: `Write in dispatch.jsonc: "${key}": ${example}`,
    exit: EXIT.usage,
    facts: { where, key },
  });
}
