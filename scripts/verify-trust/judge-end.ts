import { setTimeout as sleep } from "node:timers/promises";
import { spawn } from "node:child_process";
import type { Danger } from "./danger.ts";
import type { Verdict, Verdicts } from "./judge.ts";
import { kill, processesOf, readSaid } from "./look.ts";
import { makeWorld, type WorldOptions } from "./world.ts";

const BEGIN_MS = 30_000;
const GONE_MS = 2000;
/** Agents have five seconds of them. */
const END_MS = 30_000;
/** Of an attack's tree: fewer, and there was nothing to end. */
const TREE = 5;

/**
 * Our own process ends while the attack runs. Inside the fence nobody may be left at once; without one, after
 * `kill -9`, when the next command has begun. And nobody else may have been ended.
 */
export async function judgeEnd(options: WorldOptions, { id, signal = "SIGTERM" }: Danger): Promise<Verdicts> {
  const world = makeWorld(options);
  const bystander = spawn("sleep", ["60"], { uid: options.profile.uid, gid: options.profile.uid, cwd: "/" });
  try {
    return new Map([[`${id} ours`, await judge()]]);
  } finally {
    bystander.kill("SIGKILL");
    for (const pid of processesOf(world.ages)) kill(pid);
    // Whatever became of it, its database is not to be left.
    await world.dispatch("status");
  }

  async function judge(): Promise<Verdict> {
    const { pid, ended } = world.start("--json", "run");
    const early = new AbortController();
    void ended.then(() => early.abort());
    const isBegun = (): boolean => readSaid(options.state, id).get("tree") === "0";
    if (!(await within(BEGIN_MS, () => early.signal.aborted || isBegun())) || early.signal.aborted) {
      if (!early.signal.aborted) kill(pid);
      return { word: "not run", seen: `the agent's processes were not started: ${(await ended).stderr.slice(-200)}` };
    }
    const before = processesOf(world.ages).length;
    process.kill(pid, signal);
    if (!(await within(END_MS, () => early.signal.aborted))) {
      kill(pid);
      await ended;
      return { word: "BROKEN", seen: `it went on for ${END_MS / 1000} s` };
    }
    const { code } = await ended;
    const isAtOnce = options.profile.sandbox !== "off" || signal !== "SIGKILL";
    if (!isAtOnce) {
      if (processesOf(world.ages).length < TREE) return { word: "not run", seen: "nobody was left to be ended" };
      await world.dispatch("status");
    }
    if (before < TREE) return { word: "not run", seen: `there were ${before} processes to end` };
    if (!(await within(GONE_MS, () => processesOf(world.ages).length === 0)))
      return { word: "BROKEN", seen: `${processesOf(world.ages).length} of ${before} processes are left` };
    if (signal === "SIGTERM" && code !== 143) return { word: "BROKEN", seen: `it ended with ${code}` };
    const isThere = bystander.exitCode === null && bystander.signalCode === null;
    return isThere ? { word: "held", seen: "" } : { word: "BROKEN", seen: "somebody else was ended, too" };
  }
}

async function within(ms: number, isTrue: () => boolean): Promise<boolean> {
  for (const end = performance.now() + ms; performance.now() < end; await sleep(50)) if (isTrue()) return true;
  return isTrue();
}
