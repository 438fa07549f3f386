import { mkdir, mkdtemp, realpath, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Network } from "../../config/network.ts";
import type { AgentEnd } from "../../domain/assignment.ts";
import type { Clock } from "../../ports/clock.ts";
import type { Compartment, Sandbox } from "../../ports/sandbox.ts";
import type { Agent, AgentEvent, AgentOutcome, AgentRequest } from "../../ports/agent.ts";
import type { MaskStream } from "../../ports/secrets.ts";
import { privateEnvironment } from "../process/environment.ts";
import { supervise } from "../process/supervise.ts";
import { readResult } from "./read-result.ts";
import { openWayOut } from "./way-out.ts";

/** What all agents that are programs share. */
export interface ProgramOptions {
  readonly clock: Pick<Clock, "monotonic">;
  /** Records of running processes: see `endLeftovers`. */
  readonly processFolder: string;
  readonly sandbox: Sandbox;
  /** What logs and screens must not show. */
  readonly mask?: (() => MaskStream) | undefined;
  /** Between TERM and KILL; default 5 s. */
  readonly endGraceMs?: number | undefined;
}

/** `reads`: see `Compartment`. */
export interface AgentProgram extends Pick<Compartment, "reads"> {
  readonly network: Network;
  readonly file: string;
  readonly args: readonly string[];
  /** Beside what every agent gets. */
  readonly env: Readonly<Record<string, string>>;
}

/** Starts a program as an agent (docs/contract.md §5), waits for its end and reads what it said. */
export async function runProgram(
  { file, args, env, network, reads }: AgentProgram,
  request: AgentRequest,
  onEvent: (event: AgentEvent) => void,
  signal: AbortSignal,
  options: ProgramOptions,
): Promise<AgentOutcome> {
  const { input, brief, cwd, scratch, logFile, limits } = request;
  const { variables, folder, resultFile } = await writeInput(input, scratch);
  await using way = await openWayOut(network, { logFile, onEvent, mask: options.mask });
  const whole = { ...env, ...way.env, ...(await privateEnvironment(scratch)), ...variables };
  const compartment = { scratch, network: way.network, reads, writes: [folder] };
  const started = await options.sandbox.wrap({ file, args, cwd, env: whole }, compartment);
  const run = await supervise(
    { ...started, input: brief },
    {
      limits,
      logFile,
      processFolder: options.processFolder,
      clock: options.clock,
      signal,
      graceMs: options.endGraceMs,
      mask: options.mask,
      onStart: (pid) => onEvent({ kind: "started", pid }),
      onLine: (line) => onEvent({ kind: "output", line }),
      onStopping: (why) => onEvent({ kind: "stopping", why }),
    },
  );
  const result = await readResult(resultFile);
  return { ...run, end: endOf(run.end, result), result };
}

/** Its word for it counts where it ended by itself, well or not. */
function endOf(end: AgentEnd, result: AgentOutcome["result"]): AgentEnd {
  const isOwn = end.kind === "ok" || end.kind === "exit_code";
  if (!isOwn || result.kind !== "valid" || result.retryAt === undefined) return end;
  return { kind: "rate_limited", until: result.retryAt };
}

interface Exchange {
  readonly variables: Record<string, string>;
  readonly folder: string;
  readonly resultFile: string;
}

/** A new folder for each start: an older agent's answer is never read, and nothing waits at its names for us. */
async function writeInput(input: AgentRequest["input"], scratch: string): Promise<Exchange> {
  await mkdir(scratch, { recursive: true, mode: 0o700 });
  const folder = await realpath(await mkdtemp(join(scratch, "exchange-")));
  const inputFile = join(folder, "input.json");
  const resultFile = join(folder, "result.json");
  await writeFile(inputFile, JSON.stringify(input), { flag: "wx" });
  const variables = {
    DISPATCH_RUN_ID: input.run,
    DISPATCH_TASK_ID: input.task.id,
    DISPATCH_ROLE: input.role,
    DISPATCH_ROUND: `${input.round}`,
    DISPATCH_ATTEMPT: `${input.attempt}`,
    DISPATCH_INPUT: inputFile,
    DISPATCH_RESULT: resultFile,
  };
  return { variables, folder, resultFile };
}

/** The part of an agent that only repeats its configuration. */
export type AgentIdentity = Omit<Agent, "run">;
