import { type Engine, Stopped, type Story, type WorkInfo } from "../../ports/steps.ts";
import { createExecutions, type Executions } from "./executions.ts";
import { createLocalSteps } from "./local-steps.ts";
import { jsonCopy } from "./json.ts";
import { stopExecutions } from "./stop-executions.ts";
import { unknownStory, workCancelled } from "./work-errors.ts";

export interface LocalEngineOptions {
  readonly version: string;
  readonly stories: Readonly<Record<string, Story>>;
  /** How long `stop` waits for steps to let go. */
  readonly stopWithinMs?: number;
}

interface Work {
  readonly result: Promise<unknown>;
  ended: boolean;
}

const STOP_WITHIN_MS = 30_000;

/** Runs stories in this process and keeps nothing beyond it: for tests, and where the journal is kept elsewhere. */
export function openLocalEngine(options: LocalEngineOptions): Engine {
  const { version, stories, stopWithinMs = STOP_WITHIN_MS } = options;
  const works = new Map<string, Work>();
  const executions = createExecutions();
  const start = (id: string, name: string, input: unknown): Promise<unknown> => {
    const story = stories[name];
    if (story === undefined) return Promise.reject(unknownStory(name, Object.keys(stories)));
    const known = works.get(id);
    if (known !== undefined) return known.result;
    const work: Work = { result: perform(executions, id, story, jsonCopy(input), start), ended: false };
    works.set(id, work);
    const end = (): void => {
      work.ended = true;
    };
    work.result.then(end, end);
    return work.result;
  };
  let stopping: Promise<void> | null = null;
  const stop = (): Promise<void> => {
    stopping ??= stopAll();
    // Who stops in the listener of a signal does not wait; who disposes later sees the error.
    stopping.catch(() => undefined);
    return stopping;
  };
  const stopAll = async (): Promise<void> => {
    const results = [...works.values()].filter(({ ended }) => !ended).map(({ result }) => result);
    await stopExecutions(executions, results, stopWithinMs);
  };

  return {
    // The type of a result is the caller's word, as with every engine that reads it from a record.
    run: async <T>(id: string, story: string, input: unknown) => (await start(id, story, input)) as T,
    async cancel(id) {
      executions.haltTree(id, workCancelled(id));
    },
    isShared: false,
    begin: async (prepare) => await prepare(),
    lanes: async (own) => own,
    async unfinished() {
      const ids = [...works].filter(([, work]) => !work.ended).map(([id]) => id);
      return ids
        .filter((id) => !ids.some((other) => id.startsWith(`${other}/`)))
        .map((id): WorkInfo => ({ id, status: "running", version }));
    },
    stop,
    [Symbol.asyncDispose]: stop,
  };
}

async function perform(
  executions: Executions,
  id: string,
  story: Story,
  input: unknown,
  startChild: (id: string, story: string, input: unknown) => Promise<unknown>,
): Promise<unknown> {
  const execution = executions.begin(id);
  try {
    const result = await story(createLocalSteps(execution, startChild), input as never);
    execution.signal.throwIfAborted();
    return jsonCopy(result);
  } catch (error) {
    if (error instanceof Stopped) execution.halt(error);
    // Whatever a halted story made of it, its caller sees why it was halted.
    execution.signal.throwIfAborted();
    throw error;
  } finally {
    execution.end();
  }
}
