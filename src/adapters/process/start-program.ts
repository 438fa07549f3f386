import { type ChildProcessByStdio, spawn, type StdioOptions } from "node:child_process";
import { closeSync, openSync, statSync } from "node:fs";
import { devNull } from "node:os";
import type { Readable, Writable } from "node:stream";
import type { Command } from "../../ports/sandbox.ts";
import { readInherited } from "./inherited.ts";
import { notStarted } from "./not-started.ts";
import type { Stdin } from "./stdin.ts";

export interface Program extends Command {
  /** Given on stdin, which is closed after it; or who speaks to it as long as it runs, and closes stdin in the end. */
  readonly input: string | ((stdin: Stdin) => void);
}

export interface Exit {
  readonly exitCode: number | null;
  readonly signal: NodeJS.Signals | null;
}

export interface StartedProgram {
  /** Also the id of its process group. */
  readonly pid: number;
  readonly stdin: Writable;
  readonly stdout: Readable;
  readonly stderr: Readable;
  /** When the program itself is gone; its children may hold the pipes open still. */
  readonly exited: Promise<Exit>;
}

/**
 * Starts it in a process group of its own. null when its folder is gone; rejects when the program cannot be started.
 * Not through execa: that waits for the pipes, and we must not (a daemon keeps them open).
 */
export async function startProgram(program: Program): Promise<StartedProgram | null> {
  try {
    const child = launch(program);
    const exited = new Promise<Exit>((resolve) => {
      child.once("exit", (exitCode, signal) => resolve({ exitCode, signal }));
    });
    await new Promise<void>((resolve, reject) => {
      child.once("spawn", resolve);
      child.once("error", reject);
    });
    const { stdin, stdout, stderr } = child;
    // A program need not read what it is given: a closed pipe is its answer, not our error.
    stdin.on("error", () => undefined);
    if (typeof program.input === "string") stdin.end(program.input);
    return { pid: requirePid(child.pid), stdin, stdout, stderr, exited };
  } catch (cause) {
    if (statSync(program.cwd, { throwIfNoEntry: false })?.isDirectory() !== true) return null;
    throw notStarted(program, cause);
  }
}

type Child = ChildProcessByStdio<Writable, Readable, Readable>;

/** What whoever started us had open is covered: Node can give a descriptor to a program, but not withhold one. */
function launch({ file, args, cwd, env }: Program): Child {
  const nothing = openSync(devNull, "r");
  try {
    const stdio: StdioOptions = ["pipe", "pipe", "pipe"];
    for (const fd of readInherited()) {
      while (stdio.length < fd) stdio.push("ignore");
      stdio.push(nothing);
    }
    // The first three are pipes, whatever follows them.
    return spawn(file, args, { cwd, env: { ...env }, detached: true, stdio }) as Child;
  } finally {
    closeSync(nothing);
  }
}

function requirePid(pid: number | undefined): number {
  if (pid === undefined) throw new Error("spawned without a pid");
  return pid;
}
