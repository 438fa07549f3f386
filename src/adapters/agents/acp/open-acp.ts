import { existsSync } from "node:fs";
import { homedir } from "node:os";
import { basename, join } from "node:path";
import { type ModelNetwork, planNetwork, requireKey } from "../../../config/network.ts";
import type { AgentConfig } from "../../../config/schema.ts";
import type { Agent } from "../../../ports/agent.ts";
import type { Clock } from "../../../ports/clock.ts";
import { readVariables, requireHarmless } from "../../process/environment.ts";
import { requireMounts } from "../../process/mounts.ts";
import { requireProgram } from "../find-program.ts";
import { priceBy } from "../native/price.ts";
import type { AgentIdentity, ProgramOptions } from "../run-program.ts";
import { networkHere } from "../surroundings.ts";
import { acpAgent } from "./acp-agent.ts";
import { knownOf } from "./known.ts";

export interface AcpOptions extends ProgramOptions {
  readonly clock: Pick<Clock, "monotonic" | "now">;
  readonly configDir: string;
}

/** What most programs keep theirs in. */
const FOLDERS = ["XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME", "XDG_CACHE_HOME"];

/** Throws before anything is started, with exit 2: `config_invalid`, `program_missing`. */
export function openAcp(
  [word, ...args]: readonly [string, ...string[]],
  identity: AgentIdentity,
  config: AgentConfig,
  options: AcpOptions,
): Agent {
  const where = `agents.${identity.name}`;
  const { sandbox, configDir } = options;
  requireHarmless(config.env, `${where}.env`);
  const file = requireProgram(word, configDir, where);
  const network = planNetwork(where, config, process.env);
  const model = typeof network === "object" && network.kind === "model" ? network : null;
  const { home, settings } = knownOf(basename(file));
  const login = home === null || config.login !== "inherit" ? null : join(homedir(), home.login);
  const program = {
    file,
    args,
    model,
    key: (server: ModelNetwork) => requireKey(server, process.env),
    network: () => networkHere(network, sandbox),
    env: {
      ...(home !== null && login !== null && existsSync(login) ? { [home.variable]: login } : {}),
      ...readVariables(config.apiKeyEnv === undefined ? config.env : [...config.env, config.apiKeyEnv]),
    },
    homes: home === null ? FOLDERS : [...FOLDERS, home.variable],
    settings,
    reads: requireMounts(config.mounts, configDir, `${where}.mounts`),
  };
  return acpAgent({ ...options, identity, program, model: config.model ?? null, price: priceBy(config.price) });
}
