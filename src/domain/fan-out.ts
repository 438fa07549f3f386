import { formatSeconds } from "./duration.ts";
import { ewma } from "./estimate.ts";

export interface FanOut {
  /** Ready tasks. */
  readonly n: number;
  /** Of one task, on average. */
  readonly taskSeconds: number;
  /** What one more lane costs over a warm hand-over. */
  readonly spawnSeconds: number;
  /** Wall time won over one lane. */
  readonly savedSeconds: number;
  readonly lanes: number;
  readonly decision: "fan-out" | "inline";
  /** The arithmetic as a sentence. */
  readonly why: string;
}

/** Until there are this many measurements their median says more than a mean that forgets slowly. */
const FEW = 10;
const FORGET = 0.1;

/**
 * Seconds that one more lane costs: its cold start, less the warm hand-over that the next task on an open lane pays
 * anyway. Measurements oldest first; `seed` as long as no cold start was seen. Never negative.
 */
export function spawnSeconds(cold: readonly number[], warm: readonly number[], seed: number): number {
  const start = typical(cold);
  return start === null ? seed : Math.max(0, start - (typical(warm) ?? 0));
}

const typical = (values: readonly number[]): number | null =>
  values.length >= FEW ? ewma(values, FORGET) : median(values);

/** null without values. */
export function median(values: readonly number[]): number | null {
  const sorted = values.toSorted((a, b) => a - b);
  const upper = sorted[Math.floor(sorted.length / 2)];
  const lower = sorted[Math.ceil(sorted.length / 2) - 1];
  return upper === undefined || lower === undefined ? null : (lower + upper) / 2;
}

/** The part of a spawn that lanes go through one after another (the lock of the worktree registry, the fetch). */
const SERIAL_SHARE = 0.1;

export interface FanOutInput {
  readonly n: number;
  readonly taskSeconds: number;
  readonly spawnSeconds: number;
  readonly maxLanes: number;
  /** Equal pieces that the lanes are sized by, where small tasks only count by the bundle (`payingPieces`); else n. */
  readonly pieces?: number;
}

/** Where there is nothing to weigh. */
const LONELY: Readonly<Record<number, string>> = {
  0: "no task is ready, so no lane is opened",
  1: "one task is ready, and nothing to run beside it: inline",
};

/**
 * Whether to open lanes, and how many. The gate is the rule of the house, (N-1)·t > S: the work that could run beside
 * the first task is worth more than a lane costs. The number is the k from 2 on with the largest
 * (N-⌈N/k⌉)·t - k·S_s - λ(k-1)·S, where S_s is the serial share of S. Saved is wall time: one spawn is waited for.
 */
export function decideFanOut(input: FanOutInput): FanOut {
  const { n, taskSeconds, spawnSeconds, maxLanes } = input;
  const beside = (n - 1) * taskSeconds;
  const pays = n > 1 && beside > spawnSeconds;
  const fanOut = pays && maxLanes >= 2;
  const { lanes, saved } = fanOut ? bestLanes(input) : { lanes: Math.min(n, 1), saved: 0 };
  const inline = pays ? ", but only 1 lane is allowed: inline" : ": inline";
  const verdict = fanOut ? `: ${lanes} lanes` : inline;
  return {
    n,
    taskSeconds,
    spawnSeconds,
    savedSeconds: saved,
    lanes,
    decision: fanOut ? "fan-out" : "inline",
    why: LONELY[n] ?? `${arithmetic(n, taskSeconds, beside, spawnSeconds, pays)}${verdict}`,
  };
}

function bestLanes({ n, taskSeconds, spawnSeconds, maxLanes, pieces = n }: FanOutInput) {
  const count = Math.max(1, pieces);
  const apart = (k: number): number => (count - Math.ceil(count / k)) * ((n * taskSeconds) / count);
  // A second of agent time is as dear as one of waiting.
  const worth = (k: number): number => apart(k) - k * SERIAL_SHARE * spawnSeconds - (k - 1) * spawnSeconds;
  let lanes = 2;
  for (let k = 3; k <= Math.min(n, count, maxLanes); k += 1) if (worth(k) > worth(lanes)) lanes = k;
  return { lanes, saved: Math.max(0, apart(lanes) - spawnSeconds) };
}

function arithmetic(n: number, t: number, beside: number, spawn: number, pays: boolean): string {
  return `(${n}-1) x ${exactly(t)} = ${formatSeconds(beside)} ${pays ? ">" : "<="} ${formatSeconds(spawn)} spawn`;
}

/** So that a reader who multiplies gets what stands there. */
function exactly(seconds: number): string {
  const shown = formatSeconds(seconds);
  return seconds < 60 && Number.parseFloat(shown) !== seconds ? `${seconds.toFixed(2)}s` : shown;
}

/** Pieces of work that pay for a lane: each task that does, and each bundle of small ones that together do. */
export function payingPieces(taskSeconds: readonly number[], spawnSeconds: number): number {
  const small = taskSeconds.filter((seconds) => seconds <= spawnSeconds);
  const bundles =
    spawnSeconds === 0 ? small.length : Math.floor(small.reduce((sum, one) => sum + one, 0) / spawnSeconds);
  return taskSeconds.length - small.length + bundles;
}

/** Whether a task joins an open lane: always when none is added, else when it takes less than a lane of its own costs. */
export function isInline(taskSeconds: number, spawnSeconds: number, decision: FanOut["decision"]): boolean {
  return decision === "inline" || taskSeconds <= spawnSeconds;
}
