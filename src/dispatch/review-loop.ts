import type { Reason } from "../domain/fact.ts";
import { judgeRound, type Round } from "../domain/review-round.ts";
import { formatReason, type ReasonCode } from "../domain/retry.ts";
import type { Finding } from "../domain/verdict.ts";
import type { Steps } from "../ports/steps.ts";
import { assign } from "./assign.ts";
import { parked, type Episode, type Parked } from "./episode.ts";
import { lookAt, type Standing } from "./look-at.ts";
import type { Ports } from "./ports.ts";

/** How far the agents came. `open` findings of a stopped walk are for the human. */
export type Walk =
  | { readonly kind: "approved"; readonly head: string; readonly rounds: readonly Round[]; readonly summary: string }
  | {
      readonly kind: "stopped";
      readonly head: string;
      readonly rounds: readonly Round[];
      readonly summary: string;
      readonly reason: Reason;
    }
  | { readonly kind: "failed"; readonly reason: Reason }
  | { readonly kind: "withheld"; readonly reason: Reason }
  | Parked;

/** `code → test → review → (fix → test → review)*`, bounded by rounds, progress and oscillation. */
export async function reviewLoop(ports: Ports, steps: Steps, episode: Episode): Promise<Walk> {
  const standing: Standing = { head: episode.start, tests: undefined };
  let findings = episode.feedback;
  let summary = "";
  const rounds: Round[] = [];
  const stoppedFor = (reason: Reason): Walk => ({ kind: "stopped", head: standing.head, rounds, summary, reason });
  const stopped = (code: ReasonCode, sentence: string): Walk => stoppedFor(formatReason(code, sentence));

  for (let round = 1; ; round += 1) {
    if (round > 1 || episode.from === "code") {
      const work = await assign(steps, episode, { role: "coder", round, commit: standing.head, findings });
      const rests = work.kind === "failed" ? parked(work, round === 1 ? "code" : "test") : null;
      if (rests !== null) return rests;
      const isIdle = work.kind === "failed" && work.code === "no_change" && standing.head !== episode.base.commit;
      // Notes may be left: what a human says beside what was taken word for word.
      const isAsked = round === 1 ? findings.some(({ severity }) => severity !== "note") : findings.length > 0;
      if (isIdle && isAsked) return stopped("no_progress", leftAsTheyWere(findings, round));
      // What was made before the money ran out is there to be judged.
      if (work.kind === "failed" && work.code === "budget" && rounds.length > 0) return stoppedFor(work.reason);
      // Nothing was asked for, and what stands there was never judged.
      if (work.kind === "failed" && !isIdle)
        return { kind: work.withhold ? "withheld" : "failed", reason: work.reason };
      if (work.kind === "work") ({ commit: standing.head, summary } = work);
    }
    const seen = await lookAt(ports, steps, episode, round, standing);
    if (seen.kind === "parked") return seen;
    if (seen.kind === "failed") return { kind: "failed", reason: seen.reason };
    if (seen.kind !== "seen") {
      const { verdicts, reason } = seen;
      // Where the first may not be started, nobody had a look.
      if (seen.kind === "unclear" || verdicts.length > 0) rounds.push({ verdicts, cutShort: reason });
      return stoppedFor(reason);
    }
    rounds.push({ verdicts: seen.verdicts });
    const judged = judgeRound({ rounds, max: episode.rules.rounds, hash: ports.hash });
    if (judged.kind === "approved") return { kind: "approved", head: standing.head, rounds, summary };
    if (judged.kind === "stop") return stopped(judged.code, judged.sentence);
    findings = judged.findings;
  }
}

function leftAsTheyWere(findings: readonly Finding[], round: number): string {
  const isAsked = findings.some(({ rule }) => rule?.startsWith("asked by ") === true);
  const whose = round > 1 ? `round ${round - 1}` : isAsked ? "a human" : "the base that moved";
  const [count, they] = findings.length === 1 ? ["1 finding", "it was"] : [`${findings.length} findings`, "they were"];
  return `the coder left ${count} of ${whose} as ${they}`;
}
