import { findSecrets, findViolation } from "../dispatch/inspect.ts";
import { isoTime } from "../dispatch/ports.ts";
import type { BacklogItem } from "../domain/backlog-item.ts";
import { DispatchError, hasErrorCode } from "../domain/errors.ts";
import { parseMarker } from "../domain/marker.ts";
import { parseOrder } from "../domain/order.ts";
import { LEFT } from "../ports/hub.ts";
import { isNotYet } from "./outbox.ts";
import type { Intent, Outbox, Shown } from "./schema.ts";
import {
  outrun,
  taskOf,
  taskOfPull,
  type Look,
  OTHERS,
  type Publisher,
  refusal,
  requireBranch,
  requireClean,
  requireHead,
  requireStop,
  requireTask,
} from "./whose.ts";

export interface Applied {
  /** Why nothing more of a task was done. */
  readonly refused: ReadonlyMap<string, string>;
  /** What the agent half called them → what they are called. */
  readonly numbers: ReadonlyMap<number, number>;
}

/** Not the intents' fault: done again later, the rest is the same. */
const PASSING = ["github_limited", "github_unreachable", "github_auth", "git_auth", "origin_unreachable"];
/** What somebody else did meanwhile: the next run sees it, and decides anew. */
const OUTRUN = ["intent_outrun", "push_rejected", "head_moved", "claim_lost", "pull_request_ended"];

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
    one.verb === "pull-request" && isNotYet(one.number) ? [[one.number, one.draft.task.toLowerCase()] as const] : [],
  );
  const look: Look = { ...publisher, base, pulls, tasks, numbers, named: new Map(named) };
  for (const intent of outbox.intents) {
    const task = await taskOf(look, intent);
    if (task !== null && refused.has(task)) continue;
    try {
      await perform(look, intent, requireTask(look, intent, task));
    } catch (error) {
      if (!(error instanceof DispatchError) || PASSING.includes(error.code)) throw error;
      const why = `${intent.verb}: ${ports.secrets.mask(error.message)}`;
      refused.set(task ?? "?", why);
      const row = outbox.tasks.find(({ id }) => id.toLowerCase() === task);
      if (row !== undefined && !OUTRUN.includes(error.code)) await leave(look, row, `not published: ${why}`);
    }
  }
  await ports.claims.flush();
  return { refused, numbers };
}

/** So that the next run does not pay for the same again: it rests until people say something, as often as they may. */
async function leave(look: Look, row: Shown, reason: string): Promise<void> {
  const { ports, hub, tasks, numbers } = look;
  const { id, costUsd, seconds, attempts = 0, humanRounds = 0 } = row;
  const number = row.pr === null ? null : (numbers.get(row.pr) ?? row.pr);
  const pr = number === null || isNotYet(number) ? null : number;
  const isIts = pr === null ? /^\d+$/.test(id) : (await taskOfPull(look, pr)) === id.toLowerCase();
  if (!tasks.has(id.toLowerCase()) || !isIts) return;
  const at = isoTime(ports.clock.now());
  await hub.ensureNote(id, pr, { reason, attempts, costUsd, seconds, at, humanRounds, wakeAt: null });
  await ports.forge.showState(id, pr, "needs-human");
}

const withChildren = (item: BacklogItem): readonly BacklogItem[] => [item, ...item.children.flatMap(withChildren)];

async function perform(look: Look, intent: Intent, task: string): Promise<void> {
  const { forge } = look.ports;
  const pr = (number: number): number => look.numbers.get(number) ?? number;
  switch (intent.verb) {
    case "push":
      requireBranch(intent.branch, task);
      return await push(look, intent, task);
    case "unpublish":
      requireBranch(intent.branch, task);
      return await unpublish(look, intent);
    case "pull-request": {
      const { number, draft } = intent;
      requireBranch(draft.branch, task);
      if (draft.base !== look.base.branch) throw refusal(`it is for ${draft.base}, not for ${look.base.branch}`);
      const marker = parseMarker(draft.body);
      if (marker !== null && (marker.kind !== "pr" || marker.task.toLowerCase() !== task))
        throw refusal(`its marker is that of ${marker.kind} ${marker.task}`);
      await requireClean(look, { "its title": draft.title, "its text": draft.body });
      if (isNotYet(number) && look.named.get(number) !== task) throw refusal("its number is that of another");
      look.numbers.set(number, (await forge.ensurePullRequest(draft)).number);
      return;
    }
    case "comment":
      // Told by notes alone.
      if (intent.key === LEFT) throw refusal("it would take the place of a note");
      await requireClean(look, { comment: intent.body });
      return await forge.ensureComment(pr(intent.pr), intent.key, intent.body, intent.by);
    case "close":
      await requireStop(look, pr(intent.pr));
      await requireClean(look, { comment: intent.why });
      await forge.close(pr(intent.pr), intent.by, intent.why);
      return;
    case "verdict": {
      const { sentence, findings, head } = intent.verdict;
      if (!OTHERS.test(task)) await requireHead(look, head, task);
      else if (intent.pr !== null && `pr-${intent.pr}` !== task) throw refusal(`it is not about ${task}`);
      const words = findings.map(({ message, rule, path }) => `${message} ${rule} ${path}`);
      await requireClean(look, { verdict: [sentence, ...words].join("\n") });
      return await forge.showVerdict(intent.pr === null ? null : pr(intent.pr), intent.verdict);
    }
    case "state":
      return await forge.showState(intent.task, intent.pr === null ? null : pr(intent.pr), intent.state);
    case "answer":
      await requireHead(look, intent.head, task);
      return await forge.answer(pr(intent.pr), intent.head);
    case "order": {
      // One that somebody gave there, and may give; another was taken already.
      const order = (await forge.fetchOrders(pr(intent.pr))).find(({ id }) => id === intent.order);
      if (order !== undefined) await forge.takeOrder(pr(intent.pr), order.id, parseOrder(order.text) !== null);
      return;
    }
    case "note":
      if (intent.pr === null && !/^\d+$/.test(intent.task)) throw refusal("it is no issue");
      await requireClean(look, { note: intent.left.reason });
      return await look.hub.ensureNote(intent.task, intent.pr === null ? null : pr(intent.pr), intent.left);
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
  if (there !== expected) throw outrun(`${branch} is at ${there ?? "nothing"} now, not at ${expected ?? "nothing"}`);
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
  if (claimed.kind === "elsewhere") throw outrun(`claimed by ${claimed.by} until ${claimed.until}`);
  await using _claim = claimed;
  try {
    await repository.publish(branch, commit, expected);
  } catch (error) {
    // The answer may have been lost.
    if (!hasErrorCode(error, "push_rejected") || (await repository.fetchPublished(branch)) !== commit) throw error;
  }
}

/** What the base has, and nothing that is still asked for. */
async function unpublish(
  { ports, base }: Look,
  { branch, expected }: Extract<Intent, { verb: "unpublish" }>,
): Promise<void> {
  if ((await ports.repository.fetchPublished(branch)) === null) return;
  if (!(await ports.repository.isAncestor(expected, base.commit))) throw refusal(`${branch} is not in the base`);
  await ports.repository.unpublish(branch, expected);
}
