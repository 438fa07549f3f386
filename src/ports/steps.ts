/** Anything that survives `JSON.parse(JSON.stringify(x))` unchanged. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json | undefined };

/**
 * The durable hands of a story. A step that finished is never run again; one that was interrupted is
 * (at least once), so every step is idempotent. Names are unique within their story and reached in the
 * same order on every replay: no clock, no dice, no I/O outside a step.
 */
export interface Steps {
  /** Runs `work` and records what it gives back. A rejection is recorded too, unless the engine is stopping. */
  run<T>(name: string, work: (signal: AbortSignal) => Promise<T>): Promise<T>;
  /** Runs the story registered as `story` as a child of its own, on a queue `role:<role>[:<skill>,…]`; the parent holds no slot. */
  child<T>(name: string, story: string, queue: string, input: unknown): Promise<T>;
  sleep(name: string, milliseconds: number): Promise<void>;
}

export type Story = (steps: Steps, input: never) => Promise<unknown>;

export type WorkStatus = "running" | "done" | "failed" | "cancelled";

export interface WorkInfo {
  readonly id: string;
  readonly status: WorkStatus;
  readonly version: string;
}

/** Runs stories durably. Inputs and results are JSON. */
export interface Engine extends AsyncDisposable {
  /** Several hosts do its work: who takes a piece of it claims the task, not who offers it. */
  readonly isShared: boolean;
  /** Makes this host ready, and lets it take work that others offered; where it took some already nothing happens. */
  begin(prepare: () => Promise<void>): Promise<void>;
  /** Starts the story under this id, or joins it: twice is the same as once. Resolves with its result. */
  run<T>(id: string, story: string, input: unknown): Promise<T>;
  cancel(id: string): Promise<void>;
  /** How many episodes to have under way at once: our own lanes, or the agents of all hosts that share the work. */
  lanes(own: number): Promise<number>;
  /** Top-level work that has not ended, by anyone. */
  unfinished(): Promise<readonly WorkInfo[]>;
  /**
   * Leaves everything that runs to the next start: aborts the signals of running steps, waits for them
   * to let go, records nothing about them. `run` promises that were pending reject with `Stopped`.
   */
  stop(): Promise<void>;
}

/** What pending `run` promises and steps see when the engine was told to stop. */
export class Stopped extends Error {
  override readonly name = "Stopped";
}
