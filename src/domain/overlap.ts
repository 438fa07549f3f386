import { isLiteral, literalPath, literalSegments, parseGlob, segmentsMeet } from "./glob.ts";
import type { Task } from "./task.ts";

/**
 * Whether some path could match both globs. Exact for letters, `?`, `*`, `**` and `{a,b}`; a `**` that is no whole
 * segment is a `*`, a final `/` means everything below, brackets are letters (`app/[id]/page.tsx` is a file name).
 */
export function globsMayMeet(a: string, b: string): boolean {
  return meets(parseGlob(a), parseGlob(b));
}

/** Whether the glob matches this very path, whose letters are letters whatever they look like. */
export function globMatches(glob: string, path: string): boolean {
  return meets(parseGlob(glob), [literalSegments(path)]);
}

/** Whether two declarations of files could touch a common file; one that declares nothing promises nothing. */
export function mayOverlap(a: readonly string[], b: readonly string[]): boolean {
  return a.some((x) => b.some((y) => globsMayMeet(x, y)));
}

/** Both name the same file. Worth waiting for; an overlap of globs is only probable, and cheaper to repair than to avoid. */
export function certainOverlap(a: readonly string[], b: readonly string[]): boolean {
  const named = new Set(a.filter(isLiteral).map(literalPath));
  return named.size > 0 && b.some((file) => isLiteral(file) && named.has(literalPath(file)));
}

export interface Conflict {
  readonly a: string;
  readonly b: string;
  /** What they meet in, the narrower of the two spellings where one is a file. */
  readonly files: readonly string[];
}

type Declares = Pick<Task, "id" | "after" | "files">;

/** More pairs than this are not compared: a forecast of which nobody reads the end is not worth the wait. */
const MAX_COMPARISONS = 50_000;

/** Pairs of tasks that could touch the same files, in the order of the tasks. Those where one waits for the other are none. */
export function conflictsOf(tasks: readonly Declares[]): readonly Conflict[] {
  const waits = waiting(tasks);
  const found = new Map<string, { a: number; b: number; files: Set<string> }>();
  for (const [first, second] of neighbours(tasks)) {
    if (!meets(first.globs, second.globs)) continue;
    const [a, b] = [Math.min(first.task, second.task), Math.max(first.task, second.task)];
    if (waits(a, b) || waits(b, a)) continue;
    const entry = found.get(`${a} ${b}`) ?? { a, b, files: new Set() };
    for (const file of narrower(first.text, second.text)) entry.files.add(file);
    found.set(`${a} ${b}`, entry);
  }
  return [...found.values()]
    .sort((x, y) => x.a - y.a || x.b - y.b)
    .map(({ a, b, files }) => ({ a: idAt(tasks, a), b: idAt(tasks, b), files: [...files].sort() }));
}

/** The same, and those with open pull requests beside them, which are known better among themselves. */
export function conflictsWith(
  tasks: readonly Declares[],
  open: readonly Pick<Task, "id" | "files">[],
): readonly Conflict[] {
  const own = new Set(tasks.map(({ id }) => id));
  // What is no plain name would be read as a glob.
  const others = open
    .filter(({ id }) => !own.has(id))
    .map(({ id, files }) => ({ id, files: files.filter(isLiteral), after: [] }));
  return conflictsOf([...tasks, ...others]).filter(({ a }) => own.has(a));
}

interface Declared {
  readonly task: number;
  readonly text: string;
  readonly globs: ReturnType<typeof parseGlob>;
  /** The letters before the first wildcard: two globs can only meet where one's begins with the other's. */
  readonly stem: string;
}

/** Pairs of declarations worth comparing. Sorted by stem, so that thousands of plain file names cost no square. */
function* neighbours(tasks: readonly Declares[]): Generator<readonly [Declared, Declared]> {
  let left = MAX_COMPARISONS;
  const declared = tasks
    .flatMap(({ files }, task): Declared[] =>
      files.map((text) => ({ task, text, globs: parseGlob(text), stem: stem(text) })),
    )
    .sort((x, y) => (x.stem < y.stem ? -1 : Number(x.stem > y.stem)));
  for (const [index, x] of declared.entries()) {
    for (let next = index + 1; next < declared.length; next += 1) {
      const y = declared[next] as Declared;
      if (!y.stem.startsWith(x.stem)) break;
      if (x.task !== y.task) yield [x, y];
      left -= 1;
      if (left === 0) return;
    }
  }
}

/** Up to the last whole segment without a wildcard; empty where spelling alone tells nothing. */
function stem(text: string): string {
  if (isLiteral(text)) return literalPath(text);
  const plain = text.slice(0, text.search(/[*?{]|\/$/));
  return literalPath(plain.slice(0, plain.lastIndexOf("/") + 1));
}

const meets = (a: ReturnType<typeof parseGlob>, b: ReturnType<typeof parseGlob>): boolean =>
  a.some((x) => b.some((y) => segmentsMeet(x, y)));

function narrower(a: string, b: string): readonly string[] {
  if (isLiteral(a)) return [a];
  return isLiteral(b) || a === b ? [b] : [a, b];
}

/** `waits(a, b)`: a comes after b, directly or by way of others. What a task waits for is looked up once. */
function waiting(tasks: readonly Declares[]): (from: number, to: number) => boolean {
  const place = new Map(tasks.map(({ id }, index) => [id, index]));
  const known = new Map<number, Uint8Array>();
  const before = (from: number): Uint8Array => {
    const marks = new Uint8Array(tasks.length);
    const reached = [from];
    for (const index of reached) {
      for (const id of (tasks[index] as Declares).after) {
        const next = place.get(id);
        if (next === undefined || marks[next] === 1) continue;
        marks[next] = 1;
        reached.push(next);
      }
    }
    known.set(from, marks);
    return marks;
  };
  return (from, to) => (known.get(from) ?? before(from))[to] === 1;
}

const idAt = (tasks: readonly Declares[], index: number): string => (tasks[index] as Declares).id;
