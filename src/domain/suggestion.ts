/** Lines that a person would have in place of those of a file, word for word. */
export interface Suggestion extends Lines {
  /** The comment that it stands in, and its place there: nobody takes it twice. */
  readonly id: string;
  /** `LOGIN <ID+LOGIN@users.noreply.github.com>` */
  readonly author: string;
  readonly path: string;
  /** That they saw; the lines are counted there. */
  readonly commit: string;
  readonly text: readonly string[];
}

/** Counted from 1, both included. */
export interface Lines {
  readonly start: number;
  readonly end: number;
}

/** One thing that a person said, of a review or at a line. */
export interface Remark {
  /** `src/a.ts:3`; null for what a review says by itself. */
  readonly at: string | null;
  readonly text: string;
  /** Beside its suggestions. */
  readonly words: string;
  readonly suggestions: readonly Suggestion[];
}

export const saidIn = ({ at }: Pick<Remark, "at">, text: string): string => (at === null ? text : `${at}: ${text}`);

/** The fence with which a line of Markdown begins code; null where it does not. */
export function openingFence(line: string): string | null {
  const [, fence, info = ""] = /^ {0,3}(`{3,}|~{3,})(.*)$/.exec(line) ?? [];
  return fence === undefined || (fence.startsWith("`") && info.includes("`")) ? null : fence;
}

export const closesFence = (line: string, fence: string): boolean =>
  /^ {0,3}(`{3,}|~{3,})[ \t]*$/.exec(line)?.[1]?.startsWith(fence) === true;

/**
 * What is outside of the blocks that are called suggestions, and the lines of each. One that nobody closed stays words.
 */
export function readBlocks(text: string): { readonly words: string; readonly blocks: readonly (readonly string[])[] } {
  const lines = text.split("\n");
  const words: string[] = [];
  const blocks: (readonly string[])[] = [];
  let last = -1;
  for (const [at, line] of lines.entries()) {
    if (at <= last) continue;
    const fence = openingFence(line);
    const end = fence === null ? at : lines.findIndex((one, n) => n > at && closesFence(one, fence));
    // What else is fenced in holds no suggestion.
    last = end === -1 ? lines.length - 1 : end;
    const [, indent = "", info] = /^( *)[`~]+(.*)$/.exec(line) ?? [];
    if (end > at && info?.trim() === "suggestion")
      blocks.push(lines.slice(at + 1, end).map((one) => one.replace(RegExp(`^ {0,${indent.length}}`), "")));
    else words.push(...lines.slice(at, last + 1));
  }
  return { words: words.join("\n").trim(), blocks };
}

/** A file as its lines, each with its own end; the last may have none. */
export const linesOf = (content: string): readonly string[] => content.match(/[^\n]*\n|[^\n]+/g) ?? [];

/** Where these lines of `before` are in `now`: nothing changed in them and above, or in them and below. Null else. */
export function carried(before: string, now: string, { start, end }: Lines): Lines | null {
  const [old, current] = [linesOf(before), linesOf(now)];
  if (start < 1 || start > end || end > old.length) return null;
  const isSame = (lines: readonly string[], others: readonly string[]): boolean =>
    lines.length === others.length && lines.every((line, n) => line === others[n]);
  if (isSame(old.slice(0, end), current.slice(0, end))) return { start, end };
  const tail = old.slice(start - 1);
  if (tail.length > current.length || !isSame(tail, current.slice(-tail.length))) return null;
  const moved = current.length - old.length;
  return { start: start + moved, end: end + moved };
}

export const meets = (a: Lines, b: Lines): boolean => a.start <= b.end && b.start <= a.end;

/** The file with these lines in place of its own, which do not meet; ends of lines are those of the file. */
export function splice(content: string, edits: readonly (Lines & Pick<Suggestion, "text">)[]): string {
  const lines = [...linesOf(content)];
  for (const { start, end, text } of [...edits].sort((a, b) => b.start - a.start)) {
    // A last line may have no end; those before it tell what one is here.
    const between = endOf(lines[start - 1]) || endOf(lines[start - 2]) || "\n";
    const last = endOf(lines[end - 1]);
    const own = text.map((line, n) => `${line}${n < text.length - 1 ? between : last}`);
    lines.splice(start - 1, end - start + 1, ...own);
  }
  return lines.join("");
}

const endOf = (line = ""): string => /\r?\n$/.exec(line)?.[0] ?? "";
