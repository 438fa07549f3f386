import type { BacklogItem } from "./backlog-item.ts";
import { findCycle } from "./find-cycle.ts";
import { caselessClash, isTaskId, TASK_ID_HELP } from "./ids.ts";
import { mayOverlap } from "./overlap.ts";
import type { Task } from "./task.ts";

/** One task of a planner's result (docs/contract.md §5). */
export interface Proposal extends Pick<Task, "id" | "title" | "body" | "files" | "after"> {
  /** Seconds. */
  readonly estimate: number | null;
}

const MAX_TASKS = 20;
const MAX_BODY = 6000;
const MAX_FILES = 20;

/**
 * Everything that is wrong with a planner's word, empty where it may be taken: all or nothing. `known` are ids that
 * stand for something already: a proposal may wait for them, never take one.
 */
export function refusalsOf(
  parent: string,
  proposals: readonly Proposal[],
  known: ReadonlySet<string>,
): readonly string[] {
  return [
    ...wrongCount(proposals),
    ...proposals.flatMap(wrongText),
    ...wrongIds(parent, proposals, known),
    ...wrongOrder(parent, proposals, known),
    ...overlaps(proposals),
  ];
}

function wrongCount(proposals: readonly Proposal[]): readonly string[] {
  if (proposals.length === 0) return ["no task was proposed"];
  return proposals.length > MAX_TASKS
    ? [`${proposals.length} tasks were proposed, at most ${MAX_TASKS} are taken`]
    : [];
}

/** Narrow means: a title, a brief that fits a screen or two, and a few files instead of the whole tree. */
function wrongText({ id, title, body, files, estimate }: Proposal): readonly string[] {
  const wrong: string[] = [];
  if (title.trim() === "") wrong.push(`${id} has no title`);
  if (/[\r\n]/.test(title)) wrong.push(`${id} has a title of more than one line`);
  // Nobody who reads the backlog would see it, and agents would.
  if (/<!--|-->/.test(`${title}\n${body}`)) wrong.push(`${id} holds an HTML comment, which is hidden from people`);
  if (/^\s*(?:[-*+]|\d+[.)])\s+\[[ \txX]?\]/m.test(body))
    wrong.push(`${id} has check boxes in its brief, which would be tasks of their own: propose them beside it`);
  if (body.length > MAX_BODY)
    wrong.push(`${id} is too wide: its brief has ${body.length} characters, at most ${MAX_BODY} are taken`);
  if (files.length > MAX_FILES)
    wrong.push(`${id} is too wide: it names ${files.length} files, at most ${MAX_FILES} are taken`);
  const everything = files.find((file) => /^(?:\.?\/)*\*+(?:\/\*+)*\/?$/.test(file));
  const outside = files.find((file) => /^[/\\]|^$|\0/.test(file) || file.split("/").includes(".."));
  if (outside !== undefined) wrong.push(`${id} names ${JSON.stringify(outside)}, which is no path in the repository`);
  if (everything !== undefined) wrong.push(`${id} is too wide: ${everything} is the whole repository`);
  if (estimate !== null && !(estimate > 0 && estimate < Infinity)) wrong.push(`${id} has no usable estimate`);
  return wrong;
}

function wrongIds(parent: string, proposals: readonly Proposal[], known: ReadonlySet<string>): readonly string[] {
  const seen = new Set<string>();
  const wrong: string[] = [];
  for (const { id } of proposals) {
    if (!isTaskId(id)) wrong.push(`${JSON.stringify(id)} is no id: use ${TASK_ID_HELP}`);
    if (seen.has(id)) wrong.push(`id ${id} is proposed twice`);
    else if (known.has(id) || id === parent) wrong.push(`id ${id} is taken`);
    seen.add(id);
  }
  const clash = caselessClash([...known, parent, ...seen]);
  return clash === null ? wrong : [...wrong, `ids ${clash[0]} and ${clash[1]} differ only in case`];
}

function wrongOrder(parent: string, proposals: readonly Proposal[], known: ReadonlySet<string>): readonly string[] {
  const siblings = new Set(proposals.map(({ id }) => id));
  const unknown = proposals.flatMap(({ id, after }) =>
    after
      .filter((before) => !siblings.has(before) && (before === parent || !known.has(before)))
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

function itemOf({ estimate, ...proposal }: Proposal): BacklogItem {
  const inherited = { kind: null, skills: [], value: null, priority: null };
  return { ...inherited, ...proposal, estimateSeconds: estimate, done: false, children: [], at: null };
}
