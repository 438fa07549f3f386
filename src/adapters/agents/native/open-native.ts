import { homedir } from "node:os";
import { join } from "node:path";
import { type Network, planNetwork, requireKey } from "../../../config/network.ts";
import type { AgentConfig } from "../../../config/schema.ts";
import { DispatchError, EXIT } from "../../../domain/errors.ts";
import type { Agent } from "../../../ports/agent.ts";
import type { Clock } from "../../../ports/clock.ts";
import { readVariables, requireHarmless } from "../../process/environment.ts";
import { requireMounts } from "../../process/mounts.ts";
import { requireProgram } from "../find-program.ts";
import type { AgentIdentity, ProgramOptions } from "../run-program.ts";
import { gateIn, networkHere } from "../surroundings.ts";
import { claude } from "./claude.ts";
import type { Cli, CliName, Server } from "./cli.ts";
import { codex } from "./codex.ts";
import { gemini } from "./gemini.ts";
import { nativeAgent } from "./native-agent.ts";
import { opencode } from "./opencode.ts";
import type { Access } from "./plan-turn.ts";
import { priceBy } from "./price.ts";

/** Those that this version drives. */
export const CLIS: Readonly<Record<CliName, Cli>> = { claude, codex, gemini, opencode };

export interface NativeOptions extends ProgramOptions {
  readonly clock: Pick<Clock, "monotonic" | "now">;
  readonly configDir: string;
}

/** Throws before anything is started, with exit 2: `config_invalid`, `program_missing`. */
export function openNative(cli: Cli, identity: AgentIdentity, config: AgentConfig, options: NativeOptions): Agent {
  const where = `agents.${identity.name}`;
  const [word = cli.program, ...words] = config.command ?? [];
  requireHarmless(config.env, `${where}.env`);
  const file = requireProgram(word, options.configDir, where, config.command === undefined ? "engine" : "command");
  const access = accessOf(cli, where, config, options);
  const program = { file, words };
  const price = priceBy(config.price);
  return nativeAgent({ ...options, identity, cli, program, model: config.model ?? null, access, price });
}

function accessOf(cli: Cli, where: string, config: AgentConfig, { sandbox, configDir }: NativeOptions): Access {
  const planned = planNetwork(where, config, process.env);
  requireLogin(cli, where, config, process.env);
  const isFenced = async (): Promise<boolean> => (await sandbox.probe()).kind === "fenced";
  return {
    network: () => networkHere(planned, sandbox),
    server: (way) => serverOf(cli, config, planned, way),
    login: config.login === "inherit" ? join(homedir(), cli.login) : null,
    env: readVariables(config.env),
    reads: requireMounts(config.mounts, configDir, `${where}.mounts`),
    isRoot: process.getuid?.() === 0,
    isFenced,
  };
}

/** Nobody opens their home to an agent without having said so. Throws `login_missing` (exit 4). */
export function requireLogin(
  cli: Cli,
  where: string,
  { login, apiKeyEnv, baseUrl }: AgentConfig,
  env: Readonly<Record<string, string | undefined>>,
): void {
  const hasKey = apiKeyEnv !== undefined || cli.servers.some(({ keyName }) => (env[keyName] ?? "") !== "");
  if (login === undefined && !hasKey && baseUrl === undefined) throw loginMissing(cli, where);
}

/** Behind our gateway with the word that stands for the key; else with the key, where there is one. */
function serverOf(
  cli: Cli,
  { apiKeyEnv, baseUrl, model = "" }: AgentConfig,
  network: Network,
  way: Readonly<Record<string, string>>,
): Server {
  const named = cli.servers.find(({ protocol }) => model.startsWith(`${protocol}/`));
  const own = cli.servers.find(({ keyName }) => keyName === apiKeyEnv) ?? named ?? usualServer(cli);
  const keyName = apiKeyEnv ?? own.keyName;
  const gate = gateIn(way);
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

function loginMissing({ name, login, servers: [usual] }: Cli, where: string): DispatchError {
  const keyName = usual?.keyName ?? "";
  return new DispatchError({
    code: "login_missing",
    message: `${where} has no key for ${name}: ${keyName} is not set, and ${where} says nothing of a login.`,
    hint: `export ${keyName}=…, or let it use your own login, which opens ~/${login} to it: "login": "inherit"`,
    exit: EXIT.authentication,
    facts: { where, engine: name },
  });
}
