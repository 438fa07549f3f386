import type { Ports } from "../dispatch/ports.ts";
import { branchName } from "../domain/branch-name.ts";
import type { FactBody } from "../domain/fact.ts";
import { parsePullRequest } from "../domain/pull-request-text.ts";
import type { PullRequest } from "../ports/forge.ts";
import type { Hub, Note } from "../ports/hub.ts";

export interface Memory {
  readonly ports: Pick<Ports, "journal" | "forge">;
  readonly run: string;
  readonly hub: Pick<Hub, "fetchBranches" | "fetchNotes">;
  /** Of the issues that are the backlog; null where it is made of something else. */
  readonly label: string | null;
}

/**
 * The journal begins empty in every run of the Action, and GitHub knows what became of the tasks until then: what is
 * merged and put away, and what ended without a pull request. Open pull requests are found by `reconcile` itself.
 */
export async function remember({ ports, run, hub, label }: Memory): Promise<void> {
  const [all, branches] = [await ports.forge.fetchPullRequests(), await hub.fetchBranches()];
  const isLast = ({ task, number }: PullRequest): boolean =>
    all.every((other) => other.task !== task || other.number <= number);
  const append = async (task: string, at: string, bodies: readonly FactBody[]): Promise<void> => {
    for (const [nth, body] of bodies.entries())
      await ports.journal.append({ ...body, run, task, episode: 1, at, key: `${task}/1/remembered/${nth}` });
  };
  for (const one of all)
    if (one.state === "merged" && isLast(one) && !branches.has(one.branch))
      await append(one.task, timeOf(one), mergedFacts(one));
  const known = new Set(all.map(({ task }) => task));
  for (const note of label === null ? [] : await hub.fetchNotes(label))
    if (!known.has(note.task)) await append(note.task, note.at, endedFacts(note));
}

const LONG_AGO = new Date(0).toISOString();
const timeOf = ({ body }: PullRequest): string => parsePullRequest(body)?.at ?? LONG_AGO;

function mergedFacts({ task, title, branch, number, head, body, mergeCommit }: PullRequest): readonly FactBody[] {
  const { rounds = 0, attempts = 0, costUsd = null, seconds = 0, base = head, at } = parsePullRequest(body) ?? {};
  const told = { rounds, attempts, costUsd, seconds, ...(at === undefined ? {} : { at }) };
  return [
    ...begun(task, title, branch, base),
    { name: "task.adopted", data: { pr: number, commit: head, ...told } },
    { name: "pr.opened", data: { number, head } },
    { name: "pr.merged", data: { commit: mergeCommit ?? head } },
    { name: "task.settled", data: { pr: number } },
  ];
}

/** Its money counts; it rests until a person puts the label back. */
function endedFacts({ task, title, waits, reason, attempts, costUsd, seconds, at }: Note): readonly FactBody[] {
  return [
    ...begun(task, title, branchName(task, title), ""),
    { name: "task.adopted", data: { pr: 0, commit: "", rounds: 0, attempts, costUsd, seconds, at } },
    { name: "task.needs-human", data: { reason } },
    ...(waits ? [] : [{ name: "task.retried", data: { from: "code", by: "its label" } } as const]),
  ];
}

const begun = (task: string, title: string, branch: string, base: string): readonly FactBody[] => [
  { name: "task.queued", data: { title, branch, textHash: "", kind: null } },
  { name: "episode.started", data: { from: "code", base, why: `remembered of ${task}` } },
];
