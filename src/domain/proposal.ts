import type { BacklogItem } from "./backlog-item.ts";
import { findCycle } from "./find-cycle.ts";
import type { Hash } from "./hash.ts";
import { caselessClash, isTaskId, TASK_ID_HELP } from "./ids.ts";
import { mayOverlap } from "./overlap.ts";
import { contextOf, textHash } from "./task-text.ts";
import type { Task } from "./task.ts";

/** One task of a planner's result (docs/contract.md §5). */
export interface Proposal {
  readonly id: string;
  readonly title: string;
  readonly body: string;
  readonly files: readonly string[];
  readonly after: readonly string[];
  /** Seconds. */
  readonly estimate: number | null;
}

export interface ProposalOptions {
  readonly hash: Hash;
  /** Ids that stand for something already: a proposal may wait for them, never take one. */
  readonly known: ReadonlySet<string>;
  readonly maxTasks?: number;
  readonly maxBody?: number;
  readonly maxFiles?: number;
}

/** Turns a planner's word into tasks, or says everything that is wrong with it: all or nothing. */
export function acceptProposal(
  parent: Task,
  proposals: readonly Proposal[],
  options: ProposalOptions,
): { readonly tasks: readonly Task[] } | { readonly refused: readonly string[] } {
  const refused = [
    ...wrongCount(proposals, options.maxTasks ?? 20),
    ...proposals.flatMap((one) => wrongText(one, options)),
    ...wrongIds(parent, proposals, options.known),
    ...wrongOrder(parent, proposals, options.known),
    ...overlaps(proposals),
  ];
  if (refused.length > 0) return { refused };
  return { tasks: proposals.map((one) => taskOf(parent, one, proposals.length, options.hash)) };
}

function wrongCount(proposals: readonly Proposal[], most: number): readonly string[] {
  if (proposals.length === 0) return ["no task was proposed"];
  return proposals.length > most ? [`${proposals.length} tasks were proposed, at most ${most} are taken`] : [];
}

/** Narrow means: a title, a brief that fits a screen or two, and a few files instead of the whole tree. */
function wrongText({ id, title, body, files, estimate }: Proposal, options: ProposalOptions): readonly string[] {
  const { maxBody = 6000, maxFiles = 20 } = options;
  const wrong: string[] = [];
  if (title.trim() === "") wrong.push(`${id} has no title`);
  if (/[\r\n]/.test(title)) wrong.push(`${id} has a title of more than one line`);
  // Nobody who reads the backlog would see it, and agents would.
  if (/<!--|-->/.test(`${title}\n${body}`)) wrong.push(`${id} holds an HTML comment, which is hidden from people`);
  if (/^\s*(?:[-*+]|\d+[.)])\s+\[[ \txX]?\]/m.test(body))
    wrong.push(`${id} has check boxes in its brief, which would be tasks of their own: propose them beside it`);
  if (body.length > maxBody)
    wrong.push(`${id} is too wide: its brief has ${body.length} characters, at most ${maxBody} are taken`);
  if (files.length > maxFiles)
    wrong.push(`${id} is too wide: it names ${files.length} files, at most ${maxFiles} are taken`);
  const everything = files.find((file) => /^(?:\.?\/)*\*+(?:\/\*+)*\/?$/.test(file));
  const outside = files.find((file) => /^[/\\]|^$|\0/.test(file) || file.split("/").includes(".."));
  if (outside !== undefined) wrong.push(`${id} names ${JSON.stringify(outside)}, which is no path in the repository`);
  if (everything !== undefined) wrong.push(`${id} is too wide: ${everything} is the whole repository`);
  if (estimate !== null && !(estimate > 0 && estimate < Infinity)) wrong.push(`${id} has no usable estimate`);
  return wrong;
}

function wrongIds(parent: Task, proposals: readonly Proposal[], known: ReadonlySet<string>): readonly string[] {
  const seen = new Set<string>();
  const wrong: string[] = [];
  for (const { id } of proposals) {
    if (!isTaskId(id)) wrong.push(`${JSON.stringify(id)} is no id: use ${TASK_ID_HELP}`);
    if (seen.has(id)) wrong.push(`id ${id} is proposed twice`);
    else if (known.has(id) || id === parent.id) wrong.push(`id ${id} is taken`);
    seen.add(id);
  }
  const clash = caselessClash([...known, parent.id, ...seen]);
  return clash === null ? wrong : [...wrong, `ids ${clash[0]} and ${clash[1]} differ only in case`];
}

function wrongOrder(parent: Task, proposals: readonly Proposal[], known: ReadonlySet<string>): readonly string[] {
  const siblings = new Set(proposals.map(({ id }) => id));
  const unknown = proposals.flatMap(({ id, after }) =>
    after
      .filter((before) => !siblings.has(before) && (before === parent.id || !known.has(before)))
      .map((before) => `${id} comes after ${before}, which is neither proposed nor known`),
  );
  const cycle = findCycle(new Map(proposals.map(({ id, after }) => [id, after])));
  return cycle === null ? unknown : [...unknown, `${cycle[0]} waits for itself: ${cycle.join(" -> ")}`];
}

/** Pieces that touch the same files are one piece; only a user may ask for them apart. */
function overlaps(proposals: readonly Proposal[]): readonly string[] {
  return proposals.flatMap((a, index) =>
    proposals
      .slice(index + 1)
      .filter((b) => mayOverlap(a.files, b.files))
      .map((b) => `${a.id} and ${b.id} overlap in their files: propose them as one task`),
  );
}

function taskOf(parent: Task, proposal: Proposal, siblings: number, hash: Hash): Task {
  const { id, title, body, files, after, estimate } = proposal;
  return {
    ...parent,
    id,
    title,
    body,
    files,
    context: [...parent.context, contextOf(parent)],
    after: [...new Set([...parent.after, ...after])],
    estimateSeconds: estimate,
    value: parent.value === null ? null : parent.value / siblings,
    textHash: textHash(title, body, hash),
  };
}

/** The backlog as it is once the item has these sub-tasks, too. */
export function withSubTasks(
  items: readonly BacklogItem[],
  id: string,
  proposals: readonly Proposal[],
): readonly BacklogItem[] {
  return items.map((item) => {
    const children = withSubTasks(item.children, id, proposals);
    return { ...item, children: item.id === id ? [...children, ...proposals.map(itemOf)] : children };
  });
}

function itemOf({ id, title, body, files, after, estimate }: Proposal): BacklogItem {
  const inherited = { kind: null, skills: [], value: null, priority: null };
  return {
    ...inherited,
    id,
    title,
    body,
    files,
    after,
    estimateSeconds: estimate,
    done: false,
    children: [],
    at: null,
  };
}
