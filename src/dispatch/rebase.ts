import type { Policy } from "../domain/authorize.ts";
import { hasErrorCode } from "../domain/errors.ts";
import type { TaskView } from "../domain/task-view.ts";
import type { PullRequest } from "../ports/forge.ts";
import type { Base } from "../ports/repository.ts";
import { findWorse } from "./inspect.ts";
import { moveOnto } from "./mend.ts";
import { holdsTheirs } from "./ours.ts";
import { record, type Ports } from "./ports.ts";

/** `busy`: somebody else has it, or put something onto it · `held`: there it would change what is protected. */
export type Moved = "rebased" | "conflict" | "busy" | "held";

/** In whose name it is told, and under which run it is booked. */
interface Mover extends Readonly<Record<"by" | "run", string>> {
  /** Whoever had it moved has it checked and reviewed, too. */
  readonly isJudgedNext?: true;
}

export interface Candidate {
  readonly view: TaskView;
  readonly pullRequest: PullRequest;
  readonly branch: string;
  readonly head: string;
  readonly base: Base;
  /** It was moved by a look that ended before the rest of the world knew. */
  readonly contains: boolean;
}

/** null where there is nothing to do: it stands on the base, and everybody knows. */
export async function findMove(
  { repository, journal }: Ports,
  view: TaskView,
  pullRequest: PullRequest,
  base: Base,
): Promise<Candidate | null> {
  const { id: task, branch } = view;
  const head = branch === null ? null : await repository.readBranch(branch);
  if (branch === null || head === null) return null;
  const contains = await repository.isAncestor(base.commit, head);
  const facts = await journal.read({ task, names: ["rebase.intended", "branch.rebased"] });
  const last = facts.findLast(({ data }) => "to" in data && data.to === head);
  if (contains && pullRequest.head === head && last?.name !== "rebase.intended") return null;
  return { view, pullRequest, branch, head, base, contains };
}

/** The head onto the base, here and there, each only from where it was seen. */
export async function move(ports: Ports, mover: Mover, policy: Policy, candidate: Candidate): Promise<Moved> {
  const { view, branch, head, base, contains, pullRequest } = candidate;
  const { repository } = ports;
  const from = pullRequest.head;
  if (!(await isFree(ports, candidate))) return "busy";
  const there = await repository.fetchPublished(branch);
  // Somebody moved it there: what they put on it is not ours to publish.
  if (there !== null && ![head, from].includes(there)) return "busy";
  for (const one of new Set([head, there ?? head]))
    if (await holdsTheirs(ports, view.id, one, base.commit)) return "busy";
  const to = contains ? head : await moveOnto(ports, base, head);
  // Nothing of it is left to say there.
  if (to === null || to === base.commit) return "conflict";
  if ((await findWorse(ports, { head: from, base: base.commit, moved: to }, policy)) !== null) return "held";
  const scope = { run: mover.run, task: view.id, episode: view.episode };
  const key = `${view.id}/${view.episode}/rebasing/${to}`;
  const intended = await record(ports, scope, key, { name: "rebase.intended", data: { from, to } });
  if (to !== head) await repository.moveBranch(branch, to, head);
  if (!(await push(ports, branch, to, there))) {
    if (to !== head) await repository.moveBranch(branch, head, to);
    return "busy";
  }
  // What was begun before says from where.
  await tell(ports, mover, candidate, { from, to, ...("from" in intended.data ? { from: intended.data.from } : {}) });
  return "rebased";
}

/** Nobody has it in hand here, and it is what is shown there, but for a move of ours that was cut short. */
async function isFree({ journal, worktrees }: Ports, { view, branch, head, pullRequest }: Candidate): Promise<boolean> {
  if (await worktrees.isBusy(branch)) return false;
  if (head === pullRequest.head) return true;
  const facts = await journal.read({ task: view.id, names: ["rebase.intended"] });
  return facts.some(
    ({ name, data }) => name === "rebase.intended" && data.to === head && data.from === pullRequest.head,
  );
}

/** False where somebody else was faster; an answer that was lost is none. */
async function push({ repository }: Ports, branch: string, to: string, there: string | null): Promise<boolean> {
  try {
    await repository.publish(branch, to, there);
    return true;
  } catch (error) {
    if (!hasErrorCode(error, "push_rejected")) throw error;
    return (await repository.fetchPublished(branch)) === to;
  }
}

/** It stands there for ever: true now, and when somebody has looked at it. */
function saying({ isJudgedNext }: Mover, { from, to, base }: Readonly<Record<"from" | "to" | "base", string>>): string {
  const next =
    isJudgedNext === true
      ? "It is checked and reviewed again, and the evidence above is brought up to date then."
      : `Nothing is checked or reviewed by that: the evidence above is of ${short(from)} until somebody has it looked at again.`;
  return `Rebased onto ${short(base)}: ${short(from)} is now ${short(to)}. ${next}`;
}

const short = (commit: string): string => commit.slice(0, 12);

async function tell(
  ports: Ports,
  mover: Mover,
  { view, pullRequest, branch, base: { commit: base } }: Candidate,
  { from, to }: { readonly from: string; readonly to: string },
): Promise<void> {
  const { task, title, body, draft } = pullRequest;
  await ports.forge.ensurePullRequest({ task, title, body, branch, base: pullRequest.base, head: to, draft });
  await ports.forge.ensureComment(pullRequest.number, `rebased/${to}`, saying(mover, { from, to, base }), mover.by);
  const scope = { run: mover.run, task: view.id, episode: view.episode };
  await record(ports, scope, `${view.id}/${view.episode}/rebased/${to}`, {
    name: "branch.rebased",
    data: { branch, from, to, base },
  });
}
