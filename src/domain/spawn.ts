import type { AssignmentStart } from "./assignment.ts";
import { median } from "./fan-out.ts";

/** What one start of an agent cost before it did anything. */
export interface SpawnSample extends AssignmentStart {
  readonly agent: string;
}

/** What is known of an engine before it ever ran here. */
export interface SpawnSeeds {
  readonly startSeconds: number;
  /** Of its own prompt, before the task's. */
  readonly prefixTokens: number;
}

/** What it costs to start an agent, and how that is known. */
export interface AgentSpawn {
  readonly agent: string;
  /** Until its model's first word, on a lane where it had not worked before. */
  readonly startSeconds: number;
  /** The same where it had; null: not seen yet. */
  readonly handOverSeconds: number | null;
  /** What its model is given before it says a word; null: not known. */
  readonly prefixTokens: number | null;
  /** So many were looked at. */
  readonly starts: number;
  readonly from: "measured" | "seed" | "default";
}

/** Older ones are of another version, model or machine. */
const WINDOW = 9;

/** Samples oldest first; those of the same name with another engine say nothing. Without any: the engine's seed, or 0. */
export function spawnOf(
  { name, engine, seeds }: { readonly name: string; readonly engine: string; readonly seeds?: SpawnSeeds },
  samples: readonly SpawnSample[],
): AgentSpawn {
  const own = samples.filter((sample) => sample.agent === name && sample.engine === engine);
  const seconds = (lane: SpawnSample["lane"]): readonly number[] =>
    own.flatMap((sample) => (sample.lane === lane ? [sample.seconds] : [])).slice(-WINDOW);
  const [cold, warm] = [seconds("cold"), seconds("warm")];
  const tokens = median(own.flatMap(({ prefixTokens }) => prefixTokens ?? []).slice(-WINDOW));
  const starts = cold.length + warm.length;
  return {
    agent: name,
    startSeconds: median(cold) ?? seeds?.startSeconds ?? 0,
    handOverSeconds: median(warm),
    prefixTokens: tokens ?? seeds?.prefixTokens ?? null,
    starts,
    from: starts > 0 ? "measured" : seeds === undefined ? "default" : "seed",
  };
}

/** Its part of S: what its first start on one more lane takes longer than on a lane where it worked already. */
export const extraSeconds = ({ startSeconds, handOverSeconds }: AgentSpawn): number =>
  Math.max(0, startSeconds - (handOverSeconds ?? 0));
