import { DispatchError, EXIT } from "../domain/errors.ts";
import type { Reason } from "../domain/fact.ts";
import { neutralise } from "../domain/neutralise.ts";
import { chooseAgent } from "../domain/routing.ts";
import type { Verdict } from "../domain/verdict.ts";
import type { Foreign } from "../ports/forge.ts";
import { countStart } from "./count-start.ts";
import type { AssignmentInput, AssignmentOutcome, Episode } from "./episode.ts";
import { heal } from "./heal.ts";
import type { Ports, Settings } from "./ports.ts";
import { work } from "./work.ts";

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
  const agent = requireReviewer(ports);
  const input = await inputOf(ports, settings, pullRequest, agent);
  const start = await countStart(ports, input);
  const outcome: AssignmentOutcome = start.kind === "failed" ? start : await work(ports, input, start, signal);
  await ports.paths.dropKept(input.episode.task.id);
  if (outcome.kind !== "verdict" || !outcome.valid)
    return { pullRequest, agent, verdict: null, reason: outcome.kind === "failed" ? outcome.reason : UNREADABLE };
  const { verdict } = outcome;
  const words = [verdict.summary, ...verdict.findings.map(({ message, rule, path }) => `${message} ${rule} ${path}`)];
  const leaks = await ports.secrets.find([{ place: "the reviewer's words", text: words.join("\n") }]);
  if (leaks.length > 0) return { pullRequest, agent, verdict: null, reason: LEAKS };
  const says = verdict.decision === "approve" ? "finds nothing that has to change" : "asks for changes";
  await ports.forge.showVerdict(number, {
    ...{ task: input.episode.task.id, head: pullRequest.head, findings: verdict.findings },
    outcome: verdict.decision === "approve" ? "success" : "failure",
    sentence: `${agent} ${says}. ${neutralise(verdict.summary, 2000)}`.trim(),
  });
  return { pullRequest, agent, verdict, reason: null };
}

const LEAKS: Reason = "secret: what it says holds a secret, so it is not said there";
const UNREADABLE: Reason = "invalid_verdict: its verdict could not be read";

function requireReviewer({ agents }: Ports): string {
  const agent = chooseAgent([...agents.values()], "reviewer", []);
  if (agent !== null) return agent;
  throw new DispatchError({
    code: "reviewer_missing",
    message: "no agent has the role reviewer, so nobody can review a pull request",
    hint: 'add one under "agents" in dispatch.jsonc: "reviewer": { "role": "reviewer", "engine": "claude" }',
    exit: EXIT.usage,
  });
}

/** No episode: nothing of it has to outlive this command. Every start is another attempt of the same look. */
async function inputOf(
  ports: Ports,
  settings: Settings,
  { number, title, body, head }: Foreign,
  agent: string,
): Promise<AssignmentInput> {
  const { run, pipeline, attempts, rounds, limits, testPaths, policy, fence } = settings;
  const tip = await ports.repository.fetchBase();
  const base = { branch: tip.branch, commit: (await ports.repository.mergeBase(tip.commit, head)) ?? tip.commit };
  const id = `pr-${number}`;
  const before = await ports.journal.read({ task: id, names: ["assignment.started"] });
  const nothing = { after: [], files: [], skills: [], context: [], estimateSeconds: null, value: null, priority: null };
  const episode: Episode = {
    ...{ run, episode: 0, from: "review", why: "asked for", lane: 0, branch: "", base, start: base.commit },
    task: { ...nothing, id, title, body, kind: null, textHash: "" },
    ...{ feedback: [], agents: { reviewer: agent } },
    rules: { pipeline, attempts, rounds, limits, testPaths, policy, fence },
  };
  return { episode, role: "reviewer", agent, round: 1, attempt: before.length + 1, commit: head, findings: [] };
}
