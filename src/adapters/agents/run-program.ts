import { mkdir, mkdtemp, realpath, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Network } from "../../config/network.ts";
import type { AgentEnd } from "../../domain/assignment.ts";
import type { Clock } from "../../ports/clock.ts";
import type { Compartment, Sandbox } from "../../ports/sandbox.ts";
import type { Agent, AgentEvent, AgentOutcome, AgentRequest } from "../../ports/agent.ts";
import type { MaskStream } from "../../ports/secrets.ts";
import { privateEnvironment } from "../process/environment.ts";
import type { OnLine } from "../process/output.ts";
import type { Stdin } from "../process/stdin.ts";
import { type ProgramRun, supervise } from "../process/supervise.ts";
import { firstWord } from "./first-word.ts";
import type { Metered } from "./gateway/meter.ts";
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

/** What is started, and what it may reach beside its worktree: as in `Compartment`. */
export interface AgentProgram extends Pick<Compartment, "reads" | "readsOnly"> {
  readonly file: string;
  readonly args: readonly string[];
  /** Beside what every agent gets. */
  readonly env: Readonly<Record<string, string>>;
  /** On its stdin, or who speaks to it there; default: the brief. */
  readonly input?: string | ((stdin: Stdin) => void);
  readonly writes?: readonly string[];
}

/** Where one start finds what it is given, and what its way out put into its environment. */
export interface Place {
  /** New, its own, and writable. */
  readonly folder: string;
  readonly resultFile: string;
  readonly way: Readonly<Record<string, string>>;
}

export interface ProgramPlan {
  readonly network: Network;
  readonly plan: (place: Place) => AgentProgram | Promise<AgentProgram>;
  /** Longer lines are given out cut; see `supervise`. */
  readonly lineBytes?: number;
  /** Where its lines go; default: each is an event. */
  readonly onLine?: OnLine;
  /** After each answer of its model's server, where that goes through our gateway. */
  readonly onMetered?: (metered: Metered) => void;
}

/** An agent whose exit code and result file say all there is to say (docs/contract.md §5). */
export async function runProgram(
  program: ProgramPlan,
  request: AgentRequest,
  onEvent: (event: AgentEvent) => void,
  signal: AbortSignal,
  options: ProgramOptions,
): Promise<AgentOutcome> {
  const first = firstWord(options.clock);
  const hear = (event: AgentEvent): void => {
    if (event.kind === "output") first.heard();
    onEvent(event);
  };
  const { run, result } = await runToItsEnd(program, request, hear, signal, options);
  return { ...run, ...first.told, end: endOf(run.end, result), result };
}

export interface Ended {
  readonly run: ProgramRun;
  /** What it wrote to `DISPATCH_RESULT`. */
  readonly result: AgentOutcome["result"];
}

/** Starts a program as an agent, waits for its end and reads the file that it may have written. */
export async function runToItsEnd(
  { network, plan, lineBytes, onLine, onMetered }: ProgramPlan,
  request: AgentRequest,
  onEvent: (event: AgentEvent) => void,
  signal: AbortSignal,
  options: ProgramOptions,
): Promise<Ended> {
  const { input, brief, cwd, scratch, logFile, limits } = request;
  const { variables, folder, resultFile } = await writeInput(input, scratch);
  await using way = await openWayOut(network, { logFile, onEvent, mask: options.mask, onMetered });
  const program = await plan({ folder, resultFile, way: way.env });
  const { file, args, reads, readsOnly } = program;
  const env = { ...program.env, ...way.env, ...(await privateEnvironment(scratch)), ...variables };
  const writes = [folder, ...(program.writes ?? [])];
  const reach = { reads, writes, ...(readsOnly === true ? { readsOnly } : {}) };
  const compartment = { scratch, network: way.network, ...reach };
  const started = await options.sandbox.wrap({ file, args, cwd, env }, compartment);
  const run = await supervise(
    { ...started, input: program.input ?? brief },
    {
      limits,
      logFile,
      processFolder: options.processFolder,
      clock: options.clock,
      signal,
      graceMs: options.endGraceMs,
      mask: options.mask,
      ...(lineBytes === undefined ? {} : { lineBytes }),
      onStart: (pid) => onEvent({ kind: "started", pid }),
      onLine: onLine ?? ((line) => onEvent({ kind: "output", line })),
      onStopping: (why) => onEvent({ kind: "stopping", why }),
    },
  );
  return { run, result: await readResult(resultFile, input.role) };
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
