import { resolve } from "node:path";
import { planNetwork } from "../../config/network.ts";
import type { AgentConfig, Config } from "../../config/schema.ts";
import { DispatchError, EXIT } from "../../domain/errors.ts";
import type { Agent } from "../../ports/agent.ts";
import type { Checks } from "../../ports/checks.ts";
import type { Clock } from "../../ports/clock.ts";
import type { Prompts } from "../../ports/prompts.ts";
import { requireHarmless } from "../process/environment.ts";
import { requireMounts } from "../process/mounts.ts";
import { openAcp } from "./acp/open-acp.ts";
import { checksAgent } from "./checks-agent.ts";
import { commandAgent } from "./command-agent.ts";
import { requireProgram } from "./find-program.ts";
import { readRecording } from "./read-recording.ts";
import { CLIS, openNative } from "./native/open-native.ts";
import { replayAgent } from "./replay-agent.ts";
import type { AgentIdentity, ProgramOptions } from "./run-program.ts";

export interface AgentsOptions extends ProgramOptions {
  readonly config: Pick<Config, "agents">;
  /** The folder of the configuration file: programs and recordings are seen from there. */
  readonly configDir: string;
  readonly checks: Checks;
  /** Of the user's own prompts: another prompt makes another agent, and an agent's own file may name its model. */
  readonly prompts?: Pick<Prompts, "versionOf" | "modelOf">;
  readonly clock: Pick<Clock, "monotonic" | "now">;
}

/**
 * The configured workers by name. Throws before anything is started, with exit 2: `config_invalid`,
 * `program_missing`, `recording_invalid`.
 */
export function openAgents(options: AgentsOptions): ReadonlyMap<string, Agent> {
  const entries = Object.entries(options.config.agents);
  return new Map(entries.map(([name, config]) => [name, openAgent(name, config, options)]));
}

/** For a host that plans and starts none of them: their programs need not be there. */
export function nameAgents({ agents }: AgentsOptions["config"]): ReadonlyMap<string, Agent> {
  return new Map(
    Object.entries(agents).map(([name, { engine, version, role, skills }]) => {
      const run: Agent["run"] = () => Promise.reject(new Error(`${name} is not started on this host`));
      return [name, { name, engine, version, role, skills, run }];
    }),
  );
}

function openAgent(name: string, entry: AgentConfig, options: AgentsOptions): Agent {
  const { engine, version, role, skills } = entry;
  const prompt = options.prompts?.versionOf(name, role) ?? null;
  const model = entry.model ?? options.prompts?.modelOf(name) ?? undefined;
  const config: AgentConfig = model === undefined ? entry : { ...entry, model };
  const whole = prompt === null ? version : `${version}+prompt.${prompt}`;
  const identity: AgentIdentity = { name, engine, version: whole, role, skills };
  const where = `agents.${name}`;
  switch (engine) {
    case "command": {
      const [word, ...args] = config.command ?? [];
      if (word === undefined) throw keyMissing(where, "command", '["./agent.sh"]');
      requireHarmless(config.env, `${where}.env`);
      const file = requireProgram(word, options.configDir, where);
      const network = planNetwork(where, config, process.env);
      const reads = requireMounts(config.mounts, options.configDir, `${where}.mounts`);
      return commandAgent({ ...options, identity, command: [file, ...args], env: config.env, network, reads });
    }
    case "replay": {
      if (config.script === undefined) throw keyMissing(where, "script", '"recording.json"');
      const recording = readRecording(resolve(options.configDir, config.script), `${where}.script`);
      return replayAgent({ ...options, identity, recording });
    }
    case "checks":
      if (options.checks.command === null) throw checksMissing(where);
      return checksAgent({ ...options, identity });
    case "claude":
    case "codex":
    case "gemini":
    case "opencode":
      return openNative(CLIS[engine], identity, config, options);
    case "acp": {
      const [word, ...args] = config.command ?? [];
      if (word === undefined) throw keyMissing(where, "command", '["copilot", "--acp"]');
      return openAcp([word, ...args], identity, config, options);
    }
  }
}

function keyMissing(where: string, key: string, example: string): DispatchError {
  return new DispatchError({
    code: "config_invalid",
    message: `${where} has no ${key}, and its engine needs one.`,
    hint: `Add it to dispatch.jsonc: "${key}": ${example}`,
    exit: EXIT.usage,
    facts: { where, key },
  });
}

function checksMissing(where: string): DispatchError {
  return new DispatchError({
    code: "config_invalid",
    message: `${where} runs the checks of the repository, and there are none.`,
    hint: 'Add them to dispatch.jsonc: "checks": "npm test", or take the agent out.',
    exit: EXIT.usage,
    facts: { where },
  });
}
