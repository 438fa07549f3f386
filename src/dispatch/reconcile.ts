import { formatReason } from "../domain/retry.ts";
import { parsePullRequest, type PullRequestFacts } from "../domain/pull-request-text.ts";
import { foldTask, foldTasks, type TaskView } from "../domain/task-view.ts";
import type { PullRequest } from "../ports/forge.ts";
import type { Base } from "../ports/repository.ts";
import { record, type Ports, type Settings } from "./ports.ts";
import { judgeLandings } from "./landing.ts";
import type { Onto } from "./order-rebase.ts";
import { hearReview, isForAHuman, type Say } from "./asked.ts";
import { takeOrders } from "./orders.ts";
import { isOurs, isOursThere } from "./ours.ts";
import { settle } from "./settle.ts";

export type ReconcileSettings = Onto["settings"] & Pick<Settings, "humanRounds">;

/**
 * What is true in git and on the forge becomes true in the journal: a merge, a close, a human's word, a base that
 * a waiting branch no longer fits. Safe to repeat, and run before anything is started.
 */
export async function reconcile(ports: Ports, settings: ReconcileSettings, base: Base): Promise<void> {
  const views = foldTasks(await ports.journal.read());
  const pullRequests = await ports.forge.fetchPullRequests();
  const listening = { ...settings, onto: { base, settings } };
  for (const one of pullRequests) await learn(ports, listening, views.get(one.task), one, pullRequests);
  await judgeLandings(ports, settings, base, pullRequests);
  // A retry begins anew. What an agent that was just stopped still wrote goes the next time.
  for (const { id, state } of views.values()) if (ENDED.has(state.name)) await ports.paths.dropKept(id);
}

const ENDED: ReadonlySet<string> = new Set(["merged", "closed", "cancelled"]);

/** What the forge knows of a task of which the journal knows nothing; null where it knows none either. */
export async function recall(ports: Ports, run: string, task: string): Promise<TaskView | null> {
  const own = (await ports.forge.fetchPullRequests()).filter((one) => one.task === task);
  // What people want of it is heard by the next run, which knows how often they may.
  for (const one of own) await learn(ports, { run, humanRounds: null, onto: null }, undefined, one, own);
  const facts = await ports.journal.read({ task });
  return facts.length === 0 ? null : foldTask(facts);
}

interface Listening {
  readonly run: string;
  readonly humanRounds: number | null;
  /** null: people's orders are left to the next run. */
  readonly onto: Onto | null;
}

async function learn(
  ports: Ports,
  listening: Listening,
  known: TaskView | undefined,
  one: PullRequest,
  all: readonly PullRequest[],
): Promise<void> {
  const isNew = isLast(one, all) && (await isNews(ports, known, one));
  const view = isNew ? await adopt(ports, listening.run, known, one) : known;
  if (view?.pr === one.number) await follow(ports, listening, view, one);
}

/** A task that was closed and begun anew has more than one. */
const isLast = ({ task, number }: PullRequest, all: readonly PullRequest[]): boolean =>
  all.every((other) => other.task !== task || other.number <= number);

/** Somebody else opened it, or we did and the database was lost: here is no pull request, and its head is none we made. */
async function isNews(ports: Ports, view: TaskView | undefined, { task, head }: PullRequest): Promise<boolean> {
  if (view === undefined) return true;
  return view.pr === null && !(await isOurs(ports, task, head));
}

/**
 * A pull request of ours that the journal does not know: the database was lost, or another clone opened it. Its text
 * tells what became of the task until then (docs/contract.md §6, markers).
 */
export async function adopt(
  ports: Ports,
  run: string,
  view: TaskView | undefined,
  pullRequest: PullRequest,
  told: PullRequestFacts | null = parsePullRequest(pullRequest.body),
): Promise<TaskView> {
  const { task, title, branch, head, number, draft } = pullRequest;
  const say = sayer(ports, run, task, (view?.episode ?? 0) + 1);
  // Where a later walk goes on.
  const there =
    (await ports.repository.readBranch(branch)) === null ? await ports.repository.fetchPublished(branch) : null;
  if (there !== null) await ports.repository.moveBranch(branch, there, null);
  await say("adopted/queued", { name: "task.queued", data: { title, branch, textHash: "", kind: null } });
  await say("adopted/started", {
    name: "episode.started",
    data: { from: "review", base: told?.base ?? head, why: "found on the forge" },
  });
  const { rounds = 0, attempts = 0, costUsd = null, seconds = 0, humanRounds, at } = told ?? {};
  await say("adopted/told", {
    name: "task.adopted",
    data: {
      ...{ pr: number, commit: head, rounds, attempts, costUsd, seconds },
      ...(humanRounds === undefined ? {} : { humanRounds }),
      ...(at === undefined ? {} : { at }),
    },
  });
  const { capUsd: usd } = told ?? {};
  if (usd !== undefined)
    await say("adopted/budgeted", { name: "task.budgeted", data: { usd, by: "its pull request" } });
  await say("adopted/pr", { name: "pr.opened", data: { number, head } });
  if (draft || typeof told?.open === "string") {
    const reason = told?.open ?? formatReason("rounds", "found on the forge as a draft");
    await say("adopted/end", { name: "task.needs-human", data: { reason } });
  } else await say("adopted/end", { name: "task.ready", data: { head, rounds } });
  return foldTask(await ports.journal.read({ task }));
}

async function follow(
  ports: Ports,
  { run, humanRounds, onto }: Listening,
  known: TaskView,
  pullRequest: PullRequest,
): Promise<void> {
  const { number, state, review, reviewedHead, head } = pullRequest;
  const isHeard = state === "open" && onto !== null;
  const say = sayer(ports, run, known.id, known.episode);
  // An order is obeyed once, whichever episode it is when it is read again.
  const once: Say = (key, body) =>
    record(ports, { run, task: known.id, episode: known.episode }, `${known.id}/${key}`, body);
  const view = isHeard ? await takeOrders({ ports, say: once, humanRounds, onto }, known, number) : known;
  const ended = ENDED.has(view.state.name);
  if (state === "merged" && !(view.state.name === "merged" && view.settled)) {
    // Who merged may have stopped before they put away.
    if (view.state.name !== "merged")
      await say(`pr/${number}/merged`, { name: "pr.merged", data: { commit: pullRequest.mergeCommit ?? head } });
    await settle(ports, run, view);
  } else if (state === "closed" && !ended) {
    await ports.forge.showState(view.id, number, null);
    await say(`pr/${number}/closed`, { name: "pr.closed", data: { why: "closed on the forge" } });
  } else if (state === "open" && (await isPushedOver(ports, view, head))) {
    // It is judged as it is now, with what they made of it; nobody pushes over that.
    await say(`pr/${number}/pushed/${head}`, { name: "task.retried", data: { from: "test", by: "a push" } });
  } else if (state === "open" && reviewedHead === head) {
    if (review === "approved" && isForAHuman(view))
      await say(`pr/${number}/approved/${head}`, { name: "pr.approved", data: { by: "the forge", head } });
    await hearReview({ ports, say: once, humanRounds }, view, pullRequest);
  }
}

/** Somebody put commits of their own onto what waits for a human. What another clone of ours pushed is none of theirs. */
async function isPushedOver(ports: Ports, { id, state, branch }: TaskView, head: string): Promise<boolean> {
  const isWaiting = (state.name === "ready-for-human" || state.name === "approved") && state.head !== head;
  if (!isWaiting || branch === null) return false;
  // Who made it is read from it.
  const there = await ports.repository.fetchPublished(branch);
  return there === head && !(await isOursThere(ports, id, head));
}

function sayer(ports: Ports, run: string, task: string, episode: number): Say {
  return (key, body) => record(ports, { run, task, episode }, `${task}/${episode}/${key}`, body);
}
