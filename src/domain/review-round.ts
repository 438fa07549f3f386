import type { Role } from "./assignment.ts";
import type { Reason } from "./fact.ts";
import type { Hash } from "./hash.ts";
import type { Finding, Verdict } from "./verdict.ts";

export interface RoleVerdict {
  readonly role: Role;
  readonly agent: string;
  readonly verdict: Verdict;
}

/** Everybody's word on one head. */
export interface Round {
  readonly verdicts: readonly RoleVerdict[];
  /** Why not everybody had their say. */
  readonly cutShort?: Reason;
}

export type RoundDecision =
  | { readonly kind: "approved" }
  /** The coder's next brief. */
  | { readonly kind: "fix"; readonly findings: readonly Finding[] }
  | { readonly kind: "stop"; readonly code: "rounds" | "no_progress"; readonly sentence: string };

export interface RoundsInput {
  /** All of this episode, the one to judge last. */
  readonly rounds: readonly Round[];
  /** Bound on rounds. */
  readonly max: number;
  readonly hash: Hash;
}

/**
 * The same for the same complaint in the next round, though the lines moved: path, rule and wording without its
 * numbers, case and spacing.
 */
export function fingerprint(finding: Finding, hash: Hash): string {
  const message = finding.message.toLowerCase().replace(/\d+/g, "#").replace(/\s+/g, " ").trim();
  return hash(JSON.stringify([finding.path, finding.rule, message]));
}

/**
 * Approved when everybody approves and nobody left a blocker or major finding; otherwise another fix, unless the
 * rounds are used up, the fix changed nothing that matters, or the review goes in circles.
 */
export function judgeRound({ rounds, max, hash }: RoundsInput): RoundDecision {
  const findings = complaints(rounds.at(-1));
  if (findings.length === 0) return { kind: "approved" };
  const history = rounds.map((round) => signature(complaints(round), hash));
  const now = rounds.length;
  const before = history.slice(0, -1).findLastIndex((one) => one === history.at(-1)) + 1;
  if (before > 0) return { kind: "stop", code: "no_progress", sentence: again(findings.length, now, before) };
  if (now < max) return { kind: "fix", findings };
  const sentence = `round ${now} of ${max} still asks for changes: ${count(findings.length)} open`;
  return { kind: "stop", code: "rounds", sentence };
}

function again(findings: number, now: number, before: number): string {
  return before === now - 1
    ? `round ${now} found the same as round ${before}: ${count(findings)}`
    : `round ${now} brought back what round ${before} found: ${count(findings)}`;
}

const count = (findings: number): string => (findings === 1 ? "1 finding" : `${findings} findings`);

const isGrave = ({ severity }: Finding): boolean => severity === "blocker" || severity === "major";

/** What stands against approval. Minor findings beside an explicit approval do not; a refusal without findings is one. */
function complaints(round: Round | undefined): readonly Finding[] {
  return (round?.verdicts ?? []).flatMap(({ role, verdict }) => {
    if (verdict.decision === "approve") return verdict.findings.some(isGrave) ? verdict.findings : [];
    return verdict.findings.length > 0 ? verdict.findings : [refusal(role, verdict.summary)];
  });
}

function refusal(role: Role, summary: string): Finding {
  const message = summary.trim() === "" ? `the ${role} asked for changes without saying which` : summary;
  return { path: null, line: null, severity: "major", rule: null, message, skills: [] };
}

/** Of the grave ones, so that a nit more or less is no progress; of all where there are only minor ones. */
function signature(findings: readonly Finding[], hash: Hash): string {
  const grave = findings.filter(isGrave);
  const prints = (grave.length > 0 ? grave : findings).map((finding) => fingerprint(finding, hash));
  return [...new Set(prints)].sort().join(" ");
}
