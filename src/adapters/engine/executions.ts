import { Stopped } from "../../ports/steps.ts";
import { defer, type Deferred } from "./deferred.ts";

/** One story that runs in this process, between its start and the moment when it let go of everything. */
export interface Execution {
  readonly id: string;
  /** Aborted when the story was halted; its reason is what steps and callers see. */
  readonly signal: AbortSignal;
  readonly ended: Promise<void>;
  halt(reason: Error): void;
  end(): void;
}

/** Waits for the end of work that is left to the next start. */
export interface StopWatch extends Disposable {
  /** Rejects with `Stopped`, never before the running steps let go. */
  readonly stopped: Promise<never>;
}

/** The stories that run in this process, by work id. */
export interface Executions {
  /** Throws `Stopped` when nothing may begin any more. */
  begin(id: string): Execution;
  find(id: string): Execution | undefined;
  /** Halts this work and everything below it. */
  haltTree(id: string, reason: Error): void;
  stopAll(): void;
  watch(id: string): StopWatch;
  running(): readonly Execution[];
}

export function createExecutions(): Executions {
  const running = new Map<string, Execution>();
  const watches = new Map<string, Set<Deferred<never>>>();
  let stopped: Stopped | null = null;

  const leave = (id: string, reason: Stopped): void => {
    for (const watch of watches.get(id) ?? []) watch.reject(reason);
  };

  return {
    begin(id) {
      if (stopped !== null) throw stopped;
      const execution = createExecution(id, () => {
        if (running.get(id) === execution) running.delete(id);
        if (isStopped(execution)) leave(id, execution.signal.reason as Stopped);
      });
      running.set(id, execution);
      return execution;
    },
    find: (id) => running.get(id),
    haltTree(id, reason) {
      for (const execution of running.values()) if (isWithin(execution.id, id)) execution.halt(reason);
    },
    stopAll() {
      const reason = stopped ?? new Stopped("The engine was told to stop.");
      stopped = reason;
      for (const execution of running.values()) execution.halt(reason);
      for (const id of watches.keys()) if (!running.has(id)) leave(id, reason);
    },
    watch(id) {
      const watch = defer<never>();
      const ofId = watches.get(id) ?? new Set();
      watches.set(id, ofId.add(watch));
      return {
        stopped: watch.promise,
        [Symbol.dispose]() {
          ofId.delete(watch);
          if (ofId.size === 0) watches.delete(id);
        },
      };
    },
    running: () => [...running.values()],
  };
}

function createExecution(id: string, onEnd: () => void): Execution {
  const controller = new AbortController();
  const ended = defer<void>();
  return {
    id,
    signal: controller.signal,
    ended: ended.promise,
    // The first reason stays.
    halt: (reason) => controller.abort(reason),
    end() {
      onEnd();
      ended.resolve();
    },
  };
}

/** Halted by a stop: nothing about it may be recorded, the next start goes on from its last recorded step. */
export function isStopped(execution: Execution): boolean {
  return execution.signal.reason instanceof Stopped;
}

/** True for the work itself and for its children: `a/b/1` and `a/b/1/code` are within `a/b/1`. */
function isWithin(id: string, ancestor: string): boolean {
  return id === ancestor || id.startsWith(`${ancestor}/`);
}
