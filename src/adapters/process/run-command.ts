import { constants } from "node:os";
import type { Readable } from "node:stream";
import { execa } from "execa";
import { DispatchError } from "../../domain/errors.ts";
import type { Command as Started } from "../../ports/sandbox.ts";
import { endGroup } from "./end-group.ts";
import { notStarted } from "./not-started.ts";

export interface Command extends Omit<Started, "fenced"> {
  /** Given on stdin, which is closed after it; without it stdin is empty. */
  readonly input?: string | Uint8Array;
  readonly signal?: AbortSignal | undefined;
  readonly timeoutMs: number;
  /** Of stdout and of stderr each. Default 64 MB. */
  readonly maxBytes?: number;
  /** What happens beyond `maxBytes`: an error (the default), or the command is ended and its output cut there. */
  readonly overflow?: "reject" | "cut";
  /** `latin1` keeps every byte (one character each), for output that need not be UTF-8. */
  readonly encoding?: "utf8" | "latin1";
}

export interface CommandResult {
  /** 128 + n when signal n ended it, 124 when the time was up. */
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
  readonly timedOut: boolean;
  /** True only with `overflow: "cut"`: the output goes on, and `exitCode` is 0. */
  readonly truncated: boolean;
}

const DEFAULT_MAX_BYTES = 64 * 1024 * 1024;
const GRACE_MS = 2000;

/**
 * Runs one short command to its end and gives back what it said. Any exit code resolves; rejects with
 * `program_missing`, `program_failed`, `folder_missing`, `output_limit`, or the reason of an aborted signal.
 * An abort or a time-out ends the whole process group.
 */
export async function runCommand(command: Command): Promise<CommandResult> {
  command.signal?.throwIfAborted();
  const maxBytes = command.maxBytes ?? DEFAULT_MAX_BYTES;
  const child = execa(command.file, [...command.args], {
    cwd: command.cwd,
    env: { ...command.env },
    extendEnv: false,
    ...(command.input === undefined ? { stdin: "ignore" as const } : { input: command.input }),
    reject: false,
    stripFinalNewline: false,
    encoding: command.encoding ?? "utf8",
    maxBuffer: maxBytes,
    // A group of its own, so that helpers of the command end with it, and Ctrl-C reaches us alone.
    detached: true,
  });
  using limit = endOnLimit(child, command);
  const result = await child;
  await limit.ended;
  const { stdout, stderr } = result;
  const timedOut = limit.reached === "time";
  if (limit.reached === "abort") throw command.signal?.reason;
  if (timedOut) return { exitCode: 124, stdout, stderr, timedOut, truncated: false };
  if (result.isMaxBuffer) {
    // execa ended the command itself, but not its helpers.
    if (child.pid !== undefined) await endGroup(child.pid, { graceMs: GRACE_MS });
    if (command.overflow !== "cut") throw outputLimit(command, maxBytes);
    return { exitCode: 0, stdout, stderr, timedOut, truncated: true };
  }
  const exitCode = result.exitCode ?? signalCode(result.signal);
  if (exitCode === undefined) throw notStarted(command, result.cause ?? result);
  return { exitCode, stdout, stderr, timedOut, truncated: false };
}

interface Limit extends Disposable {
  readonly reached: "time" | "abort" | null;
  /** Settles when the group that was ended is gone. */
  readonly ended: Promise<void>;
}

interface Child {
  readonly pid?: number | undefined;
  readonly stdout: Readable | null;
  readonly stderr: Readable | null;
}

function endOnLimit(child: Child, { signal, timeoutMs }: Command): Limit {
  let reached: Limit["reached"] = null;
  let ended = Promise.resolve();
  const end = (why: "time" | "abort"): void => {
    if (reached !== null || child.pid === undefined) return;
    reached = why;
    ended = endAll(child, child.pid);
  };
  const onAbort = (): void => end("abort");
  const timer = setTimeout(() => end("time"), timeoutMs);
  signal?.addEventListener("abort", onAbort, { once: true });
  return {
    get reached() {
      return reached;
    },
    get ended() {
      return ended;
    },
    [Symbol.dispose]() {
      clearTimeout(timer);
      signal?.removeEventListener("abort", onAbort);
    },
  };
}

async function endAll(child: Child, pid: number): Promise<void> {
  await endGroup(pid, { graceMs: GRACE_MS });
  // A daemon that left the group may hold our pipes open: nobody waits for it.
  child.stdout?.destroy();
  child.stderr?.destroy();
}

function signalCode(signal: NodeJS.Signals | undefined): number | undefined {
  return signal === undefined ? undefined : 128 + constants.signals[signal];
}

function outputLimit(command: Command, maxBytes: number): DispatchError {
  return new DispatchError({
    code: "output_limit",
    message: `${command.file} wrote more than ${maxBytes} bytes, so its answer was not used.`,
    hint: `Run it by hand to see why: ${[command.file, ...command.args].join(" ")}`,
    facts: { file: command.file, cwd: command.cwd, maxBytes },
  });
}
