import { readFileSync } from "node:fs";
import { cpus, loadavg } from "node:os";

/** One way to do the same thing. `before` and `after` are not timed. */
export interface Variant {
  readonly name: string;
  before?(round: number): Promise<void>;
  run(round: number): Promise<void>;
  after?(round: number): Promise<void>;
}

export interface Figure {
  readonly name: string;
  readonly rounds: number;
  readonly medianMs: number;
  readonly minMs: number;
  /** Mean processor time of this process and of those that it waited for; the clock has ticks of 10 ms. */
  readonly cpuMs: number;
}

/**
 * All variants in every round, each round in another order, so that what the machine does meanwhile meets all of
 * them. The first round warms caches up and is not counted.
 */
export async function interleave(rounds: number, variants: readonly Variant[]): Promise<readonly Figure[]> {
  const taken = new Map(variants.map(({ name }) => [name, { wall: [] as number[], cpu: 0 }]));
  for (let round = 0; round <= rounds; round += 1) {
    for (const variant of shuffled(variants, round)) {
      await variant.before?.(round);
      const [cpu, began] = [cpuMs(), performance.now()];
      await variant.run(round);
      const [wall, used] = [performance.now() - began, cpuMs() - cpu];
      await variant.after?.(round);
      const figure = taken.get(variant.name);
      if (round === 0 || figure === undefined) continue;
      figure.wall.push(wall);
      figure.cpu += used;
    }
  }
  return [...taken].map(([name, { wall, cpu }]) => ({
    name,
    rounds,
    medianMs: median(wall),
    minMs: Math.min(...wall),
    cpuMs: cpu / rounds,
  }));
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const [low, high] = [sorted[Math.floor((sorted.length - 1) / 2)], sorted[Math.floor(sorted.length / 2)]];
  return ((low ?? Number.NaN) + (high ?? Number.NaN)) / 2;
}

/** The same order for the same round, on every machine. */
function shuffled<T>(items: readonly T[], seed: number): readonly T[] {
  const random = seeded(seed + 1);
  return items
    .map((item) => ({ item, at: random() }))
    .sort((a, b) => a.at - b.at)
    .map(({ item }) => item);
}

/** Numbers below 1 that look random and are the same each time (mulberry32). */
export function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

const TICK_MS = 10;

/** Of this process and of its ended children. */
function cpuMs(): number {
  const { user, system } = process.cpuUsage();
  const stat = readFileSync("/proc/self/stat", "latin1");
  const [childUser = "0", childSystem = "0"] = stat
    .slice(stat.lastIndexOf(")") + 2)
    .split(" ")
    .slice(13, 15);
  return (user + system) / 1000 + (Number(childUser) + Number(childSystem)) * TICK_MS;
}

/** Who else works here: a ratio says something only while nobody does. */
export interface Load {
  readonly before: number;
  readonly after: number;
  readonly cores: number;
  readonly quiet: boolean;
}

export function readLoad(): number {
  return loadavg()[0] ?? 0;
}

export function judgeLoad(before: number): Load {
  const after = readLoad();
  const cores = cpus().length;
  return { before, after, cores, quiet: Math.max(before, after) <= cores };
}
