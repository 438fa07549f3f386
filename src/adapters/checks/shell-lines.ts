import { constants } from "node:os";
import type { ProcessEnd } from "../../domain/assignment.ts";
import { DispatchError } from "../../domain/errors.ts";
import type { Compartment, Sandbox } from "../../ports/sandbox.ts";
import { type Stop, stopText } from "../process/bounds.ts";
import { TAIL_BYTES, lastText } from "../process/last-text.ts";
import { type SuperviseOptions, supervise } from "../process/supervise.ts";

export interface ShellOptions extends Pick<
  SuperviseOptions,
  "clock" | "processFolder" | "logFile" | "mask" | "signal"
> {
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  readonly sandbox: Sandbox;
  readonly compartment: Compartment;
  /** The time is for all lines together, the output for each. */
  readonly limits: { readonly wallSeconds: number; readonly outputMb: number };
  readonly endGraceMs?: number | undefined;
}

export interface ShellRun {
  readonly exitCode: number;
  readonly seconds: number;
  readonly tail: string;
  readonly stopped?: string;
}

export function commandList(command: string | readonly string[] | undefined): readonly string[] {
  if (command === undefined) return [];
  return typeof command === "string" ? [command] : command;
}

export function shown(lines: readonly string[]): string {
  return lines.join(" && ");
}

/**
 * Runs the user's own command lines one after another, up to the first that fails. They are shell lines by
 * contract (`npm test && npm run lint`), so this is the one place where a shell reads a text; nothing of a
 * task, an agent or a branch is ever part of it.
 */
export async function runShellLines(lines: readonly string[], options: ShellOptions): Promise<ShellRun> {
  let last: ShellRun = { exitCode: 0, seconds: 0, tail: "" };
  for (const line of lines) {
    const ran = await runShellLine(line, options, last.seconds);
    last = { ...ran, seconds: last.seconds + ran.seconds, tail: lastText(last.tail + ran.tail, TAIL_BYTES) };
    if (last.exitCode !== 0) break;
  }
  return last;
}

async function runShellLine(line: string, options: ShellOptions, secondsGone: number): Promise<ShellRun> {
  const { cwd, env, sandbox, compartment, signal, limits, endGraceMs } = options;
  // One pipe for both outputs: what failed then stands beside what was said about it.
  const command = { file: "sh", args: ["-c", `exec 2>&1\n${line}`], cwd, env };
  const ran = await supervise(
    { ...(await sandbox.wrap(command, compartment)), input: "" },
    {
      ...options,
      limits: { ...limits, wallSeconds: Math.max(limits.wallSeconds - secondsGone, 0) },
      graceMs: endGraceMs,
    },
  );
  const { end, seconds, tail } = ran;
  if (end.kind === "cancelled") throw signal.reason;
  if (end.kind === "worktree_gone") throw worktreeGone(cwd);
  if (end.kind === "timed_out" || end.kind === "idle")
    return { exitCode: 124, seconds, tail, stopped: stopText({ ...end, limitSeconds: limits.wallSeconds }) };
  if (end.kind === "output_limit") return { exitCode: 125, seconds, tail, stopped: stopText(end) };
  return { exitCode: exitCodeOf(end), seconds, tail };
}

/** As a shell counts it. */
function exitCodeOf(end: Exclude<ProcessEnd, { readonly kind: Stop["kind"] | "worktree_gone" }>): number {
  switch (end.kind) {
    case "ok":
      return 0;
    case "exit_code":
      return end.exitCode;
    case "crashed":
      return 128 + (constants.signals[end.signal as NodeJS.Signals] ?? 0);
  }
}

export function worktreeGone(cwd: string, cause?: unknown): DispatchError {
  return new DispatchError({
    code: "worktree_gone",
    message: `The worktree ${cwd} is gone, so nothing was run in it.`,
    hint: "Let a new one be made: dispatch retry TASK",
    facts: { cwd },
    cause,
  });
}
