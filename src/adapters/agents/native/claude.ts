import { join } from "node:path";
import type { Cli, Launch, Turn } from "./cli.ts";
import { claudeReader } from "./claude-reader.ts";

/** Nothing of it writes, runs or fetches. */
const READING = "Read,Grep,Glob";
/** It waits longer each time: more tries are minutes in which nobody hears anything. */
const RETRIES = "2";

/** Claude Code, headless: one process per turn, its words as JSON lines. */
export const claude: Cli = {
  name: "claude",
  program: "claude",
  tested: { from: "2.1.197", to: "2.1.329" },
  servers: [{ protocol: "anthropic", keyName: "ANTHROPIC_API_KEY", urlName: "ANTHROPIC_BASE_URL" }],
  login: ".claude",
  features: { resume: true, schema: true, cost: true, readOnly: true, sums: "cost", guidance: false },
  seeds: { startSeconds: 0.7, prefixTokens: 22_000 },
  plan,
  reader: claudeReader,
};

function plan({ edits, brief, guidance, model, home, folder, schema, session, server, isRoot }: Turn): Launch {
  const guide = join(folder, "guidance.md");
  const args = [
    ...["-p", "--output-format", "stream-json", "--verbose"],
    ...["--permission-mode", "bypassPermissions"],
    // What lies in a branch configures nothing here: neither hooks nor servers of its own.
    ...["--setting-sources", "", "--strict-mcp-config"],
    ...(edits ? [] : ["--tools", READING]),
    ...(model === null ? [] : ["--model", model]),
    ...(session.resume === null ? ["--session-id", session.fresh] : ["--resume", session.resume]),
    ...(schema === null ? [] : ["--json-schema", JSON.stringify(schema)]),
    ...(guidance === "" ? [] : ["--append-system-prompt-file", guide]),
  ];
  const env = {
    CLAUDE_CONFIG_DIR: home,
    ...(server.url === null ? {} : { ANTHROPIC_BASE_URL: server.url }),
    ...(server.key === null ? {} : { ANTHROPIC_API_KEY: server.key }),
    DISABLE_AUTOUPDATER: "1",
    DISABLE_TELEMETRY: "1",
    DISABLE_ERROR_REPORTING: "1",
    CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: "1",
    CLAUDE_CODE_MAX_RETRIES: RETRIES,
    // It refuses to skip its questions as root unless somebody says that it is fenced in, which is ours to see to.
    ...(isRoot ? { IS_SANDBOX: "1" } : {}),
  };
  return { args, env, input: brief, files: guidance === "" ? [] : [{ path: guide, text: guidance }] };
}
