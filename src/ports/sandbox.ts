/** A program as it is started, without a shell. */
export interface Command {
  /** A path, or a name that is looked up on the PATH of `env`. */
  readonly file: string;
  readonly args: readonly string[];
  readonly cwd: string;
  /** The whole environment: nothing is inherited. */
  readonly env: Readonly<Record<string, string>>;
  /** The program itself is a child of what is started, in a session of its own, and its signal is an exit code. */
  readonly fenced?: true;
}

/** What one program may reach beside its working directory (all of it) and the system (read-only). */
export interface Compartment {
  /** Nobody inside can change this folder itself; home, temp and a git dir of the program's own lie below it. */
  readonly scratch: string;
  /** `open`: this machine's network, its loopback included. */
  readonly network: "none" | "open" | Relayed;
  /** Folders and files that are there. */
  readonly reads: readonly string[];
  readonly writes: readonly string[];
  /** It looks at its working directory and cannot change it. */
  readonly readsOnly?: true;
}

/** Nothing but a server of ours: it answers inside on 127.0.0.1, port `RELAY_PORT`. */
export interface Relayed {
  /** The unix socket on which the server listens outside, alone in its folder. */
  readonly socket: string;
}

export const RELAY_PORT = 18_000;

export type Fence =
  | {
      readonly kind: "fenced";
      /** What is not bounded inside, and what a person can type; null when all is. */
      readonly uncapped: { readonly what: string; readonly fix: string } | null;
    }
  | {
      readonly kind: "open";
      /** A sentence's second half: "because …". */
      readonly why: string;
      /** What a person can type. */
      readonly fix: string;
    };

/** The fence around programs that are not trusted. */
export interface Sandbox {
  /** Whether there is one: by running it, once per process. Never rejects. */
  probe(): Promise<Fence>;
  /** Rejects with `sandbox_missing` (exit 2) where there is none and the user wants nothing without. */
  require(): Promise<void>;
  /**
   * The command inside the fence; where there is none the command as it is, or as `require`. Rejects with
   * `network_unfenced` (exit 2) where there is none and its network would not hold without.
   */
  wrap(command: Command, compartment: Compartment): Promise<Command>;
}
