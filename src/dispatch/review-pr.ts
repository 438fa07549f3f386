import type { Reason } from "../domain/fact.ts";
import { neutralise } from "../domain/neutralise.ts";
import { bareTask } from "../domain/task.ts";
import type { Verdict } from "../domain/verdict.ts";
import type { Foreign } from "../ports/forge.ts";
import { heal } from "./heal.ts";
import type { Ports, Settings } from "./ports.ts";
import { requireAgent, takeTurn } from "./single-turn.ts";

export interface ReviewedPullRequest {
  readonly pullRequest: Foreign;
  readonly agent: string;
  readonly verdict: Verdict | null;
  /** Why there is no verdict. */
  readonly reason: Reason | null;
}

/**
 * Lets a reviewer look at any pull request, whoever wrote it, and says there what it found: a review that judges nothing.
 * The text of the pull request is data, its head is mounted read-only, and what it configures is not read. Codes
 * `unknown_pull_request`, `reviewer_missing`.
 */
export async function reviewPullRequest(
  ports: Ports,
  settings: Settings,
  number: number,
  signal: AbortSignal,
): Promise<ReviewedPullRequest> {
  await (await heal(ports, settings.run)).all();
  const pullRequest = await ports.forge.fetchForeign(number);
  await ports.repository.fetchObjects(pullRequest.ref);
  const { head, title, body } = pullRequest;
  const agent = requireAgent(ports, "reviewer", [], "review a pull request");
  const tip = await ports.repository.fetchBase();
  const base = { branch: tip.branch, commit: (await ports.repository.mergeBase(tip.commit, head)) ?? tip.commit };
  const task = bareTask({ id: `pr-${number}`, title, body, kind: null, textHash: "" });
  const about = { task, from: "review", why: "asked for", base, commit: head, findings: [] } as const;
  const outcome = await takeTurn(ports, settings, { ...about, role: "reviewer", agent }, signal);
  await ports.paths.dropKept(task.id);
  if (outcome.kind !== "verdict" || !outcome.valid)
    return { pullRequest, agent, verdict: null, reason: outcome.kind === "failed" ? outcome.reason : UNREADABLE };
  const { verdict } = outcome;
  const words = [verdict.summary, ...verdict.findings.map(({ message, rule, path }) => `${message} ${rule} ${path}`)];
  const leaks = await ports.secrets.find([{ place: "the reviewer's words", text: words.join("\n") }]);
  if (leaks.length > 0) return { pullRequest, agent, verdict: null, reason: LEAKS };
  const says = verdict.decision === "approve" ? "finds nothing that has to change" : "asks for changes";
  await ports.forge.showVerdict(number, {
    ...{ task: task.id, head, findings: verdict.findings },
    outcome: verdict.decision === "approve" ? "success" : "failure",
    sentence: `${agent} ${says}. ${neutralise(verdict.summary, 2000)}`.trim(),
  });
  return { pullRequest, agent, verdict, reason: null };
}

const LEAKS: Reason = "secret: what it says holds a secret, so it is not said there";
const UNREADABLE: Reason = "invalid_verdict: its verdict could not be read";
