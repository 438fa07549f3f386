import { join } from "node:path";
import type { Cli, Launch, Server, Turn } from "./cli.ts";
import { codexReader } from "./codex-reader.ts";

const KEY = "OPENAI_API_KEY";
/** Of a request and of a stream: more are minutes in which a task waits that could wait better elsewhere. */
const RETRIES = 2;
/** A model that thinks is silent; one that has said nothing for so long in the middle of an answer is gone. */
const STALLED_MS = 120_000;

/** What it fetches from the internet, and what it starts or waits for without giving an account. */
const LEFT_OUT = ["plugins", "apps", "hooks", "multi_agent", "goals", "unbounded_connection_retries"];

/** OpenAI's Codex, headless: one process per turn, its words as JSON lines. */
export const codex: Cli = {
  name: "codex",
  program: "codex",
  tested: { from: "0.169.0", to: "0.169.0" },
  servers: [{ protocol: "openai", keyName: KEY, urlName: "OPENAI_BASE_URL" }],
  login: ".codex",
  features: { resume: true, schema: true, cost: false, readOnly: true, sums: "tokens", guidance: true },
  seeds: { startSeconds: 0.5, prefixTokens: 10_000 },
  plan,
  reader: codexReader,
};

function plan(turn: Turn): Launch {
  const { brief, model, home, folder, schema, session, server } = turn;
  const schemaFile = join(folder, "schema.json");
  const settings = {
    sandbox_mode: sandboxMode(turn),
    approval_policy: "never",
    // It is the server that searches, so no fence of ours would keep it from carrying words out.
    web_search: "disabled",
    check_for_update_on_startup: false,
    ...Object.fromEntries(["analytics", "feedback"].map((key) => [`${key}.enabled`, false])),
    ...Object.fromEntries(LEFT_OUT.map((key) => [`features.${key}`, false])),
    "shell_environment_policy.exclude": [KEY],
    ...serverSettings(server),
  };
  const args = [
    ...(session.resume === null ? ["exec"] : ["exec", "resume"]),
    ...["--json", "--skip-git-repo-check"],
    // Neither the user's own settings nor what an agent wrote into its home; those of a branch it does not trust.
    ...["--ignore-user-config", "--ignore-rules"],
    ...Object.entries(settings).flatMap(([key, value]) => ["-c", `${key}=${JSON.stringify(value)}`]),
    ...(model === null ? [] : ["--model", model]),
    ...(schema === null ? [] : ["--output-schema", schemaFile]),
    ...(session.resume === null ? [] : [session.resume]),
    "-",
  ];
  return {
    args,
    env: { CODEX_HOME: home, ...(server.key === null ? {} : { [KEY]: server.key }) },
    input: brief,
    files: schema === null ? [] : [{ path: schemaFile, text: JSON.stringify(schema) }],
  };
}

/**
 * Around who edits is our fence, where there is one: a fence of its own would keep its checks from the network. Around a
 * judge is Codex's, also within ours; but within ours root has no right to make one, and nothing it starts would run.
 */
function sandboxMode({ edits, isRoot, isFenced }: Turn): string {
  return edits || (isRoot && isFenced) ? "danger-full-access" : "read-only";
}

/** With its own login it knows its server itself; a key is for a server that we describe. */
function serverSettings({ url, key }: Server): Readonly<Record<string, string | number | boolean>> {
  if (key === null) return url === null ? {} : { openai_base_url: versioned(url) };
  const to = "model_providers.dispatch";
  return {
    model_provider: "dispatch",
    [`${to}.name`]: "dispatch",
    [`${to}.base_url`]: versioned(url ?? "https://api.openai.com"),
    [`${to}.env_key`]: KEY,
    [`${to}.wire_api`]: "responses",
    [`${to}.request_max_retries`]: RETRIES,
    [`${to}.stream_max_retries`]: RETRIES,
    [`${to}.stream_idle_timeout_ms`]: STALLED_MS,
    [`${to}.supports_websockets`]: false,
  };
}

/** Some write the address with its version, as OpenAI does, and some without. */
export function versioned(url: string): string {
  const bare = url.replace(/\/+$/, "");
  return /\/v\d+$/.test(bare) ? bare : `${bare}/v1`;
}
