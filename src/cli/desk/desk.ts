import type { Settled } from "../../config/derive.ts";
import type { SharedConfig } from "../../config/share.ts";
import type { Human } from "../../dispatch/gate.ts";
import type { Ports, Settings } from "../../dispatch/ports.ts";
import type { Watching } from "../../dispatch/rebase-waiting.ts";
import type { WritableBacklog } from "../../ports/backlog.ts";
import type { Narrator } from "../../ports/narrator.ts";
import type { Bundles } from "../../ports/bundles.ts";
import type { Able, Hosts } from "../../ports/work-queue.ts";
import type { Engine } from "../../ports/steps.ts";
import type { Trust } from "./trust.ts";

/** What this process does among the hosts of a shared database. */
export interface HostRequest extends Pick<Able, "skills"> {
  /** False: it only offers what others do. */
  readonly works: boolean;
  /** Default: all. */
  readonly roles?: Able["roles"];
  /** That of the run it works for; null: its own. */
  readonly config: SharedConfig | null;
}

export interface DeskRequest {
  readonly narrator?: Narrator;
  /** `-j`. */
  readonly jobs?: number;
  readonly only?: readonly string[];
  /** `--budget`. */
  readonly budgetUsd?: number;
  /** Default: it works for itself and for others. */
  readonly host?: HostRequest;
  /** Refuses a configuration with which nothing could be started, before anything is opened. */
  readonly runnable?: boolean;
  /** A word that only a human may give: refused inside an agent's run. */
  readonly human?: boolean;
  /** False for a command that asks git and the forge alone; "memory": it ends with the process, and so does what runs. No database is opened. */
  readonly journal?: false | "memory";
  /** What leaves this machine, taken down instead of done. */
  readonly divert?: (outer: Outer) => Outer;
}

/** The ports through which something leaves this machine. */
export type Outer = Pick<Ports, "forge" | "repository" | "claims">;

export interface WatcherControl extends Watching {
  readState(): Promise<{ readonly paused: boolean; readonly by: string | null }>;
  pause(): Promise<void>;
  resume(): Promise<void>;
}

export interface Swept {
  readonly removed: readonly string[];
  readonly kept: readonly { readonly what: string; readonly why: string }[];
}

/** One repository with everything open that a command works with; disposing closes all of it. */
export interface Desk extends AsyncDisposable {
  readonly ports: Ports;
  readonly settings: Settings;
  readonly config: Settled;
  readonly human: Human;
  readonly watcher: WatcherControl;
  readonly trust: Trust;
  /** Aborted when the user stops us or the database is gone; its reason is the error to show. */
  readonly signal: AbortSignal;
  /** Sentences to say before work starts. */
  readonly notes: readonly string[];
  /** Becomes the one dispatcher of this repository, or rejects with exit 7. */
  own(): Promise<AsyncDisposable>;
  /** True while a dispatcher runs here. */
  isOwned(): Promise<boolean>;
  /** Who shares the work over the database; nobody where it is private. */
  readHosts(): Promise<Hosts>;
  readonly backlog: WritableBacklog;
  /** Lets agents be started without an engine: only what was approved, by the one dispatcher of this repository. */
  startAgents(): Promise<void>;
  /** Only what was approved; owns the repository and runs stories durably; stops cleanly when the command's signal aborts. */
  startEngine(): Promise<Engine>;
  /** The worktree in which an agent works on the task now. */
  worktreeOf(task: string): Promise<string | null>;
  /** Commits that are in nobody's repository yet. */
  readonly bundles: Bundles;
  /** Removes what nobody needs any more; what would be lost is kept unless forced. */
  clean(force: boolean): Promise<Swept>;
}
