import { CHECKS_RULE } from "../domain/check-verdict.ts";
import type { Role } from "../domain/assignment.ts";
import type { Reason } from "../domain/fact.ts";
import { formatReason } from "../domain/retry.ts";
import type { RoleVerdict } from "../domain/review-round.ts";
import type { Verdict } from "../domain/verdict.ts";
import type { Steps } from "../ports/steps.ts";
import { assign } from "./assign.ts";
import { isBaseRed } from "./base-checks.ts";
import { parked, type Episode, type Parked, type ProposedTests } from "./episode.ts";
import type { Ports } from "./ports.ts";

/** What is looked at: it moves on when a tester's tests are adopted. */
export interface Standing {
  head: string;
  /** A tester's, that failed when they were judged last. */
  tests: ProposedTests | undefined;
}

export type Look =
  | { readonly kind: "seen"; readonly verdicts: readonly RoleVerdict[] }
  | { readonly kind: "failed"; readonly reason: Reason }
  /** Somebody who should look may not be started. */
  | (Short & { readonly kind: "refused"; readonly reason: Reason })
  | Parked
  /** Nobody can say whether the change is good; a fix round would be a guess (docs/contract.md §9.17). */
  | (Short & { readonly kind: "unclear"; readonly reason: Reason });

interface Short {
  /** What was said before. */
  readonly verdicts: readonly RoleVerdict[];
}

const STAGES = [
  { role: "tester", stage: "test" },
  { role: "reviewer", stage: "review" },
] as const;

/** Tester, then reviewer, on the exact commit. What does not pass its tests is not worth a reviewer's time. */
export async function lookAt(
  ports: Ports,
  steps: Steps,
  episode: Episode,
  round: number,
  standing: Standing,
): Promise<Look> {
  const verdicts: RoleVerdict[] = [];
  for (const { role, stage } of STAGES) {
    if (!episode.rules.pipeline.includes(stage)) continue;
    if (round === 1 && episode.from === "review" && stage === "test") continue;
    const { head: commit, tests } = standing;
    const own = role === "tester" && tests !== undefined ? { tests } : {};
    const outcome = await assign(steps, episode, { role, round, commit, findings: [], ...own });
    const rests = outcome.kind === "failed" ? parked(outcome, stage) : null;
    if (rests !== null) return rests;
    if (outcome.kind === "failed" && outcome.withhold) return { kind: "refused", verdicts, reason: outcome.reason };
    if (outcome.kind === "failed") return { kind: "failed", reason: outcome.reason };
    if (outcome.kind !== "verdict") continue;
    const { verdict } = outcome;
    // Whom the checks spared the look has not taken its tests back.
    const left = isOfChecks(verdict) ? tests : outcome.tests;
    if (role === "tester") Object.assign(standing, { head: outcome.head ?? commit, tests: left });
    if (!outcome.valid) return { kind: "unclear", verdicts, reason: unreadable(role, verdict.summary) };
    const agent = episode.agents[role] ?? role;
    const isRefused = role === "tester" && verdict.decision === "request_changes";
    if (isRefused && (await isBaseRed(ports, steps, episode, round)) && isOfChecks(verdict))
      return {
        kind: "unclear",
        verdicts,
        reason: formatReason(
          "no_progress",
          `the checks fail on the base too (${episode.base.branch} at ${episode.base.commit.slice(0, 7)}), so they cannot judge this change`,
        ),
      };
    verdicts.push({ role, agent, verdict });
    if (verdict.decision === "request_changes") break;
  }
  return { kind: "seen", verdicts };
}

const isOfChecks = ({ findings }: Verdict): boolean => findings.some(({ rule }) => rule === CHECKS_RULE);

/** A coder cannot mend a reviewer that cannot speak: no fix round is spent on it. */
const unreadable = (role: Role, why: string): Reason =>
  formatReason("invalid_verdict", `the ${role} gave no verdict that can be read: ${why}`);
