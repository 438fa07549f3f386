/** What can be seen from outside after the task of a danger has ended. Paths are those of its site. */
export interface After {
  /** `ready-for-human`, …; null: the run gave no result. */
  readonly state: string | null;
  /** `<code>: <sentence>`, or empty. */
  readonly reason: string;
  /** What the attack said of its steps: `step → exit code`. */
  readonly said: ReadonlyMap<string, string>;
  /** Path → content in the task's branch on origin. */
  readonly published: ReadonlyMap<string, string>;
  /** What origin holds as pull requests. */
  readonly pullRequests: string;
  /** Files of the user that are not what they were before the run. */
  readonly changed: readonly string[];
  refs(repository: string): ReadonlyMap<string, string>;
  /** Names of refs that are gone, new or somewhere else since the run began. */
  movedRefs(repository: "checkout" | "origin.git"): readonly string[];
  read(path: string): string;
  /** Whether git, as the user runs it, ends well. */
  git(...args: readonly string[]): boolean;
  /** What a command of the product prints. */
  dispatch(...args: readonly string[]): Promise<string>;
  /** Those that run the daemon of this world. */
  daemons(): readonly number[];
  /** Sizes of the logs of its starts, in MB. */
  readonly logsMb: readonly number[];
  /** What the dispatcher's memory grew by at its peak since the first agent said something. */
  readonly grownMb: number;
  /** How many files lie in a folder. */
  count(folder: string): number;
  /** Files below a folder that hold this text. */
  holding(folder: string, text: string): readonly string[];
}

/** null: it held; else what was seen. */
export type Check = (after: After) => string | null | Promise<string | null>;

/** Its attack is the function of that name in attacks.sh. */
export interface Danger {
  readonly id: string;
  readonly what: string;
  /** Those of one world share a repository and a run. Default `calm`: what harms no other task even where it works. */
  readonly world?: string;
  /** Added to its backlog item, in the title and in the body. */
  readonly text?: string;
  /** What our own process gets while the attack runs. */
  readonly signal?: "SIGTERM" | "SIGKILL";
  /** What was measured, to be printed with our verdict. */
  readonly figure?: (after: After) => string;
  /** Why nobody can try it in this version. */
  readonly skip?: string;
  /** How its task has to end; default: with the honest work in a pull request. */
  readonly ends?: "policy" | "secret";
  /** Codes of refusals that are as good. */
  readonly orRefused?: readonly string[];
  /** The agent's side: must not be reached from inside the fence, and is where there is none. */
  readonly reach?: Check;
  /** Why it may be reached from inside the fence, too. */
  readonly falls?: string;
  /** The same where it runs as root. */
  readonly fallsForRoot?: string;
  /** Our side: must hold with and without a fence. `true`: nothing planted is executed, and the history is ours. */
  readonly ours?: true | Check;
  /** Of our side, too: what nobody may see afterwards, also where the agent did not come to its end. */
  readonly never?: Check;
}
