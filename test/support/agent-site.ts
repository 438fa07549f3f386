import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { ChecksOptions } from "../../src/adapters/checks/checks-options.ts";
import { openChecks } from "../../src/adapters/checks/run-checks.ts";
import { openSandbox } from "../../src/adapters/sandbox/open-sandbox.ts";
import { openAgents } from "../../src/adapters/agents/open-agents.ts";
import { openPrompts } from "../../src/adapters/prompts/open-prompts.ts";
import { AgentConfig } from "../../src/config/schema.ts";
import type { AgentInput } from "../../src/domain/assignment.ts";
import type { Agent, AgentEvent, AgentOutcome, AgentRequest } from "../../src/ports/agent.ts";
import type { Checks } from "../../src/ports/checks.ts";
import type { Sandbox } from "../../src/ports/sandbox.ts";
import { temporaryFolder } from "./temporary-folder.ts";

const FIXTURES = fileURLToPath(new URL("../fixtures/agents/", import.meta.url));

/** The path of one of the small executables. */
export const fixture = (name: string): string => join(FIXTURES, name);

/** Where agents work in a test: a tree, a private folder, a log, and how to ask for a run there. */
export interface AgentSite {
  readonly folder: string;
  readonly cwd: string;
  readonly scratch: string;
  readonly logFile: string;
  readonly events: AgentEvent[];
  request(more?: Partial<Omit<AgentRequest, "input">> & { readonly input?: Partial<AgentInput> }): AgentRequest;
  run(agent: Agent, request?: AgentRequest, signal?: AbortSignal): Promise<AgentOutcome>;
  /** One agent, opened as the product opens it; the configuration lies in `folder`. */
  open(config: Partial<AgentConfig>, checks?: Checks): Agent;
  checks(config: Partial<ChecksOptions["config"]>, more?: Partial<ChecksOptions>): Checks;
}

const clock = { monotonic: () => performance.now(), now: () => Date.now() };
const endGraceMs = 200;

export function agentSite(sandbox: Sandbox = openSandbox({ mode: "off", repository: null })): AgentSite {
  const folder = temporaryFolder("agent-site");
  const cwd = join(folder, "tree");
  const scratch = join(folder, "scratch");
  const keep = join(folder, "kept");
  const logFile = join(folder, "logs", "agent.log");
  const processFolder = join(folder, "processes");
  const events: AgentEvent[] = [];
  mkdirSync(cwd);
  mkdirSync(keep);

  const request: AgentSite["request"] = ({ input, ...more } = {}) => ({
    input: { ...INPUT, ...input },
    brief: "# Do it\n",
    cwd,
    scratch,
    keep,
    logFile,
    limits: { wallSeconds: 50, idleSeconds: 50, outputMb: 8 },
    ...more,
  });
  const checks: AgentSite["checks"] = (config, more = {}) =>
    openChecks({
      config: { checks: undefined, setup: undefined, limits: LIMITS, agents: {}, ...config },
      configDir: folder,
      sandbox,
      clock,
      processFolder,
      setupFolder: join(folder, "setup"),
      endGraceMs,
      ...more,
    });
  return {
    folder,
    cwd,
    scratch,
    logFile,
    events,
    request,
    checks,
    run: (agent, asked = request(), signal = new AbortController().signal) =>
      agent.run(asked, (event) => events.push(event), signal),
    open(config, ready = checks({})) {
      const one = AgentConfig.parse({ role: "coder", engine: "command", ...config });
      const options = {
        config: { agents: { one } },
        prompts: openPrompts({ checkout: folder, folder, agents: { one } }),
        configDir: folder,
        checks: ready,
        processFolder,
        sandbox,
        clock,
        endGraceMs,
      };
      const agent = openAgents(options).get("one");
      if (agent === undefined) throw new Error("the agent was not opened");
      return agent;
    },
  };
}

const LIMITS = { autosave: "off" as const, wall: 50, idle: 50, outputMb: 8, changedFiles: 100, memoryMb: 1024 };

const INPUT: AgentInput = {
  v: 1,
  run: "run-1",
  role: "coder",
  round: 1,
  attempt: 1,
  task: { id: "A", title: "Do it", body: "", context: [], files: [], kind: null, skills: [] },
  branch: "dispatch/a--do-it",
  base: "b".repeat(40),
  head: null,
  findings: [],
  diff: "",
};
