import { setTimeout as sleep } from "node:timers/promises";
import type { Executions } from "./executions.ts";
import { stillRunning } from "./work-errors.ts";

/**
 * Halts every story and waits until it let go, and until the `results` that are just being recorded are there.
 * Rejects with `engine_stop_timeout` for stories that do not let go.
 */
export async function stopExecutions(
  executions: Executions,
  results: Iterable<Promise<unknown>>,
  withinMs: number,
): Promise<void> {
  executions.stopAll();
  const timer = new AbortController();
  const tooLate = sleep(withinMs, undefined, { signal: timer.signal }).catch(() => undefined);
  const ended = executions.running().map((execution) => execution.ended);
  const idle = Promise.allSettled([...ended, ...results]);
  await Promise.race([idle, tooLate]);
  timer.abort();
  const late = executions.running().map(({ id }) => id);
  if (late.length > 0) throw stillRunning(late, withinMs);
}
