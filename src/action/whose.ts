import type { Ports, Settings } from "../dispatch/ports.ts";
import { parseBranchName } from "../domain/branch-name.ts";
import { DispatchError } from "../domain/errors.ts";
import { parseOrder } from "../domain/order.ts";
import type { PullRequest } from "../ports/forge.ts";
import type { Hub } from "../ports/hub.ts";
import type { Base } from "../ports/repository.ts";
import { isNotYet } from "./outbox.ts";
import type { Intent } from "./schema.ts";

export interface Publisher {
  readonly ports: Ports;
  readonly settings: Pick<Settings, "policy">;
  readonly hub: Pick<Hub, "fetchPull" | "ensureNote">;
}

/** What the publisher found by itself. */
export interface Look extends Publisher {
  readonly base: Base;
  readonly pulls: readonly PullRequest[];
  readonly tasks: ReadonlySet<string>;
  readonly numbers: Map<number, number>;
  /** Tasks of pull requests that are to be opened, by the agent half's numbers; in lower case, the last of each. */
  readonly named: ReadonlyMap<number, string>;
}

/** In lower case; null where it names nobody's, or two. */
export async function taskOf(look: Look, intent: Intent): Promise<string | null> {
  if (intent.verb === "verdict" && OTHERS.test(intent.verdict.task)) return await otherOf(look.hub, intent.verdict);
  const said = saidTask(intent)?.toLowerCase() ?? null;
  if (!("pr" in intent) || intent.pr === null) return said;
  const task = await taskOfPull(look, intent.pr);
  return said === null || said === task ? task : null;
}

function saidTask(intent: Intent): string | null {
  if ("task" in intent) return intent.task;
  if (intent.verb === "pull-request") return intent.draft.task;
  return intent.verb === "verdict" ? intent.verdict.task : null;
}

export async function taskOfPull({ pulls, hub, numbers, named }: Look, pr: number): Promise<string | null> {
  const number = numbers.get(pr) ?? pr;
  const known = pulls.find((one) => one.number === number)?.task ?? named.get(pr);
  if (known !== undefined) return known.toLowerCase();
  const there = isNotYet(number) ? null : await hub.fetchPull(number);
  return there === null || there.isFork ? null : (there.task?.toLowerCase() ?? null);
}

/** A pull request of a person, which a reviewer looked at: `pr-7`. */
export const OTHERS = /^pr-\d+$/;

async function otherOf(hub: Publisher["hub"], { task, head }: { readonly task: string; readonly head: string }) {
  const there = await hub.fetchPull(Number(task.slice("pr-".length)));
  return there === null || there.isFork || there.head !== head ? null : task;
}

export function requireTask({ tasks, numbers }: Look, intent: Intent, task: string | null): string {
  if (task === null) throw refusal("it is about no pull request of ours");
  const isReviewed = intent.verb === "verdict" && OTHERS.test(task);
  if (!tasks.has(task) && !isReviewed) throw refusal(`${task} is neither in the backlog nor has it a pull request`);
  if ("pr" in intent && intent.pr !== null && isNotYet(intent.pr) && !numbers.has(intent.pr))
    throw refusal("it is about a pull request that was never opened");
  return task;
}

/** Only people close a pull request, and one that is open was not closed yet. */
export async function requireStop({ ports, pulls }: Look, number: number): Promise<void> {
  if (pulls.find((one) => one.number === number)?.state !== "open") return;
  const orders = await ports.forge.fetchOrders(number);
  if (!orders.some(({ text }) => parseOrder(text)?.kind === "stop")) throw refusal(`nobody asked to stop #${number}`);
}

/** A commit of ours for the task, or what people pushed to its pull request: no other is vouched for. */
export async function requireHead({ ports, pulls }: Look, head: string, task: string): Promise<void> {
  if (pulls.some((one) => one.task.toLowerCase() === task && one.head === head)) return;
  const isOurs = (await ports.repository.readOwnTask(head))?.toLowerCase() === task;
  if (!isOurs) throw outrun(`${head} is no commit of ${task}`);
}

export function requireBranch(branch: string, task: string): void {
  if (parseBranchName(branch)?.id !== task) throw refusal(`${branch} is no branch of ${task}`);
}

export async function requireClean({ ports }: Look, said: Readonly<Record<string, string>>): Promise<void> {
  const leaks = await ports.secrets.find(Object.entries(said).map(([place, text]) => ({ place, text })));
  if (leaks.length > 0) throw refusal(`a secret would be published: ${leaks.map(({ rule }) => rule).join(", ")}`);
}

const refuse = (code: string, why: string): DispatchError =>
  new DispatchError({
    code,
    message: why,
    hint: "look at the outbox of the agent job, and let the workflow run again",
  });
export const refusal = (why: string): DispatchError => refuse("intent_refused", why);
export const outrun = (why: string): DispatchError => refuse("intent_outrun", why);
