import { AsyncResource } from "node:async_hooks";
import { DBOS } from "@dbos-inc/dbos-sdk";
import { Stopped, type Steps } from "../../ports/steps.ts";
import { haltingError, outcomeError } from "./dbos-errors.ts";
import { defer, forever } from "./deferred.ts";
import { type Execution, type Executions, isStopped } from "./executions.ts";
import { asError } from "./recorded-error.ts";
import { sleepUntil } from "./sleep-until.ts";
import type { Delegated, Fleet } from "./fleet.ts";
import { createStepGuard } from "./step-guard.ts";
import { unknownStory, workCancelled } from "./work-errors.ts";

/**
 * How long a halted story waits for the record of a step that has just ended. It takes milliseconds, but a database
 * that is full or gone is asked again by DBOS for ever; what was not recorded is done again at the next start.
 */
const RECORD_WITHIN_MS = 2000;

/** A story as DBOS knows it. */
export type Workflow = (input: unknown) => Promise<unknown>;

export interface DbosStory {
  readonly execution: Execution;
  readonly executions: Executions;
  readonly workflows: ReadonlyMap<string, Workflow>;
  /** Where several hosts share the work; null: children are walked here. */
  readonly fleet: Pick<Fleet, "delegate"> | null;
}

/** The steps of one story, recorded by DBOS. */
export function createDbosSteps({ execution, executions, workflows, fleet }: DbosStory): Steps {
  const { id, signal } = execution;
  const guard = createStepGuard(id);
  // DBOS knows the workflow by the asynchronous context; a story may call us from another one (a queue of lanes).
  const context = new AsyncResource("dispatch-story");

  /** Nothing is awaited before DBOS is called: it numbers steps in the order of the calls. */
  const recorded = async <T>(name: string, begin: (halted: HaltedStep) => Promise<T>): Promise<T> => {
    signal.throwIfAborted();
    guard.enter(name);
    const halted = defer<never>();
    try {
      return await Promise.race([context.runInAsyncScope(() => begin(halted)), halted.promise]);
    } catch (error) {
      const reason = haltingError(id, error);
      if (reason !== null) execution.halt(reason);
      signal.throwIfAborted();
      throw outcomeError(id, error);
    }
  };

  const run = <T>(name: string, work: (signal: AbortSignal) => Promise<T>): Promise<T> =>
    recorded(name, async (halted) => {
      let phase: "waits" | "works" | "is recorded" = "waits";
      let patience: NodeJS.Timeout | undefined;
      const letGo = (): void => halted.reject(asError(signal.reason));
      const onAbort = (): void => {
        if (phase === "waits") letGo();
        if (phase === "is recorded") patience = setTimeout(letGo, RECORD_WITHIN_MS);
      };
      signal.addEventListener("abort", onAbort, { once: true });
      const perform = async (): Promise<T> => {
        if (signal.aborted) return forever();
        phase = "works";
        haltWhenCancelled();
        const outcome = await attempt(() => guard.inside(async () => work(signal)));
        if (outcome.error instanceof Stopped) execution.halt(outcome.error);
        if (isStopped(execution)) {
          letGo();
          return forever();
        }
        phase = "is recorded";
        if (outcome.error !== undefined) throw outcome.error;
        return outcome.value;
      };
      try {
        return await DBOS.runStep(perform, { name });
      } finally {
        clearTimeout(patience);
        signal.removeEventListener("abort", onAbort);
      }
    });

  /** Another process may cancel this work: DBOS asks the database once a second while a step runs. */
  const haltWhenCancelled = (): void => {
    DBOS.stepStatus?.cancelSignal?.addEventListener("abort", () => execution.halt(workCancelled(id)), { once: true });
  };

  /** Who stops waits for it where it happens to run here: it uses what its parent gives back. */
  const delegated = async (to: Pick<Fleet, "delegate">, work: Delegated, at: AbortSignal): Promise<unknown> => {
    try {
      return await to.delegate(work, at);
    } finally {
      if (at.aborted) await executions.find(work.id)?.ended;
    }
  };

  const walkHere = <T>(name: string, childId: string, story: string, input: unknown): Promise<T> =>
    recorded(name, async () => {
      const workflow = workflows.get(story);
      if (workflow === undefined) throw unknownStory(story, workflows.keys());
      using watch = executions.watch(childId);
      // Called directly: a queue is asked once a second only (docs/decisions/children-start-directly.md).
      const result = DBOS.withNextWorkflowID(childId, () => workflow(input));
      try {
        return (await Promise.race([result, watch.stopped])) as T;
      } catch (error) {
        // A parent cannot go on without a child that was left to the next start.
        if (error instanceof Stopped) execution.halt(error);
        throw error;
      }
    });

  return {
    run,
    child: <T>(name: string, story: string, queue: string, input: unknown) => {
      const work = { id: `${id}/${name}`, story, route: queue, input };
      if (fleet === null) return walkHere<T>(name, work.id, story, input);
      return run(name, async (at) => (await delegated(fleet, work, at)) as T);
    },
    async sleep(name, milliseconds) {
      const wakeAt = await run(name, async () => Date.now() + milliseconds);
      await sleepUntil(wakeAt, signal);
    },
  };
}

interface HaltedStep {
  reject(reason: Error): void;
}

type Attempt<T> =
  { readonly value: T; readonly error?: undefined } | { readonly value?: undefined; readonly error: Error };

async function attempt<T>(work: () => Promise<T>): Promise<Attempt<T>> {
  try {
    return { value: await work() };
  } catch (error) {
    return { error: asError(error) };
  }
}
