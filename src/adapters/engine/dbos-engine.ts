import { DBOS, StatusString } from "@dbos-inc/dbos-sdk";
import { DispatchError } from "../../domain/errors.ts";
import { type Engine, Stopped, type Story, type WorkInfo } from "../../ports/steps.ts";
import { isAway } from "../process/away.ts";
import { type EngineLog, launchDbos } from "./dbos-launch.ts";
import { createWorkbench } from "./dbos-workbench.ts";
import { outcomeError } from "./dbos-errors.ts";
import { type Fleet, type FleetOptions, openFleet } from "./fleet.ts";
import { keepTaken, NOT_ENDED } from "./keep-taken.ts";
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
  /** Where several hosts share the work of one database. */
  readonly fleet?: FleetOptions;
  /** How long `stop` waits for steps to let go. */
  readonly stopWithinMs?: number;
}

const STOP_WITHIN_MS = 30_000;
/** Only work that was taken up from an earlier process is waited for by asking. */
const ASK_AGAIN_MS = 250;

/** DBOS is one per process. */
let isOpen = false;

/** Opens the durable engine. Only one per process; rejects with `engine_open` or `engine_unavailable`. */
export async function openDbosEngine(options: DbosEngineOptions): Promise<Engine> {
  if (isOpen) throw alreadyOpen();
  isOpen = true;
  const runs = new Map<string, Promise<unknown>>();
  const { fleet: shared } = options;
  // Only what was taken from the queue is walked here, and no workflow walks before there is a fleet.
  const delegate: Fleet["delegate"] = async (work, at) => await fleet?.delegate(work, at);
  const isTaken = (id: string): boolean =>
    shared === undefined ? withAncestors(id).some((one) => runs.has(one)) : runs.has(id);
  const bench = createWorkbench(options.stories, isTaken, shared === undefined ? null : { delegate });
  try {
    await launchDbos({ ...options, inbox: shared?.inbox });
  } catch (error) {
    isOpen = false;
    throw error;
  }
  const { executions } = bench;
  const taken = new Set<string>();
  const isWalking = (id: string): boolean => executions.find(id) !== undefined;
  const keeping = shared === undefined ? null : keepTaken({ ...options, ...shared, taken, isWalking });
  let stopping: Promise<void> | null = null;
  const halted = new AbortController();

  const start = async (id: string, story: string, input: unknown): Promise<unknown> => {
    const perform = bench.workflows.get(story);
    if (perform === undefined) throw unknownStory(story, bench.workflows.keys());
    using watch = executions.watch(id);
    const outcome = async (): Promise<unknown> => {
      const known = await DBOS.getWorkflowStatus(id);
      if (known === null) {
        const handle = await DBOS.startWorkflow(perform, { workflowID: id })(input);
        taken.add(id);
        return handle.getResult();
      }
      if (known.status === StatusString.CANCELLED) throw workCancelled(id);
      if (NOT_ENDED.some((status) => status === known.status)) {
        const began = known.applicationVersion ?? "";
        if (began !== options.version) throw versionChanged(id, began, options.version);
        await takeUp(id);
        taken.add(id);
      }
      return DBOS.retrieveWorkflow(id).getResult({ pollingIntervalMs: ASK_AGAIN_MS });
    };
    try {
      return await Promise.race([outcome(), watch.stopped]);
    } catch (error) {
      throw isAway(error) ? new Stopped("The database did not answer.", { cause: error }) : outcomeError(id, error);
    } finally {
      taken.delete(id);
    }
  };

  const stop = (): Promise<void> => {
    stopping ??= stopAll();
    // Who stops in the listener of a signal does not wait; who disposes later sees the error.
    stopping.catch(() => undefined);
    return stopping;
  };
  const stopAll = async (): Promise<void> => {
    const resting = fleet?.stop();
    try {
      const results = [...runs.values(), ...(resting === undefined ? [] : [resting])];
      await stopExecutions(executions, results, options.stopWithinMs ?? STOP_WITHIN_MS);
    } finally {
      halted.abort(new Stopped("The engine was told to stop."));
      keeping?.[Symbol.dispose]();
      await DBOS.shutdown({ deregister: true });
      isOpen = false;
    }
  };
  const requireRunning = (): void => {
    if (stopping !== null) throw new Stopped("The engine was stopped.");
  };

  const walk = (id: string, story: string, input: unknown): Promise<unknown> => {
    requireRunning();
    const run = runs.get(id) ?? start(id, story, input).finally(() => runs.delete(id));
    runs.set(id, run);
    return run;
  };
  const fleet: Fleet | null =
    shared === undefined ? null : openFleet(shared, ({ id, story, input }) => walk(id, story, input));

  return {
    async run<T>(id: string, story: string, input: unknown) {
      requireRunning();
      // The type of a result is the caller's word: it may come from a record.
      return (await (fleet === null ? walk(id, story, input) : fleet.run(id, story, input, halted.signal))) as T;
    },
    async cancel(id) {
      requireRunning();
      await shared?.queue.cancel(id);
      if (shared === undefined) await DBOS.cancelWorkflow(id, { cancelChildren: true });
      else await DBOS.cancelWorkflows(await listTree(id, null));
      executions.haltTree(id, workCancelled(id));
    },
    isShared: shared !== undefined,
    async begin(prepare) {
      if (fleet === null) await prepare();
      else await fleet.begin(prepare);
    },
    lanes: async (own) => Math.max(own, (await shared?.queue.readCapacity()) ?? 0),
    async unfinished() {
      requireRunning();
      if (shared !== undefined)
        return (await shared.queue.readUnfinished()).map((work): WorkInfo => ({ ...work, status: "running" }));
      const works = await DBOS.listWorkflows({
        status: NOT_ENDED,
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

  /** Puts work of a process that is gone where this process takes it up; with its children where nobody else would. */
  async function takeUp(id: string): Promise<void> {
    if (shared !== undefined) return void (await DBOS.resumeWorkflows([id], { queueName: shared.inbox }));
    const dead = (await listTree(id, options.version)).filter((one) => executions.find(one) === undefined);
    if (dead.length > 0) await DBOS.resumeWorkflows(dead);
  }

  /** The work and everything below it that has not ended. */
  async function listTree(id: string, version: string | null): Promise<string[]> {
    const prefix = `${id}/`;
    const below = await DBOS.listWorkflows({
      // The database reads `_` in it as "any character", hence the filter.
      workflow_id_prefix: id,
      status: NOT_ENDED,
      ...(version === null ? {} : { applicationVersion: version }),
      loadInput: false,
      loadOutput: false,
    });
    return below.map(({ workflowID }) => workflowID).filter((one) => one === id || one.startsWith(prefix));
  }
}

/** `a/b/1/code` is wanted when `a/b/1` is. */
function withAncestors(id: string): readonly string[] {
  const parts = id.split("/");
  return parts.map((_, index) => parts.slice(0, parts.length - index).join("/"));
}

function alreadyOpen(): DispatchError {
  return new DispatchError({
    code: "engine_open",
    message: "This process has an open engine already, and there can be only one.",
    hint: "Stop the first one, or use another process.",
  });
}
