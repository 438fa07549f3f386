import { accessSync, constants, existsSync, readdirSync } from "node:fs";
import { delimiter, join } from "node:path";
import { describe } from "vitest";
import { site, type Site, until } from "./e2e.ts";
import { BRIEFS, directive, type Rule } from "./scripted-model/directive.ts";
import { type ScriptedModel, scriptedModel } from "./scripted-model/server.ts";

/** How a real CLI plays the stories below: as measured, and known to the last token. */
export interface Live {
  /** Of its program, and of its engine where it does not speak ACP. */
  readonly name: string;
  readonly keyName: string;
  readonly model: string;
  /** How it is made to speak ACP, and which variables tell it of its model. */
  readonly acp?: { readonly words: readonly string[]; readonly variables: Variables };
  /** Of its model, in one turn of each role. */
  readonly requests: { readonly coder: number; readonly mender: number; readonly reviewer: number };
  /** For 600 tokens of input, 400 from a cache and 100 of output; null where nobody knows. */
  readonly usdPerRequest: number | null;
}

type Variables = (url: string, cli: Pick<Live, "model">) => Readonly<Record<string, string>>;

const KEY = "a-key-of-the-test";

/** Its own way to any server; it unpacks itself into its cache, 240 MB each time. */
const copilotVariables: Variables = (url, { model }) => ({
  COPILOT_OFFLINE: "true",
  COPILOT_PROVIDER_TYPE: "openai",
  COPILOT_PROVIDER_BASE_URL: url,
  COPILOT_PROVIDER_API_KEY: KEY,
  COPILOT_MODEL: model,
  XDG_CACHE_HOME: join(process.env.HOME ?? "", ".cache"),
});

/**
 * The real CLIs, as far as they are on the PATH, against a scripted model: nothing is installed, nothing leaves the
 * machine. Each answer counts as 1000 tokens of input, 400 of them from a cache, and 100 of output.
 */
const CLIS: readonly Live[] = [
  {
    ...{ name: "claude", keyName: "ANTHROPIC_API_KEY", model: "claude-sonnet-4-5" },
    ...{ requests: { coder: 3, mender: 2, reviewer: 1 }, usdPerRequest: 0.003_42 },
  },
  {
    ...{ name: "codex", keyName: "OPENAI_API_KEY", model: "gpt-5" },
    ...{ requests: { coder: 3, mender: 2, reviewer: 2 }, usdPerRequest: 0.0018 },
  },
  {
    ...{ name: "gemini", keyName: "GEMINI_API_KEY", model: "gemini-2.5-pro" },
    ...{ requests: { coder: 3, mender: 2, reviewer: 1 }, usdPerRequest: 0.0018 },
  },
  {
    ...{ name: "opencode", keyName: "OPENAI_API_KEY", model: "gpt-5" },
    ...{ requests: { coder: 3, mender: 2, reviewer: 1 }, usdPerRequest: 0.0018 },
  },
  {
    ...{ name: "copilot", keyName: "OPENAI_API_KEY", model: "gpt-5" },
    acp: { words: ["--acp", "--no-auto-update"], variables: copilotVariables },
    ...{ requests: { coder: 3, mender: 2, reviewer: 2 }, usdPerRequest: 0.0018 },
  },
  {
    ...{ name: "qwen", keyName: "OPENAI_API_KEY", model: "gpt-5" },
    acp: { words: ["--acp"], variables: (_, { model }) => ({ OPENAI_MODEL: model }) },
    ...{ requests: { coder: 3, mender: 2, reviewer: 2 }, usdPerRequest: 0.0018 },
  },
];

/** Its tests; where it is absent they are skipped, and that is said. */
export function forEachCli(tests: (cli: Live) => void): void {
  for (const cli of CLIS) {
    const why = whyNot(cli);
    if (why !== null) console.warn(`skipped: ${why}`);
    describe.skipIf(why !== null)(`${cli.name}${why === null ? "" : ` (skipped: ${why})`}`, () => {
      // Also where the person has one of their own.
      process.env[cli.keyName] = KEY;
      tests(cli);
    });
  }
}

/** Why it is not driven here, or null. */
function whyNot({ name }: Live): string | null {
  const folders = (process.env.PATH ?? "").split(delimiter);
  return folders.some((folder) => isProgram(join(folder, name))) ? null : `${name} is not on the PATH`;
}

function isProgram(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** As in a dispatch.jsonc; what it reads of our environment is set there. */
export function liveAgent({ name, keyName, model, acp }: Live, url: string): object {
  const own = { model, apiKeyEnv: keyName, login: "isolated", baseUrl: url };
  if (acp === undefined) return { engine: name, ...own };
  const variables = acp.variables(url, { model });
  Object.assign(process.env, variables);
  return { engine: "acp", command: [name, ...acp.words], env: Object.keys(variables), ...own };
}

/** A file of hello, sent back once for a name; the judge would also write, if it could. */
export const GREET: readonly Rule[] = [
  {
    if: "+hello, reader",
    do: [{ sh: "touch sneaked.txt" }, { json: { verdict: "approve", summary: "It greets the reader.", findings: [] } }],
  },
  {
    if: BRIEFS.reviewer,
    do: [
      { sh: "touch sneaked.txt" },
      {
        json: {
          verdict: "request_changes",
          summary: "Whom does it greet?",
          findings: [{ path: "greeting.txt", line: 1, severity: "major", rule: null, message: "Greet the reader." }],
        },
      },
    ],
  },
  { if: BRIEFS.mender, do: [{ sh: "echo 'hello, reader' > greeting.txt" }, { say: "It greets the reader now." }] },
  { if: BRIEFS.coder, do: [{ write: ["greeting.txt", "hello\n"] }, { sh: "cat greeting.txt" }, { say: "It greets." }] },
];

/** Its tester proves what the change is for, and would mend it, too. */
export const PROBES: readonly Rule[] = [
  {
    if: BRIEFS.tester,
    do: [
      { sh: "mkdir test && echo hello > test/greets.txt" },
      { write: ["greeting.txt", "hello, tester\n"] },
      { json: { verdict: "approve", summary: "It greets.", findings: [] } },
    ],
  },
  { if: BRIEFS.reviewer, do: [{ json: { verdict: "approve", summary: "It greets.", findings: [] } }] },
  { if: BRIEFS.coder, do: [{ write: ["greeting.txt", "hello\n"] }, { say: "It greets." }] },
];

/** Half of a change, and a tool that never ends. */
export const HANGS: readonly Rule[] = [
  { if: BRIEFS.coder, do: [{ write: ["greeting.txt", "hel"] }, { sh: "touch started.txt; tail -f /dev/null" }] },
];

/** A repository with one task that `cli` codes and reviews; what it says is in the rules. */
export interface LiveSite extends AsyncDisposable {
  readonly there: Site;
  readonly model: ScriptedModel;
  /** Waits until the tool that never ends is at work. */
  hangs(): Promise<void>;
}

export async function liveSite(
  cli: Live,
  {
    home,
    rules,
    sandbox,
    thinks = false,
  }: {
    readonly home: string;
    readonly rules: readonly Rule[];
    readonly sandbox: "auto" | "off";
    /** The tester: else the checks are. */
    readonly thinks?: boolean;
  },
): Promise<LiveSite> {
  const model = await scriptedModel();
  const agent = liveAgent(cli, model.url("ok"));
  const there = await site({
    home,
    backlog: `- [ ] Greet <!-- id: greet -->\n\n  ${directive(...rules)}\n`,
    config: {
      agents: {
        coder: { role: "coder", ...agent },
        tester: thinks ? { role: "tester", ...agent } : { role: "tester", engine: "checks" },
        reviewer: { role: "reviewer", ...agent },
      },
      checks: thinks ? "! [ -e test/greets.txt ] || grep -q hello greeting.txt" : "grep -q hello greeting.txt",
      sandbox,
    },
  });
  const worktrees = join(there.repo.dir, ".work");
  return {
    there,
    model,
    hangs: () =>
      until(
        () =>
          existsSync(worktrees) &&
          readdirSync(worktrees).some((one) => existsSync(join(worktrees, one, "started.txt"))),
      ),
    async [Symbol.asyncDispose]() {
      await there[Symbol.asyncDispose]();
      await model[Symbol.asyncDispose]();
    },
  };
}
