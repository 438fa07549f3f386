import type { Agent } from "../../ports/agent.ts";
import { readVariables } from "../process/environment.ts";
import {
  type AgentIdentity,
  type AgentProgram,
  type ProgramOptions,
  type ProgramPlan,
  runProgram,
} from "./run-program.ts";

export interface CommandAgentOptions extends ProgramOptions, Pick<ProgramPlan, "network">, Pick<AgentProgram, "reads"> {
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
      runProgram(
        { network, plan: () => ({ file, args, env: readVariables(env), reads }) },
        request,
        onEvent,
        signal,
        options,
      ),
  };
}
