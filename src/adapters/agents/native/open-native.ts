import { homedir } from "node:os";
import { join } from "node:path";
import { type ModelNetwork, type Network, planNetwork, requireKey } from "../../../config/network.ts";
import type { AgentConfig } from "../../../config/schema.ts";
import type { Agent } from "../../../ports/agent.ts";
import type { Clock } from "../../../ports/clock.ts";
import { readVariables, requireHarmless } from "../../process/environment.ts";
import { requireMounts } from "../../process/mounts.ts";
import { requireProgram } from "../find-program.ts";
import type { AgentIdentity, ProgramOptions } from "../run-program.ts";
import { claude } from "./claude.ts";
import type { Cli, CliName, Server } from "./cli.ts";
import { nativeAgent } from "./native-agent.ts";
import type { Access } from "./plan-turn.ts";
import { listPrice } from "./price.ts";

/** Those that this version drives. */
export const CLIS: Readonly<Partial<Record<CliName, Cli>>> = { claude };

export interface NativeOptions extends ProgramOptions {
  readonly clock: Pick<Clock, "monotonic" | "now">;
  readonly configDir: string;
}

/** Throws before anything is started, with exit 2: `config_invalid`, `program_missing`. */
export function openNative(cli: Cli, identity: AgentIdentity, config: AgentConfig, options: NativeOptions): Agent {
  const where = `agents.${identity.name}`;
  const [word = cli.program, ...words] = config.command ?? [];
  requireHarmless(config.env, `${where}.env`);
  const file = requireProgram(word, options.configDir, `${where}.command`);
  const access = accessOf(cli, where, config, options);
  const program = { file, words };
  return nativeAgent({ ...options, identity, cli, program, model: config.model ?? null, access, price: listPrice });
}

function accessOf(cli: Cli, where: string, config: AgentConfig, { sandbox, configDir }: NativeOptions): Access {
  const planned = planNetwork(where, config, process.env);
  const [usual] = cli.servers;
  const own = cli.servers.find(({ keyName }) => (process.env[keyName] ?? "") !== "") ?? usual;
  const hasKey = config.apiKeyEnv !== undefined || (own !== undefined && (process.env[own.keyName] ?? "") !== "");
  const login = config.login ?? (hasKey ? "isolated" : "inherit");
  return {
    network: async () => (isOptional(planned) && (await sandbox.probe()).kind === "open" ? "open" : planned),
    server: (way) => serverOf(cli, config, planned, way),
    login: login === "inherit" ? join(homedir(), cli.login) : null,
    env: readVariables(config.env),
    reads: requireMounts(config.mounts, configDir, `${where}.mounts`),
    isRoot: process.getuid?.() === 0,
  };
}

const isOptional = (network: Network): network is ModelNetwork =>
  typeof network === "object" && network.kind === "model" && network.isDefault;

/** Behind our gateway with the word that stands for the key; else with the key, where there is one. */
function serverOf(
  cli: Cli,
  { apiKeyEnv, baseUrl }: AgentConfig,
  network: Network,
  way: Readonly<Record<string, string>>,
): Server {
  const own = cli.servers.find(({ keyName }) => keyName === apiKeyEnv) ?? usualServer(cli);
  const keyName = apiKeyEnv ?? own.keyName;
  const gate = Object.entries(way).find(([name]) => name.endsWith("_BASE_URL"))?.[1];
  if (gate !== undefined) return { protocol: own.protocol, url: gate, key: way[keyName] ?? null };
  const isModel = typeof network === "object" && network.kind === "model";
  const key = isModel ? requireKey(network, process.env) : (process.env[keyName] ?? null);
  return { protocol: own.protocol, url: baseUrl ?? process.env[own.urlName] ?? null, key };
}

/** The first whose key is there. */
function usualServer({ servers, name }: Cli): Cli["servers"][number] {
  const [first] = servers;
  if (first === undefined) throw new Error(`${name} names no server`);
  return servers.find(({ keyName }) => (process.env[keyName] ?? "") !== "") ?? first;
}
