import type { Agent } from "../../ports/agent.ts";
import { readVariables } from "../process/environment.ts";
import { type AgentIdentity, type AgentProgram, type ProgramOptions, runProgram } from "./run-program.ts";

export interface CommandAgentOptions extends ProgramOptions, Pick<AgentProgram, "network" | "reads"> {
  readonly identity: AgentIdentity;
  /** The program, found already, and its arguments as they are. */
  readonly command: readonly [file: string, ...args: string[]];
  /** Names of variables that are passed on. */
  readonly env: readonly string[];
}

/** The engine `command`: how any program becomes an agent. */
export function commandAgent(options: CommandAgentOptions): Agent {
  const { identity, command, env, network, reads } = options;
  const [file, ...args] = command;
  return {
    ...identity,
    run: (request, onEvent, signal) =>
      runProgram({ file, args, env: readVariables(env), network, reads }, request, onEvent, signal, options),
  };
}
