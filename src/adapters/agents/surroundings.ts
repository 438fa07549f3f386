import type { ModelNetwork, Network } from "../../config/network.ts";
import type { Sandbox } from "../../ports/sandbox.ts";

/** For programs that would ask, draw or colour. */
export const QUIET = { TERM: "dumb", NO_COLOR: "1", CI: "1", GIT_TERMINAL_PROMPT: "0" } as const;

/** A network that nobody asked for is open where nothing would keep the agent to it. */
export async function networkHere(network: Network, sandbox: Pick<Sandbox, "probe">): Promise<Network> {
  return isOptional(network) && (await sandbox.probe()).kind === "open" ? "open" : network;
}

const isOptional = (network: Network): network is ModelNetwork =>
  typeof network === "object" && network.kind === "model" && network.isDefault;

/** Where our gateway answers inside; undefined where there is none. */
export const gateIn = (way: Readonly<Record<string, string>>): string | undefined =>
  Object.entries(way).find(([name]) => name.endsWith("_BASE_URL"))?.[1];
