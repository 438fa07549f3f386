import { type ChildProcessByStdio, spawn } from "node:child_process";
import { Socket } from "node:net";
import type { Readable, Writable } from "node:stream";
import type { Command } from "../../ports/sandbox.ts";
import { endGroup } from "./end-group.ts";
import { notStarted } from "./not-started.ts";

export interface ResidentOptions extends Omit<Command, "fenced"> {
  /** Of one answer. */
  readonly timeoutMs: number;
  /** Without a question for so long it is sent away. */
  readonly idleMs: number;
}

export type Answer =
  | { readonly kind: "answered" }
  /** It ended instead: what it said last, and how. */
  | { readonly kind: "ended"; readonly exitCode: number; readonly stderr: string; readonly timedOut: boolean };

/** A program that stays: started by the first question, ended by itself when its stdin closes, with us at the latest. */
export interface Resident {
  /** One at a time, in order. `until` ends the answer. Rejects as `runCommand` does when it cannot be started. */
  ask(question: string, until: string): Promise<Answer>;
}

type Child = ChildProcessByStdio<Writable, Readable, Readable>;

const GRACE_MS = 2000;
const STDERR_CHARS = 4000;

/** For programs that are asked so often that starting them would be most of what they cost. */
export function openResident(options: ResidentOptions): Resident {
  let running: Child | null = null;
  let idle: NodeJS.Timeout | undefined;
  let last: Promise<unknown> = Promise.resolve();

  const sendAway = (): void => {
    running?.stdin.end();
    running = null;
  };
  const askNow = async (question: string, until: string): Promise<Answer> => {
    clearTimeout(idle);
    if (running !== null && hasEnded(running)) running = null;
    const child = (running ??= launch(options));
    hold(child, true);
    const answer = await converse(child, question, until, options);
    if (answer.kind === "ended") {
      if (running === child) running = null;
      return answer;
    }
    hold(child, false);
    idle = setTimeout(sendAway, options.idleMs).unref();
    return answer;
  };
  return {
    ask(question, until) {
      const turn = last.then(() => askNow(question, until));
      last = turn.catch(() => {
        running = null;
      });
      return turn;
    },
  };
}

function launch({ file, args, cwd, env }: ResidentOptions): Child {
  // A group of its own: Ctrl-C reaches us alone.
  const child = spawn(file, args, { cwd, env: { ...env }, detached: true, stdio: ["pipe", "pipe", "pipe"] });
  // It may end at any time: that it ended is the answer.
  for (const one of [child, child.stdin]) one.on("error", () => undefined);
  return child;
}

function hasEnded({ exitCode, signalCode }: Child): boolean {
  return exitCode !== null || signalCode !== null;
}

/** Between two questions it does not keep us alive. */
function hold(child: Child, isHeld: boolean): void {
  for (const one of [child, child.stdin, child.stdout, child.stderr]) {
    if ("pid" in one || one instanceof Socket) one[isHeld ? "ref" : "unref"]();
  }
}

async function converse(child: Child, question: string, until: string, options: ResidentOptions): Promise<Answer> {
  let said = "";
  let stderr = "";
  let timedOut = false;
  return new Promise<Answer>((resolve, reject) => {
    const onData = (chunk: Buffer): void => {
      said = (said + chunk.toString("latin1")).slice(-until.length);
      if (said === until) settle({ kind: "answered" });
    };
    const onStderr = (chunk: Buffer): void => {
      stderr = (stderr + chunk.toString()).slice(-STDERR_CHARS);
    };
    const onClose = (exitCode: number | null): void => {
      settle({ kind: "ended", exitCode: timedOut ? 124 : (exitCode ?? 128), stderr, timedOut });
    };
    /** Who left the group may hold its pipes open, or the disk may hold it: nobody waits for that. */
    const letGo = (): void => {
      child.stdout.destroy();
      child.stderr.destroy();
      onClose(null);
    };
    const onError = (cause: Error): void => {
      stop();
      reject(notStarted(options, cause));
    };
    const timer = setTimeout(() => {
      timedOut = true;
      if (child.pid !== undefined) void endGroup(child.pid, { graceMs: GRACE_MS }).then(letGo);
    }, options.timeoutMs);
    const stop = (): void => {
      clearTimeout(timer);
      child.stdout.off("data", onData);
      child.stderr.off("data", onStderr);
      child.off("close", onClose);
      child.off("error", onError);
    };
    const settle = (answer: Answer): void => {
      stop();
      resolve(answer);
    };
    child.stdout.on("data", onData);
    child.stderr.on("data", onStderr);
    child.once("close", onClose);
    child.once("error", onError);
    child.stdin.write(question);
  });
}
