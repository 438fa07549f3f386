import type { GaveUp, ProcessEnd, Usage } from "../../../domain/assignment.ts";
import type { SpawnSeeds } from "../../../domain/spawn.ts";
import type { JsonSchema } from "./answer-schema.ts";

export const CLI_NAMES = ["claude", "codex", "gemini", "opencode"] as const;
export type CliName = (typeof CLI_NAMES)[number];

/** Whose protocol a model's server speaks. */
export type Protocol = "anthropic" | "openai" | "gemini";

/** What is asked of a CLI in one turn, whichever it is. */
export interface Turn {
  /** It may change files; else it reads. */
  readonly edits: boolean;
  /** Markdown. */
  readonly brief: string;
  /** The repository's words to agents, for those that do not read them themselves; may be empty. */
  readonly guidance: string;
  /** The worktree. */
  readonly cwd: string;
  /** null: what the CLI takes by default. */
  readonly model: string | null;
  /** Sessions, caches and login of the CLI; it exists and is writable. */
  readonly home: string;
  /** New for this turn and writable: `files` of the launch go there. */
  readonly folder: string;
  /** Of what it may answer; null where words are enough. */
  readonly schema: JsonSchema | null;
  /** The session to go on with, and the id for a new one where the CLI takes one (a UUID). */
  readonly session: { readonly resume: string | null; readonly fresh: string };
  readonly server: Server;
  /** As whom it runs. */
  readonly isRoot: boolean;
  /** Our fence is around it. */
  readonly isFenced: boolean;
}

/** null where the CLI uses its own login, or its own idea of the address. */
export interface Server {
  readonly protocol: Protocol;
  readonly url: string | null;
  readonly key: string | null;
}

export interface Launch {
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** On stdin. */
  readonly input: string;
  /** Written before it starts; absolute, below `home` or `folder`. */
  readonly files: readonly { readonly path: string; readonly text: string }[];
}

/** What happened, whichever CLI says so. */
export type CliEvent =
  | { readonly kind: "began"; readonly session: string | null; readonly model: string | null }
  | { readonly kind: "said"; readonly text: string }
  | { readonly kind: "tool"; readonly name: string; readonly detail: string }
  /** Its model said something that is told later, or to nobody. */
  | { readonly kind: "heard" }
  /** What one question to its model held. */
  | { readonly kind: "asked"; readonly tokens: number }
  /** Its server refused, and it tries again by itself; `status` is that of HTTP. */
  | { readonly kind: "retrying"; readonly status: number | null }
  /** A line of JSON that this version does not know. */
  | { readonly kind: "unknown"; readonly type: string };

/** How a turn came to its end, as the CLI's own words have it: an exit code alone is never believed. */
export type TurnEnd =
  | { readonly kind: "ok" }
  | { readonly kind: "rate_limited"; readonly retrySeconds: number | null; readonly message: string }
  | { readonly kind: "overloaded"; readonly message: string }
  | { readonly kind: "gave_up"; readonly why: GaveUp; readonly message: string };

export interface Told {
  readonly end: TurnEnd;
  /** Its last words. */
  readonly text: string;
  /** What it answered to the schema; undefined where it did not. */
  readonly answer?: unknown;
  readonly session: string | null;
  readonly model: string | null;
  /** null where it says nothing of it. */
  readonly usage: Usage | null;
  /** As the CLI reckons it; null where it does not. */
  readonly costUsd: number | null;
}

/** Reads what one turn prints. */
export interface Reader {
  /** A whole JSON object of a line. */
  read(event: Readonly<Record<string, unknown>>): readonly CliEvent[];
  /** After the process has ended; `tail` is the last of what it printed. */
  end(exit: ProcessEnd, tail: string): Told;
}

/** One CLI: everything that is particular to it, and nothing that touches the world. */
export interface Cli {
  readonly name: CliName;
  /** The program's name, when the configuration has none. */
  readonly program: string;
  /** What `--version` prints: first and last version that were measured. */
  readonly tested: { readonly from: string; readonly to: string };
  /** Where its key and server are, in the order in which they are looked for. */
  readonly servers: readonly { readonly protocol: Protocol; readonly keyName: string; readonly urlName: string }[];
  /** The folder of the user's own login, seen from their home. */
  readonly login: string;
  readonly features: {
    readonly resume: boolean;
    /** It can be held to a JSON schema. */
    readonly schema: boolean;
    /** It tells its price. */
    readonly cost: boolean;
    /** It can be kept from writing. */
    readonly readOnly: boolean;
    /** What of that which it tells is of its whole session, also of the turns before. */
    readonly sums?: "tokens" | "cost";
    /** It reads AGENTS.md by itself. */
    readonly guidance: boolean;
  };
  readonly seeds: SpawnSeeds;
  plan(turn: Turn): Launch;
  reader(): Reader;
}
