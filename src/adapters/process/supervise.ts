import { randomUUID } from "node:crypto";
import { constants } from "node:os";
import type { ProcessEnd } from "../../domain/assignment.ts";
import type { Clock } from "../../ports/clock.ts";
import type { MaskStream } from "../../ports/secrets.ts";
import { MEGABYTE, type ProgramLimits, type Stop, stopText, watchBounds } from "./bounds.ts";
import { endAtExit } from "./end-at-exit.ts";
import { endGroup } from "./end-group.ts";
import { type Log, openLog } from "./log.ts";
import { type OnLine, readOutput } from "./output.ts";
import { type RecordFile, writeProcessRecord } from "./process-record.ts";
import { type Exit, type Program, type StartedProgram, startProgram } from "./start-program.ts";
import { openStdin } from "./stdin.ts";
import { processLeft, sweep } from "./sweep.ts";
import { settlesWithin } from "./wait.ts";

export interface SuperviseOptions {
  readonly limits: ProgramLimits;
  /** Everything it prints is appended here. */
  readonly logFile: string;
  /** A record of it lies here while it runs: see `endLeftovers`. */
  readonly processFolder: string;
  readonly clock: Pick<Clock, "monotonic">;
  readonly signal: AbortSignal;
  /** Between TERM and KILL. Default 5 s. */
  readonly graceMs?: number | undefined;
  /** Longer lines are given out cut. Default 64 kB. */
  readonly lineBytes?: number;
  /** What its output must not show; one for each pipe. */
  readonly mask?: (() => MaskStream) | undefined;
  readonly onStart?: (pid: number) => void;
  readonly onLine?: OnLine;
  readonly onStopping?: (why: string) => void;
}

export interface ProgramRun {
  readonly end: ProcessEnd;
  readonly seconds: number;
  /** The last 4 kB of its output. */
  readonly tail: string;
}

const GRACE_MS = 5000;
/** For a program whose stdin was closed on it, to end by itself. */
const CLOSING_MS = 2000;
const LINE_BYTES = 64 * 1024;

/** In the environment of the program and so of all that it starts: how they are found again. */
const MARK = "DISPATCH_SPAWN";

/**
 * Runs one program to its end or to the first bound it reaches, and takes away whatever it started.
 * Rejects only if it cannot be started (`program_missing`, `program_failed`), its output cannot be stored
 * (`log_unwritable`), or it cannot be ended (`process_left`).
 */
export async function supervise(program: Program, options: SuperviseOptions): Promise<ProgramRun> {
  const { clock, signal, limits } = options;
  const begun = clock.monotonic();
  const seconds = (): number => (clock.monotonic() - begun) / 1000;
  if (signal.aborted) return { end: { kind: "cancelled" }, seconds: 0, tail: "" };

  const id = randomUUID();
  const mark = `${MARK}=${id}`;
  await using log = await openLog(options.logFile, limits.outputMb * MEGABYTE);
  const record = await writeProcessRecord(options.processFolder, id, mark);
  const { fenced = false, input } = program;
  const child = await startProgram({ ...program, env: { ...program.env, [MARK]: id } }).catch(giveUp(record));
  if (child === null) {
    await record.remove();
    return { end: { kind: "worktree_gone" }, seconds: seconds(), tail: "" };
  }

  using _ = endAtExit(child.pid, mark);
  using bounds = watchBounds(limits, signal);
  // It may speak before its start is on record: who listens hears of the start first.
  const told = inOrder(options.onLine);
  const output = readOutput(child, log, {
    lineBytes: options.lineBytes ?? LINE_BYTES,
    onChunk: bounds.heard,
    onFull: bounds.full,
    onLine: told.onLine,
    mask: options.mask,
  });
  let end: ProcessEnd;
  try {
    await record.started(child.pid);
    options.onStart?.(child.pid);
    const stdin = openStdin(child.stdin);
    if (typeof input !== "string") input(stdin);
    told.begin();
    const leaving = stdin.ended.then(() => leave(child, mark, { ...options, fenced }));
    const exited = Promise.race([child.exited, leaving]);
    const stop = await Promise.race([exited.then(() => null), bounds.reached, output.failed]);
    if (stop !== null) await stopProgram(child, stop, log, { ...options, fenced });
    end = stop ?? howItEnded(await child.exited, fenced);
  } finally {
    await takeAway(child, mark);
    await record.remove();
    await output.finish();
  }
  return { end, seconds: seconds(), tail: log.tail() };
}

function inOrder(onLine: SuperviseOptions["onLine"]): { readonly onLine: OnLine; begin(): void } {
  const early: Parameters<OnLine>[] = [];
  let begun = false;
  return {
    onLine(...line) {
      if (begun) onLine?.(...line);
      else early.push(line);
    },
    begin() {
      begun = true;
      for (const line of early.splice(0)) onLine?.(...line);
    },
  };
}

type Ending = Pick<SuperviseOptions, "graceMs" | "onStopping"> & { readonly fenced: boolean };

async function stopProgram(child: StartedProgram, stop: Stop, log: Log, options: Ending): Promise<void> {
  const why = stopText(stop);
  options.onStopping?.(why);
  await endGroup(child.pid, { graceMs: options.graceMs ?? GRACE_MS, fenced: options.fenced });
  await log.note(`stopped: ${why}`);
}

/** It has nothing more to do: some wait for a word even so. */
async function leave(child: StartedProgram, mark: string, { graceMs = GRACE_MS, fenced }: Ending): Promise<void> {
  if (await settlesWithin(child.exited, CLOSING_MS)) return;
  if (!(await endGroup(child.pid, { graceMs, fenced }))) throw processLeft([child.pid], [mark]);
}

/** Also after an end in good order: what it left behind works on in a tree that is no longer its own. */
async function takeAway(child: StartedProgram, mark: string): Promise<void> {
  const isGone = await endGroup(child.pid, { graceMs: 0 });
  if (!isGone) throw processLeft([child.pid], [mark]);
  await sweep([mark]);
}

function howItEnded({ exitCode, signal }: Exit, fenced: boolean): ProcessEnd {
  const ended = signal ?? (fenced ? signalIn(exitCode) : null);
  if (ended !== null) return { kind: "crashed", signal: ended };
  return exitCode === 0 ? { kind: "ok" } : { kind: "exit_code", exitCode: exitCode ?? 1 };
}

/** A fence says it as a shell does. */
function signalIn(exitCode: number | null): string | null {
  const found = Object.entries(constants.signals).find(([, number]) => number + 128 === exitCode);
  return found?.[0] ?? null;
}

function giveUp(record: RecordFile): (error: unknown) => Promise<never> {
  return async (error) => {
    await record.remove();
    throw error;
  };
}
