import { DBOS, StatusString } from "@dbos-inc/dbos-sdk";
import { DispatchError } from "../../domain/errors.ts";
import { type Engine, Stopped, type Story, type WorkInfo } from "../../ports/steps.ts";
import { type EngineLog, launchDbos } from "./dbos-launch.ts";
import { createWorkbench } from "./dbos-workbench.ts";
import { outcomeError } from "./dbos-errors.ts";
import { stopExecutions } from "./stop-executions.ts";
import { unknownStory, versionChanged, workCancelled } from "./work-errors.ts";

export interface DbosEngineOptions {
  /** PostgreSQL, with a user and a database in it. */
  readonly url: string;
  /** Of this repository alone: two that share one would run each other's work. Lower case, digits, `_`. */
  readonly schema: string;
  /** STORY_VERSION: work that began with another one is never replayed. */
  readonly version: string;
  /** Of this process alone, never used again. */
  readonly executorId: string;
  readonly stories: Readonly<Record<string, Story>>;
  readonly log?: EngineLog;
  /** How long `stop` waits for steps to let go. */
  readonly stopWithinMs?: number;
}

const STOP_WITHIN_MS = 30_000;
/** Only work that was taken up from an earlier process is waited for by asking. */
const ASK_AGAIN_MS = 250;
const UNFINISHED = [StatusString.PENDING, StatusString.ENQUEUED, StatusString.DELAYED];

/** DBOS is one per process. */
let isOpen = false;

/** Opens the durable engine. Only one per process; rejects with `engine_open` or `engine_unavailable`. */
export async function openDbosEngine(options: DbosEngineOptions): Promise<Engine> {
  if (isOpen) throw alreadyOpen();
  isOpen = true;
  const runs = new Map<string, Promise<unknown>>();
  const bench = createWorkbench(options.stories, (id) => runs.has(id));
  try {
    await launchDbos(options);
  } catch (error) {
    isOpen = false;
    throw error;
  }
  const { executions } = bench;
  let stopping: Promise<void> | null = null;

  const start = async (id: string, story: string, input: unknown): Promise<unknown> => {
    const perform = bench.workflows.get(story);
    if (perform === undefined) throw unknownStory(story, bench.workflows.keys());
    using watch = executions.watch(id);
    const outcome = async (): Promise<unknown> => {
      const known = await DBOS.getWorkflowStatus(id);
      if (known === null) {
        const handle = await DBOS.startWorkflow(perform, { workflowID: id })(input);
        return handle.getResult();
      }
      if (known.status === StatusString.CANCELLED) throw workCancelled(id);
      if (UNFINISHED.some((status) => status === known.status)) {
        const began = known.applicationVersion ?? "";
        if (began !== options.version) throw versionChanged(id, began, options.version);
        await takeUp(id);
      }
      return DBOS.retrieveWorkflow(id).getResult({ pollingIntervalMs: ASK_AGAIN_MS });
    };
    try {
      return await Promise.race([outcome(), watch.stopped]);
    } catch (error) {
      throw outcomeError(id, error);
    }
  };

  const stop = (): Promise<void> => {
    stopping ??= stopAll();
    // Who stops in the listener of a signal does not wait; who disposes later sees the error.
    stopping.catch(() => undefined);
    return stopping;
  };
  const stopAll = async (): Promise<void> => {
    try {
      await stopExecutions(executions, runs.values(), options.stopWithinMs ?? STOP_WITHIN_MS);
    } finally {
      await DBOS.shutdown({ deregister: true });
      isOpen = false;
    }
  };
  const requireRunning = (): void => {
    if (stopping !== null) throw new Stopped("The engine was stopped.");
  };

  return {
    async run<T>(id: string, story: string, input: unknown) {
      requireRunning();
      const run = runs.get(id) ?? start(id, story, input).finally(() => runs.delete(id));
      runs.set(id, run);
      // The type of a result is the caller's word: it may come from a record.
      return (await run) as T;
    },
    async cancel(id) {
      requireRunning();
      await DBOS.cancelWorkflow(id, { cancelChildren: true });
      executions.haltTree(id, workCancelled(id));
    },
    async unfinished() {
      requireRunning();
      const works = await DBOS.listWorkflows({
        status: UNFINISHED,
        hasParent: false,
        loadInput: false,
        loadOutput: false,
      });
      return works.map(({ workflowID, applicationVersion }): WorkInfo => ({
        id: workflowID,
        status: "running",
        version: applicationVersion ?? "",
      }));
    },
    stop,
    [Symbol.asyncDispose]: stop,
  };

  /** Puts work of a process that is gone, and its children, where this process takes it up. */
  async function takeUp(id: string): Promise<void> {
    const prefix = `${id}/`;
    const below = await DBOS.listWorkflows({
      // The database reads `_` in it as "any character", hence the filter.
      workflow_id_prefix: prefix,
      status: UNFINISHED,
      applicationVersion: options.version,
      loadInput: false,
      loadOutput: false,
    });
    const ids = [id, ...below.map(({ workflowID }) => workflowID).filter((child) => child.startsWith(prefix))];
    const dead = ids.filter((one) => executions.find(one) === undefined);
    if (dead.length > 0) await DBOS.resumeWorkflows(dead);
  }
}

function alreadyOpen(): DispatchError {
  return new DispatchError({
    code: "engine_open",
    message: "This process has an open engine already, and there can be only one.",
    hint: "Stop the first one, or use another process.",
  });
}
