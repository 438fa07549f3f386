import type { Task } from "./task.ts";

/** What one finished task took. `censored`: it was killed, so it would have taken at least that long. */
export interface Sample {
  readonly kind: string | null;
  readonly seconds: number;
  readonly censored: boolean;
}

export const DEFAULT_TASK_SECONDS = 300;

/** Of one class only the newest count, so that a change of model or machine is learned within days. */
const WINDOW = 50;
/** A class with fewer samples of its own than this listens more to all the others than to itself. */
const PRIOR = 3;

/** Seconds that a task will take: its own estimate, else a configured number, else what was learned, else the default. */
export function estimateSeconds(
  task: Pick<Task, "estimateSeconds" | "kind">,
  samples: readonly Sample[],
  configured: number | null,
): number {
  return task.estimateSeconds ?? configured ?? learned(task.kind, samples) ?? DEFAULT_TASK_SECONDS;
}

/** The median of the class, drawn towards the log-mean of everything while the class is young. Samples oldest first. */
function learned(kind: string | null, samples: readonly Sample[]): number | null {
  const usable = samples.filter(({ seconds }) => seconds > 0);
  const general = logMean(usable);
  if (general === null) return null;
  const own = usable.filter((sample) => sample.kind === kind).slice(-WINDOW);
  const typical = median(own);
  if (typical === null) return Math.exp(general);
  const weight = own.filter(({ seconds, censored }) => !censored || seconds >= typical).length;
  return Math.exp((weight * Math.log(typical) + PRIOR * general) / (weight + PRIOR));
}

/**
 * The median by Kaplan and Meier: a killed run counts among those at work until it was killed, then says no more.
 * Without killed runs the usual median; where fewer than half ended, the longest time seen.
 */
function median(samples: readonly Sample[]): number | null {
  const sorted = samples.toSorted((a, b) => a.seconds - b.seconds || Number(a.censored) - Number(b.censored));
  let running = 1;
  let half: number | null = null;
  for (const [index, { seconds, censored }] of sorted.entries()) {
    if (censored) continue;
    if (half !== null) return (half + seconds) / 2;
    running *= 1 - 1 / (sorted.length - index);
    if (running < 0.5 - 1e-9) return seconds;
    if (running < 0.5 + 1e-9) half = seconds;
  }
  return half ?? sorted.at(-1)?.seconds ?? null;
}

/** Killed runs count where they lasted longer than the ended ones usually do; a run killed early teaches nothing. */
function logMean(samples: readonly Sample[]): number | null {
  const ended = mean(samples.filter(({ censored }) => !censored).map(({ seconds }) => Math.log(seconds)));
  const telling = samples
    .filter(({ censored, seconds }) => !censored || ended === null || Math.log(seconds) > ended)
    .map(({ seconds }) => Math.log(seconds));
  return mean(telling);
}

const mean = (values: readonly number[]): number | null =>
  values.length === 0 ? null : values.reduce((sum, value) => sum + value, 0) / values.length;

/** Exponentially weighted mean, oldest first; null without values. */
export function ewma(values: readonly number[], alpha: number): number | null {
  return values.reduce<number | null>(
    (level, value) => (level === null ? value : level + alpha * (value - level)),
    null,
  );
}
