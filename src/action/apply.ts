import { findSecrets, findViolation } from "../dispatch/inspect.ts";
import type { Ports, Settings } from "../dispatch/ports.ts";
import type { BacklogItem } from "../domain/backlog-item.ts";
import { parseBranchName } from "../domain/branch-name.ts";
import { DispatchError, hasErrorCode } from "../domain/errors.ts";
import type { PullRequest } from "../ports/forge.ts";
import type { Hub } from "../ports/hub.ts";
import type { Base } from "../ports/repository.ts";
import { isNotYet } from "./outbox.ts";
import type { Intent, Outbox } from "./schema.ts";

export interface Publisher {
  readonly ports: Ports;
  readonly settings: Pick<Settings, "policy">;
  readonly hub: Pick<Hub, "fetchPull" | "ensureNote">;
}

export interface Applied {
  /** Why nothing more of a task was done. */
  readonly refused: ReadonlyMap<string, string>;
  /** What the agent half called them → what they are called. */
  readonly numbers: ReadonlyMap<number, number>;
}

/** Not the intents' fault: done again later, the rest is the same. */
const PASSING = ["github_limited", "github_unreachable", "github_auth", "git_auth", "origin_unreachable"];

/**
 * Does what an agent half wanted done, as far as it may be: its words are looked at as if an agent had written them.
 * Where one intent of a task is refused, so are those after it. Twice is the same as once.
 */
export async function applyOutbox(publisher: Publisher, outbox: Outbox): Promise<Applied> {
  const { ports } = publisher;
  const base = await ports.repository.fetchBase();
  const pulls = await ports.forge.fetchPullRequests();
  const items = (await ports.backlog.readItems()).flatMap(withChildren);
  const tasks = new Set([...items.map(({ id }) => id), ...pulls.map(({ task }) => task)].map((id) => id.toLowerCase()));
  const refused = new Map<string, string>();
  const numbers = new Map<number, number>();
  const named = outbox.intents.flatMap((one) =>
    one.verb === "pull-request" ? [[one.number, one.draft.task] as const] : [],
  );
  const look: Look = { ...publisher, base, pulls, tasks, numbers, named: new Map(named) };
  for (const intent of outbox.intents) {
    const task = await taskOf(look, intent);
    if (task !== null && refused.has(task)) continue;
    try {
      await perform(look, intent, requireTask(look, intent, task));
    } catch (error) {
      if (!(error instanceof DispatchError) || PASSING.includes(error.code)) throw error;
      refused.set(task ?? "?", `${intent.verb}: ${ports.secrets.mask(error.message)}`);
    }
  }
  await ports.claims.flush();
  return { refused, numbers };
}

interface Look extends Publisher {
  readonly base: Base;
  readonly pulls: readonly PullRequest[];
  readonly tasks: ReadonlySet<string>;
  readonly numbers: Map<number, number>;
  /** Tasks of pull requests that are to be opened. */
  readonly named: ReadonlyMap<number, string>;
}

const withChildren = (item: BacklogItem): readonly BacklogItem[] => [item, ...item.children.flatMap(withChildren)];

/** In lower case; null where it names nobody's. */
async function taskOf({ pulls, hub, numbers, named }: Look, intent: Intent): Promise<string | null> {
  if ("task" in intent) return intent.task.toLowerCase();
  if (intent.verb === "pull-request") return intent.draft.task.toLowerCase();
  if (intent.verb === "verdict" && OTHERS.test(intent.verdict.task)) return await otherOf(hub, intent.verdict);
  if (intent.verb === "verdict" && intent.pr === null) return intent.verdict.task.toLowerCase();
  const number = intent.pr === null ? null : (numbers.get(intent.pr) ?? intent.pr);
  const known = pulls.find((one) => one.number === number)?.task ?? named.get(intent.pr ?? 0);
  if (known !== undefined) return known.toLowerCase();
  const there = number === null || isNotYet(number) ? null : await hub.fetchPull(number);
  if (there === null || there.isFork) return null;
  return there.task?.toLowerCase() ?? null;
}

/** A pull request of a person, which a reviewer looked at: `pr-7`. */
const OTHERS = /^pr-\d+$/;

async function otherOf(hub: Publisher["hub"], { task, head }: { readonly task: string; readonly head: string }) {
  const there = await hub.fetchPull(Number(task.slice("pr-".length)));
  return there === null || there.isFork || there.head !== head ? null : task;
}

function requireTask({ tasks, numbers }: Look, intent: Intent, task: string | null): string {
  if (task === null) throw refusal("it is about no pull request of ours");
  const isReviewed = intent.verb === "verdict" && OTHERS.test(task);
  if (!tasks.has(task) && !isReviewed) throw refusal(`${task} is neither in the backlog nor has it a pull request`);
  if ("pr" in intent && intent.pr !== null && isNotYet(intent.pr) && !numbers.has(intent.pr))
    throw refusal("it is about a pull request that was never opened");
  return task;
}

async function perform(look: Look, intent: Intent, task: string): Promise<void> {
  const { forge, repository } = look.ports;
  const pr = (number: number): number => look.numbers.get(number) ?? number;
  switch (intent.verb) {
    case "push":
      requireBranch(intent.branch, task);
      return await push(look, intent, task);
    case "unpublish":
      requireBranch(intent.branch, task);
      return await repository.unpublish(intent.branch, intent.expected);
    case "pull-request": {
      const { number, draft } = intent;
      requireBranch(draft.branch, task);
      if (draft.base !== look.base.branch) throw refusal(`it is for ${draft.base}, not for ${look.base.branch}`);
      await requireClean(look, { "its title": draft.title, "its text": draft.body });
      look.numbers.set(number, (await forge.ensurePullRequest(draft)).number);
      return;
    }
    case "comment":
      await requireClean(look, { comment: intent.body });
      return await forge.ensureComment(pr(intent.pr), intent.key, intent.body, intent.by);
    case "close":
      await requireClean(look, { comment: intent.why });
      await forge.close(pr(intent.pr), intent.by, intent.why);
      return;
    case "verdict": {
      const { sentence, findings } = intent.verdict;
      if (OTHERS.test(task) && intent.pr !== null && `pr-${intent.pr}` !== task)
        throw refusal(`it is not about ${task}`);
      const words = findings.map(({ message, rule, path }) => `${message} ${rule} ${path}`);
      await requireClean(look, { verdict: [sentence, ...words].join("\n") });
      return await forge.showVerdict(intent.pr === null ? null : pr(intent.pr), intent.verdict);
    }
    case "state":
      return await forge.showState(intent.task, intent.pr === null ? null : pr(intent.pr), intent.state);
    case "answer":
      return await forge.answer(pr(intent.pr), intent.head);
    case "order":
      return await forge.takeOrder(pr(intent.pr), intent.order, intent.understood);
    case "note":
      if (!/^\d+$/.test(intent.task)) throw refusal("it is no issue");
      await requireClean(look, { note: intent.left.reason });
      return await look.hub.ensureNote(Number(intent.task), intent.left);
    default:
      return intent satisfies never;
  }
}

/** Only commits that we made, on what we made before, that change nothing protected and show no secret. */
async function push(
  look: Look,
  { branch, commit, expected }: Extract<Intent, { verb: "push" }>,
  task: string,
): Promise<void> {
  const { ports, base, settings } = look;
  const { repository, claims } = ports;
  const ours = async (id: string): Promise<boolean> => (await repository.readOwnTask(id))?.toLowerCase() === task;
  const there = await repository.fetchPublished(branch);
  if (there === commit) return;
  if (there !== expected) throw refusal(`${branch} is at ${there ?? "nothing"} now, not at ${expected ?? "nothing"}`);
  if (!(await ours(commit))) throw refusal(`${commit} is no commit of ours for ${task}`);
  const goesOn = expected !== null && (await repository.isAncestor(expected, commit));
  if (expected !== null && !goesOn && !(await ours(expected))) throw refusal(`${expected} is somebody's, and would go`);
  // What people pushed themselves is theirs to answer for.
  const from = goesOn ? expected : ((await repository.mergeBase(base.commit, commit)) ?? base.commit);
  const changes = await repository.readChanges(from, commit);
  const change = { from, to: commit };
  const why =
    (await findViolation(ports, change, changes, settings.policy)) ?? (await findSecrets(ports, change, changes, []));
  if (why !== null) throw refusal(why);
  const claimed = await claims.acquire(task);
  if (claimed.kind === "elsewhere") throw refusal(`claimed by ${claimed.by} until ${claimed.until}`);
  await using _claim = claimed;
  try {
    await repository.publish(branch, commit, expected);
  } catch (error) {
    // The answer may have been lost.
    if (!hasErrorCode(error, "push_rejected") || (await repository.fetchPublished(branch)) !== commit) throw error;
  }
}

function requireBranch(branch: string, task: string): void {
  if (parseBranchName(branch)?.id !== task) throw refusal(`${branch} is no branch of ${task}`);
}

async function requireClean({ ports }: Look, said: Readonly<Record<string, string>>): Promise<void> {
  const leaks = await ports.secrets.find(Object.entries(said).map(([place, text]) => ({ place, text })));
  if (leaks.length > 0) throw refusal(`a secret would be published: ${leaks.map(({ rule }) => rule).join(", ")}`);
}

const refusal = (why: string): DispatchError =>
  new DispatchError({
    code: "intent_refused",
    message: why,
    hint: "look at the outbox of the agent job, and let the workflow run again",
  });
