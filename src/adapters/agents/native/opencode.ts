import { basename, dirname, join } from "node:path";
import type { Cli, Launch, Server, Turn } from "./cli.ts";
import { opencodeReader } from "./opencode-reader.ts";

/** Its data, and with them its login. */
const LOGIN = ".local/share/opencode";
const READING = ["read", "grep", "glob", "list", "external_directory"];
const OFF = ["AUTOUPDATE", "MODELS_FETCH", "LSP_DOWNLOAD", "DEFAULT_PLUGINS", "SHARE", "PROJECT_CONFIG"];

/** opencode, headless: the brief on stdin, its words as JSON lines. */
export const opencode: Cli = {
  name: "opencode",
  program: "opencode",
  tested: { from: "1.18.33", to: "1.18.33" },
  servers: [
    { protocol: "anthropic", keyName: "ANTHROPIC_API_KEY", urlName: "ANTHROPIC_BASE_URL" },
    { protocol: "openai", keyName: "OPENAI_API_KEY", urlName: "OPENAI_BASE_URL" },
  ],
  login: LOGIN,
  // It would read AGENTS.md by itself only together with the settings, tools and servers of the branch.
  features: { resume: true, schema: false, cost: true, readOnly: true, guidance: false },
  seeds: { startSeconds: 4.5, prefixTokens: 8_000 },
  plan,
  reader: opencodeReader,
};

function plan(turn: Turn): Launch {
  const { edits, brief, guidance, cwd, home, folder, session } = turn;
  const guide = join(folder, "guidance.md");
  // A plugin in the folder where it works is loaded whatever it is told, and could judge in the judge's place. The
  // folder is the same each time: in another one a session cannot be gone on with.
  const bench = join(home, "judge");
  const model = modelOf(turn);
  const config = {
    ...{ autoupdate: false, share: "disabled", snapshot: false, lsp: false, formatter: false },
    ...providerOf(turn.server, model),
    // It asks a smaller one for titles, whoever sells it.
    ...(model.name === null ? {} : { small_model: `${model.provider}/${model.name}` }),
    permission: edits ? { "*": "allow" } : { "*": "deny", ...Object.fromEntries(READING.map((it) => [it, "allow"])) },
    ...(guidance === "" ? {} : { instructions: [guide] }),
  };
  const args = [
    ...["run", "--format", "json", "--pure", "--title", "dispatch"],
    // It tries again by itself for more than a minute, and says so nowhere else.
    ...["--print-logs", "--log-level", "ERROR"],
    ...(edits ? ["--auto"] : ["--dir", bench]),
    ...(model.name === null ? [] : ["--model", `${model.provider}/${model.name}`]),
    ...(session.resume === null ? [] : ["--session", session.resume]),
  ];
  const env = {
    OPENCODE_CONFIG_CONTENT: JSON.stringify(config),
    ...Object.fromEntries(OFF.map((what) => [`OPENCODE_DISABLE_${what}`, "1"])),
    ...foldersIn(home, folder),
  };
  const place = edits ? "" : `The repository is in ${cwd}: read it there, by absolute paths.\n\n`;
  const files = [
    ...(guidance === "" ? [] : [{ path: guide, text: guidance }]),
    ...(edits ? [] : [{ path: join(bench, "here"), text: "" }]),
  ];
  return { args, env, input: `${place}${brief}`, files };
}

/** With the user's login it keeps its data beside it, and the rest is none of theirs. */
function foldersIn(home: string, folder: string): Readonly<Record<string, string>> {
  const isTheirs = basename(home) === basename(LOGIN);
  const top = isTheirs ? folder : home;
  return {
    XDG_DATA_HOME: isTheirs ? dirname(home) : join(home, "data"),
    ...{ XDG_CONFIG_HOME: join(top, "config"), XDG_CACHE_HOME: join(top, "cache"), XDG_STATE_HOME: join(top, "state") },
  };
}

interface Model {
  readonly provider: string;
  /** null: which one, it decides. */
  readonly name: string | null;
}

/** `provider/model`; a bare name is one of whoever the key is for. */
function modelOf({ model, server }: Turn): Model {
  const slash = model?.indexOf("/") ?? -1;
  return model === null || slash < 1
    ? { provider: server.protocol, name: model }
    : { provider: model.slice(0, slash), name: model.slice(slash + 1) };
}

/** Nobody else is asked. One that it does not know speaks as most of the others do. */
function providerOf({ url, key }: Server, { provider, name }: Model): object {
  const isKnown = provider === "openai" || provider === "anthropic" || url === null;
  // Programs write the address of this one without a version at its end.
  const baseURL = url !== null && provider === "anthropic" ? `${url.replace(/\/(?:v1\/?)?$/, "")}/v1` : url;
  const options = { ...(baseURL === null ? {} : { baseURL }), ...(key === null ? {} : { apiKey: key }) };
  const models = name === null ? {} : { models: { [name]: {} } };
  return {
    enabled_providers: [provider],
    provider: { [provider]: { ...(isKnown ? {} : { npm: "@ai-sdk/openai-compatible" }), options, ...models } },
  };
}
