import type { Finding } from "../../domain/verdict.ts";

/** One change of one file, as the replay engine makes it. */
export type Edit =
  | { readonly path: string; readonly content: string }
  /** The old text must stand there exactly once. */
  | { readonly path: string; readonly replace: readonly [old: string, text: string] };

/** One start of a coder. Picked by round and attempt; both are 1 where nothing is said. */
export interface CoderTurn {
  readonly round?: number;
  readonly attempt?: number;
  readonly seconds: number;
  readonly edits: readonly Edit[];
  readonly say: readonly string[];
  /** `crash`: ends itself by SIGKILL after its edits. */
  readonly end: "ok" | "crash";
  readonly summary: string;
  /** A replay asks no model: free, and known to be. */
  readonly costUsd: 0;
}

export interface ReviewerTurn {
  readonly round?: number;
  readonly seconds: number;
  readonly say: readonly string[];
  readonly verdict: "approve" | "request_changes";
  readonly findings: readonly Finding[];
  readonly summary: string;
  readonly costUsd: 0;
}

export interface TaskRecording {
  readonly coder: readonly CoderTurn[];
  readonly reviewer: readonly ReviewerTurn[];
}

/** The file that the `replay` engine plays. */
export interface Recording {
  readonly v: 1;
  /** What an agent needs before its first word. */
  readonly startSeconds: number;
  readonly tasks: Readonly<Record<string, TaskRecording>>;
}
