import type { FactBody, Reason } from "./fact.ts";
import type { Round } from "./review-round.ts";
import type { AgentUse } from "./task-view.ts";
import type { Task } from "./task.ts";

/** One run of the user's checks, as far as it is judged or shown. */
export interface CheckResult {
  readonly command: string;
  readonly exitCode: number;
  readonly seconds: number;
  /** Of its output; empty when only the result was kept. */
  readonly tail?: string;
}

export interface ChangedFile {
  readonly path: string;
  /** null for binary files. */
  readonly added: number | null;
  readonly removed: number | null;
  /** It is one now. */
  readonly symlink?: true;
}

/** The answer to "do the new tests fail without the change?"; `not run` too where a red base leaves it open. */
export type NewTestsFail = "yes" | "no" | "no tests changed" | "not run";

export type TestsJudged = Extract<FactBody, { name: "tests.judged" }>["data"];

/** What a human needs in order to judge a pull request without asking anybody. */
export interface Evidence {
  readonly task: Task;
  /** The coder's own words. */
  readonly summary: string;
  readonly base: { readonly branch: string; readonly commit: string };
  readonly head: string;
  readonly branch: string;
  /** null: not run. */
  readonly checks: {
    readonly base: CheckResult | null;
    readonly head: CheckResult | null;
    readonly withoutChange: CheckResult | null;
  };
  readonly newTestsFail: NewTestsFail;
  /** What became of tests that testers wrote; absent in what older versions gathered. */
  readonly tests?: readonly TestsJudged[];
  readonly changes: readonly ChangedFile[];
  readonly rounds: readonly Round[];
  /** Those before them of which only the number is known; absent: none. */
  readonly roundsBefore?: number;
  /** How often people sent it back; absent: never. */
  readonly humanRounds?: number;
  readonly agents: readonly AgentUse[];
  readonly attempts: number;
  readonly costUsd: number | null;
  readonly seconds: number;
  /** What a human lets it cost, where one said so. */
  readonly capUsd?: number | null;
  /** When all that was spent, at the latest (ISO 8601); absent where nobody noted it. */
  readonly at?: string;
  /** How agents were fenced in, as a sentence. */
  readonly fence: string;
  /** Hash of the policy that agents were held to. */
  readonly policy: string;
  /** The journal's length and the hash of its last fact when this was gathered; null where it is empty. */
  readonly journal: { readonly facts: number; readonly hash: string } | null;
  /** Why agents stopped before they agreed; null when everybody approved. */
  readonly open: Reason | null;
}

/** `tester: 2 files of tests adopted`, or why they were not. */
export function testsLine({ agent, files, adopted, why, ref }: TestsJudged): string {
  const what = `${agent}: ${files.length === 1 ? "1 file" : `${files.length} files`} of tests ${adopted ? "" : "not "}adopted`;
  return `${what}${why === "" ? "" : `: ${why}`}${ref === null ? "" : ` (kept as ${ref})`}`;
}

export interface TestRuns {
  readonly base: Pick<CheckResult, "exitCode"> | null;
  /** The base with only the test files of the head. */
  readonly withoutChange: Pick<CheckResult, "exitCode"> | null;
  readonly testsChanged: boolean;
}

export function newTestsFail({ base, withoutChange, testsChanged }: TestRuns): NewTestsFail {
  if (!testsChanged) return "no tests changed";
  if (withoutChange === null) return "not run";
  if (withoutChange.exitCode === 0) return "no";
  return base !== null && base.exitCode !== 0 ? "not run" : "yes";
}
