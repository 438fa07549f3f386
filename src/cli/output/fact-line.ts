import { display } from "../../domain/display.ts";
import { formatSeconds, formatUsd } from "../../domain/duration.ts";
import { testsLine } from "../../domain/evidence.ts";
import type { Fact } from "../../domain/fact.ts";

/** One line per change that a person would want to know of; null for bookkeeping. */
export function factLine(fact: Fact): string | null {
  const text = sentence(fact);
  return text === null ? null : display(fact.task === null ? text : `${fact.task}  ${text}`);
}

function sentence(fact: Fact): string | null {
  switch (fact.name) {
    case "assignment.started":
      return `${fact.data.agent === fact.data.role ? fact.data.role : `${fact.data.role} ${fact.data.agent}`} starts${again(fact.data.round, fact.data.attempt)}`;
    case "assignment.ended":
      return fact.data.reason === null ? null : `${fact.data.role} ended: ${fact.data.reason}`;
    case "assignment.interrupted":
      return `${fact.data.role} was interrupted and starts again`;
    case "snapshot.taken":
      return `committed ${fact.data.commit.slice(0, 7)}: ${changed(fact.data.files.length)}, +${fact.data.added} -${fact.data.removed}`;
    case "work.salvaged":
      return `unfinished work saved as ${fact.data.ref}`;
    case "checks.ran":
      return `checks ${CHECKED[fact.data.kind]}: ${fact.data.exitCode === 0 ? "pass" : `exit ${fact.data.exitCode}`} in ${formatSeconds(fact.data.seconds)}`;
    case "verdict.given":
      return fact.data.decision === "approve"
        ? `${fact.data.role} approves`
        : `${fact.data.role} asks for changes: ${count(fact.data.findings.length, "finding")}`;
    case "tests.judged":
      return testsLine(fact.data);
    case "pr.opened":
      return `pull request #${fact.data.number}`;
    case "pr.approved":
      return `approved by ${fact.data.by}`;
    case "pr.rejected":
      return `sent back by ${fact.data.by}: ${fact.data.why}`;
    case "pr.merged":
      return `merged as ${fact.data.commit.slice(0, 7)}`;
    case "pr.closed":
      return `closed: ${fact.data.why}`;
    case "branch.rebased":
      return `rebased onto ${fact.data.base.slice(0, 7)}`;
    case "landing.judged":
      return fact.data.reason ?? (fact.data.outcome === "passes" ? "goes with the base that moved" : null);
    case "task.ready":
      return "waits for your approval";
    case "task.needs-human":
      return `needs you: ${fact.data.reason}`;
    case "task.failed":
      return `failed: ${fact.data.reason}`;
    case "task.parked":
      return `parked: ${fact.data.reason}`;
    case "task.cancelled":
      return `cancelled by ${fact.data.by}`;
    case "task.retried":
      return `will be tried again from ${fact.data.from}${fact.data.saved === undefined ? "" : `, with the files of ${fact.data.saved}`}`;
    case "task.adopted":
      return `restored from pull request #${fact.data.pr} (${count(fact.data.rounds, "round")}, ${formatUsd(fact.data.costUsd)}); its turns, verdicts and logs are not known here`;
    case "claim.refused":
      return `is worked on by another clone, on ${fact.data.by}`;
    case "change.allowed":
      return `let through by ${fact.data.by} in spite of ${fact.data.code}`;
    case "task.budgeted":
      return `may cost ${formatUsd(fact.data.usd)}, on the word of ${fact.data.by}`;
    case "run.started":
    case "run.ended":
    case "task.settled":
    case "rebase.intended":
    case "suggestions.intended":
    case "change.inspected":
    case "task.queued":
    case "episode.started":
    case "snapshot.intended":
    case "fix.wanted":
    case "publish.started":
    case "branch.pushed":
    case "lane.measured":
      return null;
  }
}

const CHECKED = {
  base: "on the base",
  head: "on the change",
  without_change: "of its tests without the change",
  together: "on the change with the base that moved",
} as const;

function again(round: number, attempt: number): string {
  const parts = [round > 1 ? `round ${round}` : "", attempt > 1 ? `attempt ${attempt}` : ""].filter(
    (part) => part !== "",
  );
  return parts.length === 0 ? "" : ` (${parts.join(", ")})`;
}

/** The journal keeps the first 200 names. */
const changed = (files: number): string => (files < 200 ? count(files, "file") : "200 files or more");

export const count = (n: number, noun: string): string => `${n} ${noun}${n === 1 ? "" : "s"}`;
