import type { Usage } from "./assignment.ts";
import type { Fact, Reason } from "./fact.ts";
import { formatReason, isForMoney } from "./retry.ts";
import { emptyView, noted, type TaskView } from "./task-facts.ts";
import { isEnded, nextState, type TaskState } from "./task-state.ts";
import type { Task } from "./task.ts";
import { addUsage } from "./usage.ts";

export type { AgentUse, TaskView } from "./task-facts.ts";

/** Folds one task's facts, in the order of the journal; a key seen before says nothing new. */
export function foldTask(facts: readonly Fact[]): TaskView {
  const keys = new Set<string>();
  const once = facts.filter(({ key }) => !keys.has(key) && keys.add(key));
  const ends = once.filter((fact) => fact.name === "assignment.ended").map(({ data }) => data);
  const view = once.reduce(seen, emptyView(facts[0]?.task ?? ""));
  return {
    ...view,
    costUsd: sumCost([...(view.adopted === null ? [] : [view.adopted]), ...ends].map(({ costUsd }) => costUsd)),
    usage: sumUsage(ends.map(({ usage }) => usage)),
  };
}

/** Folds every task that the facts speak of. */
export function foldTasks(facts: readonly Fact[]): ReadonlyMap<string, TaskView> {
  const perTask = new Map<string, Fact[]>();
  for (const fact of facts) {
    if (fact.task === null) continue;
    const own = perTask.get(fact.task);
    if (own === undefined) perTask.set(fact.task, [fact]);
    else own.push(fact);
  }
  return new Map([...perTask].map(([id, own]) => [id, foldTask(own)]));
}

function seen(view: TaskView, fact: Fact): TaskView {
  const state = nextState(view.state, fact);
  const { episode, pr } = state;
  return { ...view, ...noted(view, fact), state, episode, pr, reason: reasonOfState(state) };
}

/** Only what has a code of docs/contract.md §7. */
function reasonOfState(state: TaskState): Reason | null {
  if (state.name === "cancelled") return formatReason("cancelled", `by ${state.by}`);
  return "reason" in state ? state.reason : null;
}

function sumCost(costs: readonly (number | null)[]): number | null {
  const known = costs.filter((cost) => cost !== null);
  if (known.length === 0 && costs.length > 0) return null;
  return known.reduce((sum, cost) => sum + cost, 0);
}

function sumUsage(usages: readonly (Usage | null)[]): Usage | null {
  return usages.reduce((sum, usage) => addUsage(sum, usage) ?? sum ?? usage, null);
}

/** What an unmerged predecessor keeps a task from, as a sentence; null when it may start (docs/contract.md §9.2). */
export function blockedOn(
  task: Pick<Task, "after">,
  views: ReadonlyMap<string, TaskView>,
  done: ReadonlySet<string>,
): string | null {
  const open = task.after.filter((id) => !done.has(id) && views.get(id)?.state.name !== "merged");
  const [first] = open
    .map((id) => ({ id, state: views.get(id)?.state }))
    .sort((a, b) => needOf(a.state) - needOf(b.state));
  return first === undefined ? null : sentenceFor(first.id, first.state);
}

/** A human is needed sooner for what stands still than for what only waits for a merge. */
function needOf(state: TaskState | undefined): number {
  if (state?.name === "ready-for-human" || state?.name === "approved") return 1;
  return state?.name === "needs-human" || (state !== undefined && isEnded(state)) ? 0 : 2;
}

function sentenceFor(id: string, state: TaskState | undefined): string {
  switch (state?.name) {
    case "failed":
    case "closed":
    case "cancelled":
      return `${id}, which ${state.name === "failed" ? "failed" : `was ${state.name}`}: dispatch retry ${id}`;
    case "needs-human":
      return `${id}, which needs a human: dispatch retry ${id}`;
    case "ready-for-human":
    case "approved":
      return `merge ${id}, then dispatch run`;
    case "parked":
      return `${id}, which is parked: ${state.reason}`;
    default:
      return `the merge of ${id}`;
  }
}

/** The state as a user sees it: a queued task behind others is blocked. */
export function shownState({ state }: Pick<TaskView, "state">, blocked: string | null): TaskState {
  if (state.name !== "queued" || blocked === null) return state;
  return { name: "blocked", episode: state.episode, pr: state.pr, on: blocked };
}

/** What has to happen before the task goes on, with the command for it; null when it goes on by itself or has ended well. */
export function waitingFor(view: Pick<TaskView, "id" | "state">, blocked: string | null): string | null {
  const { id } = view;
  const state = shownState(view, blocked);
  switch (state.name) {
    case "blocked":
      return state.on;
    case "ready-for-human":
      return `your review: dispatch approve ${id}, or dispatch reject ${id} -m WHY`;
    case "approved":
      return `dispatch merge ${id}`;
    case "needs-human":
      return `you, ${state.reason}: dispatch diff ${id}, then dispatch approve ${id} --allow ${codeOf(state.reason)}, or ${again(id, state.reason)}`;
    case "failed":
    case "closed":
    case "cancelled":
      return `dispatch retry ${id}`;
    case "parked":
      return state.wakeAt === null
        ? `${state.reason.replace(/\.$/, "")}: dispatch retry ${id}`
        : `${state.reason}, until ${state.wakeAt}`;
    case "queued":
      return "reason" in state ? `${state.reason}: dispatch run` : "dispatch run";
    case "coding":
    case "testing":
    case "reviewing":
    case "fixing":
    case "publishing":
    case "merged":
      return null;
  }
}

const again = (id: string, reason: Reason): string =>
  `${isForMoney(reason) ? "let it cost more (budget.perTask, or /dispatch budget USD beside its pull request), then " : ""}dispatch retry ${id}`;

const codeOf = (reason: Reason): string => reason.replace(/:[\s\S]*/, "");
