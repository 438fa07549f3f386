import type { Ports } from "../dispatch/ports.ts";
import { adopt } from "../dispatch/reconcile.ts";
import { branchName } from "../domain/branch-name.ts";
import type { FactBody } from "../domain/fact.ts";
import { parsePullRequest, type PullRequestFacts } from "../domain/pull-request-text.ts";
import type { PullRequest } from "../ports/forge.ts";
import type { Hub, Left, Note } from "../ports/hub.ts";

export interface Memory {
  readonly ports: Ports;
  readonly run: string;
  readonly hub: Pick<Hub, "fetchNotes" | "fetchLeft">;
  /** Of the issues that are the backlog; null where it is made of something else. */
  readonly label: string | null;
}

/**
 * The journal begins empty in every run of the Action, and GitHub knows what became of the tasks until then: what has
 * ended and is put away, what ended without a pull request, and what open ones do not tell in their text. The other
 * open ones are found by `reconcile` itself.
 */
export async function remember({ ports, run, hub, label }: Memory): Promise<void> {
  const all = await ports.forge.fetchPullRequests();
  const append = async (task: string, at: string, bodies: readonly FactBody[]): Promise<void> => {
    for (const [nth, body] of bodies.entries())
      await ports.journal.append({ ...body, run, task, episode: 1, at, key: `${task}/1/remembered/${nth}` });
  };
  // A task that was closed and begun anew has more than one.
  const last = new Map(all.toSorted((a, b) => a.number - b.number).map(({ task, number }) => [task, number]));
  for (const one of all.filter(({ task, number }) => last.get(task) === number)) {
    const told = parsePullRequest(one.body);
    if (one.state !== "open") {
      // Its labels go last.
      if (one.isShown !== true) await append(one.task, told?.at ?? LONG_AGO, endedFacts(one, told));
      continue;
    }
    const left = await hub.fetchLeft(one.number);
    // What was pushed since is told by its text.
    if (left === null || left.at <= (told?.at ?? "")) continue;
    await adopt(ports, run, undefined, one, withLeft(one, told, left));
    if (left.wakeAt !== null) await append(one.task, left.at, [parked(left.reason, left.wakeAt)]);
  }
  for (const note of label === null ? [] : await hub.fetchNotes(label))
    if (!last.has(note.task)) await append(note.task, note.at, noteFacts(note));
}

const LONG_AGO = new Date(0).toISOString();

/** What it took altogether, also where nothing came of it. */
function withLeft({ task, branch, head }: PullRequest, told: PullRequestFacts | null, left: Left): PullRequestFacts {
  const { base = head, newTestsFail = "not run", rounds = 0, humanRounds = 0 } = told ?? {};
  const { reason, attempts, costUsd, seconds, at } = left;
  return {
    ...{ task, branch, base, head, newTestsFail, rounds },
    ...{ attempts, costUsd, seconds, at, open: reason, humanRounds: Math.max(humanRounds, left.humanRounds) },
  };
}

const parked = (reason: string, wakeAt: string): FactBody => ({
  name: "task.parked",
  // Until this run, where no time is named.
  data: { reason, wakeAt: wakeAt === "" ? LONG_AGO : wakeAt },
});

function endedFacts(one: PullRequest, told: PullRequestFacts | null): readonly FactBody[] {
  const { task, title, branch, number, head, mergeCommit } = one;
  const { rounds = 0, attempts = 0, costUsd = null, seconds = 0, base = head, at } = told ?? {};
  const spent = { rounds, attempts, costUsd, seconds, ...(at === undefined ? {} : { at }) };
  const known: readonly FactBody[] = [
    ...begun(task, title, branch, base),
    { name: "task.adopted", data: { pr: number, commit: head, ...spent } },
    { name: "pr.opened", data: { number, head } },
  ];
  if (one.state === "closed") return [...known, { name: "pr.closed", data: { why: "closed on the forge" } }];
  return [
    ...known,
    { name: "pr.merged", data: { commit: mergeCommit ?? head } },
    { name: "task.settled", data: { pr: number } },
  ];
}

/** Its money counts; it rests until its time has come, or a person puts the label back. */
function noteFacts(note: Note): readonly FactBody[] {
  const { task, title, waits, reason, attempts, costUsd, seconds, at, wakeAt } = note;
  return [
    ...begun(task, title, branchName(task, title), ""),
    { name: "task.adopted", data: { pr: 0, commit: "", rounds: 0, attempts, costUsd, seconds, at } },
    wakeAt === null ? { name: "task.needs-human", data: { reason } } : parked(reason, wakeAt),
    ...(waits ? [] : [{ name: "task.retried", data: { from: "code", by: "its label" } } as const]),
  ];
}

const begun = (task: string, title: string, branch: string, base: string): readonly FactBody[] => [
  { name: "task.queued", data: { title, branch, textHash: "", kind: null } },
  { name: "episode.started", data: { from: "code", base, why: `remembered of ${task}` } },
];
