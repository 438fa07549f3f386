import { folderOf, mayMean, nameOf } from "./imports.ts";

/** One of two changes that stand beside each other: what it changed, and what those files ask for by name. */
export interface Side {
  readonly changed: readonly string[];
  /** By file; a file that could not be read has none. */
  readonly imports: ReadonlyMap<string, readonly string[]>;
  /** Files of which nobody knows what they ask for: too large, or no text. */
  readonly unread?: boolean;
}

/** Where an edit here may be felt without a name for it: the file is visible in its whole folder. */
const SHARE_A_FOLDER = /\.(?:go|java|kts?|scala|groovy|cs|vb|swift|tf|sql)$/i;
const PROSE =
  /(?:\.(?:md|markdown|rst|adoc|txt|png|jpe?g|gif|svg|pdf)|(?:^|\/)(?:licen[cs]e|notice|authors|codeowners)[^/]*)$/i;
const NO_PROSE = /(?:^|\/)(?:requirements[^/]*|constraints[^/]*|cmakelists)\.txt$/i;

const isProse = (path: string): boolean => PROSE.test(path) && !NO_PROSE.test(path);

/**
 * Why two changes that merge cleanly may still not work together, as the files in which they meet: both changed one,
 * one imports what the other changed, or one changed what everything depends on. null when nothing says so. It looks
 * one step far and is no proof: where it is in doubt it says yes, since a wrong yes costs a run of the checks.
 */
export function meetingOf(mine: Side, theirs: Side): string | null {
  const changed = new Set(mine.changed);
  const same = theirs.changed.find((path) => changed.has(path));
  if (same !== undefined) return same;
  const [a, b] = [matters(mine), matters(theirs)];
  if (a.length === 0 || b.length === 0) return null;
  return (
    imported(mine, b) ??
    imported(theirs, a) ??
    b.find(isForAll) ??
    a.find(isForAll) ??
    b.find((path) => a.some((own) => shareFolder(own, path))) ??
    (mine.unread === true || theirs.unread === true ? (b[0] as string) : null)
  );
}

const matters = ({ changed }: Side): readonly string[] => changed.filter((path) => !isProse(path));

/** More names than anybody compares with so many paths: then it is in doubt. */
const MAX_COMPARISONS = 50_000;

function imported({ imports }: Side, paths: readonly string[]): string | null {
  const names = [...imports].flatMap(([from, asked]) => asked.map((name) => ({ from, name })));
  if (names.length * paths.length > MAX_COMPARISONS) return paths[0] as string;
  return paths.find((path) => names.some(({ from, name }) => mayMean(name, from, path))) ?? null;
}

/** Manifests, lockfiles and settings stand at the top, or are known by name. */
const isForAll = (path: string): boolean =>
  !path.includes("/") ||
  /^(?:package(?:-lock)?\.json|tsconfig.*\.json|go\.mod|Cargo\.toml|pyproject\.toml|pom\.xml)$/.test(nameOf(path));

const shareFolder = (a: string, b: string): boolean =>
  SHARE_A_FOLDER.test(a) && SHARE_A_FOLDER.test(b) && folderOf(a) === folderOf(b);
