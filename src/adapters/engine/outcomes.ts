import { setTimeout as sleep } from "node:timers/promises";
import { hasErrorCode } from "../../domain/errors.ts";
import type { WorkOutcome, WorkQueue } from "../../ports/work-queue.ts";
import { defer, type Deferred } from "./deferred.ts";
import { asError, errorOf } from "./recorded-error.ts";
import { workCancelled } from "./work-errors.ts";

const ASK_EVERY_MS = 250;

/** Waits for the outcomes of work that any host may do: one question for all that are waited for. */
export interface Outcomes {
  /** Rejects as the work did, or with the reason of the signal. */
  of(id: string, signal: AbortSignal): Promise<unknown>;
}

export function watchOutcomes(queue: WorkQueue): Outcomes {
  const waiting = new Map<string, Deferred<WorkOutcome>>();
  let asking = false;
  const askOnce = async (): Promise<void> => {
    try {
      for (const [id, outcome] of await queue.readOutcomes([...waiting.keys()])) {
        waiting.get(id)?.resolve(outcome);
        waiting.delete(id);
      }
    } catch (error) {
      // A database that is away for a moment is asked again; one that stays away ends the host.
      if (hasErrorCode(error, "database_away")) return;
      for (const wait of waiting.values()) wait.reject(asError(error));
      waiting.clear();
    }
  };
  const ask = async (): Promise<void> => {
    asking = true;
    while (waiting.size > 0) {
      await askOnce();
      if (waiting.size > 0) await sleep(ASK_EVERY_MS, undefined, { ref: false });
    }
    asking = false;
  };
  return {
    async of(id, signal) {
      signal.throwIfAborted();
      const wait = waiting.get(id) ?? defer<WorkOutcome>();
      waiting.set(id, wait);
      if (!asking) void ask();
      const stopped = defer<never>();
      const onAbort = (): void => {
        waiting.delete(id);
        stopped.reject(asError(signal.reason));
      };
      signal.addEventListener("abort", onAbort, { once: true });
      try {
        return valueOf(id, await Promise.race([wait.promise, stopped.promise]));
      } finally {
        signal.removeEventListener("abort", onAbort);
      }
    },
  };
}

function valueOf(id: string, outcome: WorkOutcome): unknown {
  switch (outcome.kind) {
    case "done":
      return outcome.value;
    case "cancelled":
      throw workCancelled(id);
    case "failed":
      throw errorOf(outcome.error);
  }
}
