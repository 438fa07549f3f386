import { git, once } from "./git.ts";
import type { PullIssue } from "./model.ts";

export interface FileDiff {
  readonly path: string;
  readonly previous: string | null;
  readonly status: "added" | "removed" | "modified" | "renamed";
  readonly additions: number;
  readonly deletions: number;
  /** From the first `@@` on; null for binary files and pure renames. */
  readonly patch: string | null;
}

/** What a pull request is compared with: its base as it is, or as it was when it was merged. */
export function baseOf({ repo, pull }: PullIssue): string {
  return pull.merged === null ? (repo.heads.get(pull.baseRef) ?? pull.baseSha) : pull.baseSha;
}

/** What a pull request shows: from where it left its base to its head. */
export const diffOf = once(async (dir, base, head): Promise<readonly FileDiff[]> => {
  const out = await git(dir, ["diff", "-M", "--no-color", "--no-ext-diff", `${base}...${head}`]);
  return out
    .split(/^(?=diff --git )/m)
    .filter(Boolean)
    .map(readFileDiff);
});

function readFileDiff(text: string): FileDiff {
  const hunks = text.search(/^@@ /m);
  const header = hunks === -1 ? text : text.slice(0, hunks);
  const patch = hunks === -1 ? null : text.slice(hunks).replace(/\n$/, "");
  const lines = patch?.split("\n") ?? [];
  const [, first = ""] = /^diff --git a\/.* b\/(.*)$/m.exec(header) ?? [];
  const from = /^rename from (.*)$/m.exec(header)?.[1] ?? null;
  return {
    path: /^rename to (.*)$/m.exec(header)?.[1] ?? first,
    previous: from,
    status: header.includes("\nnew file mode")
      ? "added"
      : header.includes("\ndeleted file mode")
        ? "removed"
        : from === null
          ? "modified"
          : "renamed",
    additions: lines.filter((line) => line.startsWith("+")).length,
    deletions: lines.filter((line) => line.startsWith("-")).length,
    patch,
  };
}

interface Hunk {
  readonly old: { readonly start: number; readonly count: number };
  readonly now: { readonly start: number; readonly count: number };
  readonly text: string;
}

function hunksOf(patch: string): readonly Hunk[] {
  return patch.split(/^(?=@@ )/m).map((text) => {
    const [, a = "0", b = "1", c = "0", d = "1"] = /^@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@/.exec(text) ?? [];
    return { old: { start: Number(a), count: Number(b) }, now: { start: Number(c), count: Number(d) }, text };
  });
}

export interface Shown {
  /** Down to the line. */
  readonly hunk: string;
  /** Lines below the file's first `@@`, as GitHub counted before it had lines. */
  readonly position: number;
}

/** Where the diff shows this line; null when it does not. */
export function showLine(file: FileDiff, line: number, side: "LEFT" | "RIGHT"): Shown | null {
  const skipped = side === "RIGHT" ? "-" : "+";
  let position = -1;
  for (const { old, now, text } of hunksOf(file.patch ?? "")) {
    const lines = text.replace(/\n$/, "").split("\n");
    let at = (side === "RIGHT" ? now : old).start - 1;
    for (const [index, one] of lines.entries()) {
      position += 1;
      if (index === 0 || one.startsWith(skipped) || one.startsWith("\\")) continue;
      at += 1;
      if (at === line) return { hunk: lines.slice(0, index + 1).join("\n"), position };
    }
  }
  return null;
}

/** Where a line of one commit's file is in another; null when it was touched or is gone. */
export async function followLine(
  dir: string,
  place: { readonly path: string; readonly line: number; readonly from: string; readonly to: string },
): Promise<number | null> {
  const args = ["diff", "-U0", "--no-color", "--no-ext-diff", place.from, place.to, "--", place.path];
  const out = await git(dir, args).catch(() => null);
  if (out === null) return null;
  if (out.includes("\ndeleted file mode")) return null;
  const begin = out.search(/^@@ /m);
  let moved = 0;
  for (const { old, now } of begin === -1 ? [] : hunksOf(out.slice(begin))) {
    if (place.line >= old.start && place.line < old.start + old.count) return null;
    // A hunk that only adds stands behind the line that it names.
    if (old.count === 0 ? place.line > old.start : place.line >= old.start + old.count) moved += now.count - old.count;
  }
  return place.line + moved;
}
