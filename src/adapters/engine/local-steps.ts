import { Stopped, type Steps } from "../../ports/steps.ts";
import type { Execution } from "./executions.ts";
import { jsonCopy } from "./json.ts";
import { asError } from "./recorded-error.ts";
import { sleepUntil } from "./sleep-until.ts";
import { createStepGuard } from "./step-guard.ts";

/** The steps of one story that runs in this process and is recorded nowhere. */
export function createLocalSteps(
  execution: Execution,
  startChild: (id: string, story: string, input: unknown) => Promise<unknown>,
): Steps {
  const { id, signal } = execution;
  const guard = createStepGuard(id);
  const enter = (name: string): void => {
    signal.throwIfAborted();
    guard.enter(name);
  };
  return {
    async run(name, work) {
      enter(name);
      try {
        const value = await guard.inside(async () => work(signal));
        signal.throwIfAborted();
        return jsonCopy(value);
      } catch (error) {
        if (error instanceof Stopped) execution.halt(error);
        signal.throwIfAborted();
        throw asError(error);
      }
    },
    async child<T>(name: string, story: string, _queue: string, input: unknown) {
      enter(name);
      try {
        return (await startChild(`${id}/${name}`, story, input)) as T;
      } catch (error) {
        // A parent cannot go on without the result of a child that was left to the next start.
        if (error instanceof Stopped) execution.halt(error);
        throw error;
      }
    },
    async sleep(name, milliseconds) {
      enter(name);
      await sleepUntil(Date.now() + milliseconds, signal);
    },
  };
}
