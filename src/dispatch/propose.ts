import { entriesOf } from "../domain/backlog-tree.ts";
import type { BacklogItem } from "../domain/backlog-item.ts";
import { tasksOf } from "../domain/decompose.ts";
import { DispatchError, EXIT } from "../domain/errors.ts";
import type { Fact, Reason } from "../domain/fact.ts";
import { type Proposal, refusalsOf, withSubTasks } from "../domain/proposal.ts";
import { isActive, isEnded } from "../domain/task-state.ts";
import type { Task } from "../domain/task.ts";
import type { Finding } from "../domain/verdict.ts";
import type { TaskView } from "../domain/task-view.ts";
import type { Base } from "../ports/repository.ts";
import { type BrokenDown, breakDown, requireSelected } from "./break-down.ts";
import { heal } from "./heal.ts";
import type { Ports, Settings } from "./ports.ts";
import { requireAgent, takeTurn } from "./single-turn.ts";

/** What a planner made of one item. */
export interface Proposed {
  readonly item: Task;
  readonly agent: string;
  /** To be taken as they are; empty where they were refused. */
  readonly tasks: readonly Proposal[];
  /** Sentences, of what was proposed last. */
  readonly refused: readonly string[];
  /** Why there is nothing that could be refused. */
  readonly reason: Reason | null;
  /** null where nothing of it has a price. */
  readonly costUsd: number | null;
}

/** With what was wrong with it, a proposal is asked for once more. */
const TURNS = 2;

/**
 * Lets planners split items, one after the other: each has a look at the base, and its word is held to the rules of
 * `domain/proposal.ts`. Nothing is written; whoever asks does that, after each.
 */
export async function* propose(
  ports: Ports,
  settings: Settings,
  signal: AbortSignal,
): AsyncGenerator<Proposed, void, undefined> {
  await (await heal(ports, settings.run)).all();
  const base = await ports.repository.fetchBase();
  const work = await breakDown(ports, base.commit);
  let items = await ports.backlog.readItems();
  const wanted = itemsToSplit(work, items, settings.only);
  const agents = wanted.map((task) => requireAgent(ports, "planner", task.skills, `split ${task.id}`));
  for (const [nth, task] of wanted.entries()) {
    const known = new Set([...work.views.keys(), ...work.done]);
    const proposed = await split(ports, settings, { task, agent: agents[nth] ?? "", base, items, known }, signal);
    items = withSubTasks(items, task.id, proposed.tasks);
    // Nothing began with it that somebody could go on with.
    if ((work.views.get(task.id)?.episode ?? 0) === 0) await ports.paths.dropKept(task.id);
    yield proposed;
  }
}

/** Those that the user named, or all that nobody has begun. */
function itemsToSplit(
  work: BrokenDown,
  items: readonly BacklogItem[],
  only: readonly string[] | null,
): readonly Task[] {
  if (only === null) return work.tasks.filter(({ id }) => (work.views.get(id)?.episode ?? 0) === 0);
  const parent = entriesOf(items).find(({ item }) => only.includes(item.id) && item.children.some((one) => !one.done));
  if (parent !== undefined)
    throw notSplit(parent.item.id, "has open sub-tasks already", `dispatch plan --propose ${idsBelow(parent.item)}`);
  const tasks = requireSelected(work, only);
  for (const { id } of tasks) {
    const view = work.views.get(id);
    if (view !== undefined && isUnderWay(view))
      throw notSplit(
        id,
        `is ${view.state.name}`,
        `let it come to an end first: dispatch status, dispatch cancel ${id}`,
      );
  }
  return tasks;
}

const idsBelow = ({ children }: BacklogItem): string =>
  children
    .filter(({ done }) => !done)
    .map(({ id }) => id)
    .join(" ");

const isUnderWay = ({ state, pr }: TaskView): boolean => isActive(state) || (pr !== null && !isEnded(state));

const notSplit = (id: string, why: string, hint: string): DispatchError =>
  new DispatchError({ code: "not_split", message: `${id} ${why}, so no planner splits it`, hint, exit: EXIT.failure });

interface Wanted {
  readonly task: Task;
  readonly agent: string;
  readonly base: Base;
  /** With what was proposed before. */
  readonly items: readonly BacklogItem[];
  /** From journal and base. */
  readonly known: ReadonlySet<string>;
}

async function split(ports: Ports, settings: Settings, wanted: Wanted, signal: AbortSignal): Promise<Proposed> {
  const { task, agent, base } = wanted;
  const before = await plannersTurns(ports, task.id);
  let said: Pick<Proposed, "tasks" | "refused" | "reason"> = { tasks: [], refused: [], reason: null };
  let findings: readonly Finding[] = [];
  for (let turn = 1; turn <= TURNS; turn += 1) {
    const about = { task, from: "code", why: "to be split", base, commit: base.commit } as const;
    const outcome = await takeTurn(ports, settings, { ...about, role: "planner", agent, findings }, signal);
    if (outcome.kind !== "proposal") {
      said = { ...said, reason: outcome.kind === "failed" ? outcome.reason : null };
      break;
    }
    const { tasks, unreadable } = outcome;
    const refused = unreadable === null ? refusals(ports, wanted, tasks) : [unreadable];
    said = { tasks: refused.length === 0 ? tasks : [], refused, reason: null };
    if (refused.length === 0) break;
    findings = [...refused, `This was proposed: ${JSON.stringify(tasks)}`].map(asFinding);
  }
  const ended = (await plannersTurns(ports, task.id)).slice(before.length);
  const prices = ended.flatMap((fact) => (fact.name === "assignment.ended" ? (fact.data.costUsd ?? []) : []));
  const costUsd = prices.length === 0 ? null : prices.reduce((sum, usd) => sum + usd, 0);
  return { item: task, agent, ...said, costUsd };
}

async function plannersTurns({ journal }: Ports, task: string): Promise<readonly Fact[]> {
  const facts = await journal.read({ task });
  return facts.filter((fact) => "role" in fact.data && fact.data.role === "planner");
}

/** By the rules for proposals, and then by those for every backlog, as if it were in there. */
function refusals(ports: Ports, { task, items, known }: Wanted, proposals: readonly Proposal[]): readonly string[] {
  const taken = new Set([...known, ...entriesOf(items).map(({ item }) => item.id)]);
  const refused = refusalsOf(task.id, proposals, taken);
  if (refused.length > 0) return refused;
  try {
    tasksOf(withSubTasks(items, task.id, proposals), { hash: ports.hash, known });
    return [];
  } catch (error) {
    if (error instanceof DispatchError) return [error.message];
    throw error;
  }
}

const asFinding = (message: string): Finding => ({
  ...{ path: null, line: null, severity: "blocker", rule: null, message, skills: [] },
});
