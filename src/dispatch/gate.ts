import { DispatchError } from "../domain/errors.ts";
import type { FactBody, Stage } from "../domain/fact.ts";
import { formatReason, parseReason } from "../domain/retry.ts";
import { isActive, isUnchecked, type StateName } from "../domain/task-state.ts";
import type { TaskView } from "../domain/task-view.ts";
import type { PullRequest } from "../ports/forge.ts";
import { record, type Ports } from "./ports.ts";
import { ensureView, requireView } from "./require-view.ts";
import { settle } from "./settle.ts";

/** Who speaks, and under which run it is booked. */
export interface Human {
  readonly by: string;
  readonly run: string;
}

/**
 * Binds the human's approval to the head they could see (`seen`, where that is known). `allow` names the reason that
 * held the work back. Code `head_moved` when it is no longer that head.
 */
export async function approve(
  ports: Ports,
  human: Human,
  id: string,
  { allow = null, seen }: { readonly allow?: string | null; readonly seen?: string } = {},
): Promise<PullRequest> {
  const { view, pullRequest } = await requireOpen(ports, human, id);
  if (!isUnchecked(view.state)) requireState(view, ["ready-for-human", "needs-human", "approved"]);
  requireAllowed(view, allow);
  const approved = await ports.forge.review(
    pullRequest.number,
    "approve",
    seen ?? pullRequest.head,
    human.by,
    allow === null ? "" : `allowed: ${allow}`,
  );
  await say(ports, human, view, `approved/${approved.head}`, {
    name: "pr.approved",
    data: { by: human.by, head: approved.head },
  });
  return approved;
}

/** The human's words become the coder's next brief; after `humanRounds` of them a person has to take over. */
export async function reject(
  ports: Ports,
  human: Human,
  id: string,
  why: string,
  humanRounds: number,
): Promise<PullRequest> {
  const { view, pullRequest } = await requireOpen(ports, human, id);
  requireState(view, ["ready-for-human", "needs-human", "approved", "parked", "queued"]);
  const seen = await ports.forge.review(pullRequest.number, "request_changes", pullRequest.head, human.by, why);
  // They may say more than one thing about the same head.
  await sayAgain(ports, human, view, { name: "pr.rejected", data: { by: human.by, why } });
  if (view.humanRounds + 1 > humanRounds) {
    const reason = formatReason("rounds", `a human asked for changes ${view.humanRounds + 1} times; the last: ${why}`);
    await say(ports, human, view, `rejected/${pullRequest.head}/enough`, {
      name: "task.needs-human",
      data: { reason },
    });
  }
  return seen;
}

/**
 * A real merge of exactly what was approved and passes `check`, then everything of the task is put away. What is merged
 * already is only put away: twice is the same as once.
 */
export async function merge(
  ports: Ports,
  human: Human,
  id: string,
  check: (pullRequest: PullRequest) => Promise<void> = async () => undefined,
): Promise<PullRequest> {
  const { view, pullRequest } = await requirePullRequest(ports, human, id);
  if (pullRequest.state === "merged") return await putAway(ports, human, view, pullRequest);
  requireOpenOne(id, pullRequest);
  if (pullRequest.review !== "approved" || pullRequest.reviewedHead !== pullRequest.head)
    throw new DispatchError({
      code: "not_approved",
      message: `pull request #${pullRequest.number} of ${id} is not approved at ${pullRequest.head.slice(0, 7)}`,
      hint: `dispatch diff ${id}, then dispatch approve ${id}`,
    });
  await check(pullRequest);
  const merged = await ports.forge
    .merge(pullRequest.number, pullRequest.head, human.by)
    .catch(async (error: unknown) => {
      if (error instanceof DispatchError && error.code === "conflict") await park(ports, human, view, error);
      throw error;
    });
  return await putAway(ports, human, view, merged);
}

async function putAway(ports: Ports, human: Human, view: TaskView, merged: PullRequest): Promise<PullRequest> {
  const { mergeCommit, head } = merged;
  if (view.state.name !== "merged")
    await say(ports, human, view, "merged", { name: "pr.merged", data: { commit: mergeCommit ?? head } });
  await settle(ports, human.run, view);
  return merged;
}

/** Its next step is a retry from the new base, and the status says so from now on. */
async function park(ports: Ports, human: Human, view: TaskView, { message }: DispatchError): Promise<void> {
  await sayAgain(ports, human, view, {
    name: "task.parked",
    data: { reason: formatReason("conflict", message), wakeAt: null },
  });
}

/** `saved`: a ref with unfinished work, whose files the coder gets. */
export async function retry(
  ports: Ports,
  human: Human,
  id: string,
  from: Stage,
  saved: string | null = null,
): Promise<TaskView> {
  const view = await requireView(ports, human.run, id);
  if (view.state.name === "merged")
    throw new DispatchError({
      code: "task_ended",
      message: `${id} is merged`,
      hint: "write a new item into the backlog",
    });
  if (isActive(view.state))
    throw new DispatchError({
      code: "task_running",
      message: `${id} is not at its end: it is ${view.state.name}`,
      hint: `dispatch run goes on with it; to begin anew: dispatch cancel ${id}, then dispatch retry ${id}`,
    });
  await sayAgain(ports, human, view, {
    name: "task.retried",
    data: { from, by: human.by, ...(saved === null ? {} : { saved }) },
  });
  return view;
}

/**
 * A running agent is stopped by the dispatcher that owns it, its work saved. What is cancelled already is only shown so:
 * twice is the same as once.
 */
export async function cancel(ports: Ports, human: Human, id: string): Promise<TaskView> {
  const view = await ensureView(ports, human.run, id);
  if (["merged", "closed"].includes(view.state.name))
    throw new DispatchError({
      code: "task_ended",
      message: `${id} is ${view.state.name} already`,
      hint: "dispatch status",
    });
  if (view.pr !== null) await ports.forge.close(view.pr, human.by, "cancelled");
  await ports.forge.showState(id, view.pr, null);
  if (view.state.name !== "cancelled")
    await sayAgain(ports, human, view, { name: "task.cancelled", data: { by: human.by } });
  return view;
}

interface Judged {
  readonly view: TaskView;
  readonly pullRequest: PullRequest;
}

async function requireOpen(ports: Ports, human: Human, id: string): Promise<Judged> {
  const found = await requirePullRequest(ports, human, id);
  requireOpenOne(id, found.pullRequest);
  return found;
}

async function requirePullRequest(ports: Ports, human: Human, id: string): Promise<Judged> {
  const view = await requireView(ports, human.run, id);
  const pullRequest = view.pr === null ? null : await ports.forge.fetchPullRequest(view.pr);
  if (pullRequest === null)
    throw new DispatchError({
      code: "no_pull_request",
      message: `${id} has no pull request: it is ${view.state.name}${view.reason === null ? "" : ` (${view.reason})`}`,
      hint: `dispatch logs ${id}`,
    });
  return { view, pullRequest };
}

function requireOpenOne(id: string, { state, number }: PullRequest): void {
  if (state === "open") return;
  throw new DispatchError({
    code: "pull_request_ended",
    message: `pull request #${number} of ${id} is ${state}`,
    hint: "dispatch pr list",
  });
}

/** A word that would change nothing is not taken. */
function requireState({ id, state }: TaskView, fitting: readonly StateName[]): void {
  if (fitting.includes(state.name)) return;
  throw new DispatchError({
    code: "not_waiting",
    message: `${id} does not wait for your word: it is ${state.name}`,
    hint: isActive(state) || state.name === "queued" ? `dispatch run ${id}` : `dispatch retry ${id}`,
  });
}

/** What the agents could not settle is approved by name only, so that nobody approves it by habit. */
function requireAllowed(view: TaskView, allow: string | null): void {
  const code =
    view.state.name === "needs-human" && view.reason !== null ? (parseReason(view.reason)?.code ?? null) : null;
  if (code === null || code === allow) return;
  throw new DispatchError({
    code: "needs_allow",
    message: `${view.id} needs a human: ${view.reason ?? ""}`,
    hint: `dispatch diff ${view.id}, then dispatch approve ${view.id} --allow ${code}`,
  });
}

async function say(ports: Ports, human: Human, view: TaskView, key: string, body: FactBody): Promise<void> {
  await record(
    ports,
    { run: human.run, task: view.id, episode: view.episode },
    `${view.id}/${view.episode}/${key}`,
    body,
  );
}

/** What may be said more than once in an episode. */
async function sayAgain(ports: Ports, human: Human, view: TaskView, body: FactBody): Promise<void> {
  const before = await ports.journal.read({ task: view.id, names: [body.name] });
  await say(ports, human, view, `${body.name}/${before.length + 1}`, body);
}
