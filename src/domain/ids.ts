const SHAPE = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;

/** For error messages, after "an id is". */
export const TASK_ID_HELP =
  "1 to 64 letters, digits, dots, underscores or hyphens, beginning with a letter or digit, without `--`, `..`, a final `.` or a final `.lock`";

/** Ids become parts of branch and ref names, so what git refuses there is refused here (docs/contract.md §3). */
export function isTaskId(text: string): boolean {
  return SHAPE.test(text) && !text.includes("--") && !text.includes("..") && !/(?:\.|\.lock)$/.test(text);
}

/** Two different ids that one branch name would stand for; branch names are lower case. */
export function caselessClash(ids: Iterable<string>): readonly [string, string] | null {
  const seen = new Map<string, string>();
  for (const id of ids) {
    const before = seen.get(id.toLowerCase());
    if (before !== undefined && before !== id) return [before, id];
    seen.set(id.toLowerCase(), id);
  }
  return null;
}
