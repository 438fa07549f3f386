import { accessSync, constants, existsSync, readdirSync } from "node:fs";
import { delimiter, join } from "node:path";
import type { CliName } from "../../src/adapters/agents/native/cli.ts";
import { describe } from "vitest";
import { site, type Site, until } from "./e2e.ts";
import { BRIEFS, directive, type Rule } from "./scripted-model/directive.ts";
import { type ScriptedModel, scriptedModel } from "./scripted-model/server.ts";

/** How a real CLI plays the stories below: as measured, and known to the last token. */
export interface Live {
  readonly name: CliName;
  readonly keyName: string;
  readonly model: string;
  /** Of its model, in one turn of each role. */
  readonly requests: { readonly coder: number; readonly mender: number; readonly reviewer: number };
  /** For 600 tokens of input, 400 from a cache and 100 of output; null where nobody knows. */
  readonly usdPerRequest: number | null;
}

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
];

/** Its tests; where it is absent they are skipped, and that is said. */
export function forEachCli(tests: (cli: Live) => void): void {
  for (const cli of CLIS) {
    const why = whyNot(cli);
    if (why !== null) console.warn(`skipped: ${why}`);
    describe.skipIf(why !== null)(`${cli.name}${why === null ? "" : ` (skipped: ${why})`}`, () => {
      // Also where the person has one of their own.
      process.env[cli.keyName] = "a-key-of-the-test";
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
  { name, keyName, model: named }: Live,
  {
    home,
    rules,
    sandbox,
  }: { readonly home: string; readonly rules: readonly Rule[]; readonly sandbox: "auto" | "off" },
): Promise<LiveSite> {
  const model = await scriptedModel();
  const agent = (role: string): object => ({
    ...{ role, engine: name, model: named, apiKeyEnv: keyName, login: "isolated" },
    baseUrl: model.url(`ok.${role}`),
  });
  const there = await site({
    home,
    backlog: `- [ ] Greet <!-- id: greet -->\n\n  ${directive(...rules)}\n`,
    config: {
      agents: { coder: agent("coder"), tester: { role: "tester", engine: "checks" }, reviewer: agent("reviewer") },
      checks: "grep -q hello greeting.txt",
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
