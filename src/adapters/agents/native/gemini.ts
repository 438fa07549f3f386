import { basename, dirname, join } from "node:path";
import type { Cli, Launch, Turn } from "./cli.ts";
import { geminiReader } from "./gemini-reader.ts";

/** Its login; what it calls its home is the folder around it. */
const LOGIN = ".gemini";
const SERVER = "https://generativelanguage.googleapis.com";

const SETTINGS = {
  security: { auth: { selectedType: "gemini-api-key" } },
  privacy: { usageStatisticsEnabled: false },
  // It waits longer each time: more tries are minutes in which nobody hears anything.
  general: { enableAutoUpdate: false, enableAutoUpdateNotification: false, maxAttempts: 3 },
  // An @ in a brief adds a file to it; one that is none is not searched for in the whole tree.
  context: { fileName: ["GEMINI.md"], fileFiltering: { enableRecursiveFileSearch: false } },
  // Those of a branch bring servers of their own, and who helps whom is ours to decide.
  experimental: { enableAgents: false },
};

/**
 * What is not named here is not even offered. Its own `plan` mode keeps nobody from writing: headless, the model leaves
 * it whenever it likes, and everything is allowed from then on.
 */
const READING = `[[rule]]
toolName = "*"
decision = "deny"
priority = 100

[[rule]]
toolName = ["read_file", "read_many_files", "list_directory", "glob", "grep_search", "update_topic", "write_todos"]
decision = "allow"
priority = 200
`;

/** Gemini CLI, headless: the brief on stdin, its words as JSON lines. */
export const gemini: Cli = {
  name: "gemini",
  program: "gemini",
  tested: { from: "0.61.0", to: "0.61.0" },
  servers: [{ protocol: "gemini", keyName: "GEMINI_API_KEY", urlName: "GOOGLE_GEMINI_BASE_URL" }],
  login: LOGIN,
  features: { resume: true, schema: false, cost: false, readOnly: true, guidance: false },
  seeds: { startSeconds: 1.9, prefixTokens: 13_000 },
  plan,
  reader: geminiReader,
};

function plan({ edits, brief, guidance, model, home, folder, session, server }: Turn): Launch {
  const isTheirs = basename(home) === LOGIN;
  const policy = join(folder, "judge.toml");
  const args = [
    ...["--output-format", "stream-json"],
    ...(edits ? ["--approval-mode", "yolo"] : ["--approval-mode", "default", "--admin-policy", policy]),
    // Together with the variable below: it does what it is told, and yet reads no settings, hooks and servers of the
    // branch, for those are looked at before this word is.
    "--skip-trust",
    ...(model === null ? [] : ["--model", model]),
    ...(session.resume === null ? ["--session-id", session.fresh] : ["--resume", session.resume]),
  ];
  const env = {
    GEMINI_CLI_HOME: isTheirs ? dirname(home) : home,
    GEMINI_CLI_TRUST_WORKSPACE: "false",
    GEMINI_CLI_NO_RELAUNCH: "true",
    // A `.gemini/.env` of the branch sets whatever is not set.
    GOOGLE_GEMINI_BASE_URL: server.url ?? SERVER,
    GEMINI_TELEMETRY_ENABLED: "false",
    GEMINI_SYSTEM_MD: "false",
    GEMINI_SANDBOX: "false",
    ...(server.key === null ? {} : { GEMINI_API_KEY: server.key }),
  };
  const files = [
    ...(edits ? [] : [{ path: policy, text: READING }]),
    // The user's own stay as they are.
    ...(isTheirs ? [] : [{ path: join(home, LOGIN, "settings.json"), text: JSON.stringify(SETTINGS) }]),
  ];
  // With the user's own settings it would not read AGENTS.md, and never one below the top.
  const words =
    guidance === "" || session.resume !== null ? "" : `What this repository says to agents:\n\n${guidance}\n\n`;
  return { args, env, input: `${words}${brief}`, files };
}
