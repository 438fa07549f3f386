import type { FileChange } from "../../ports/repository.ts";
import type { Doors } from "./doors.ts";
import { fields } from "./git.ts";
import { requireObjectId } from "./names.ts";

export const SYMLINK = "120000";

/** A change with what git stores about it. */
export interface RawChange extends FileChange {
  /** `100644`, `100755`, `120000` a symlink, `160000` a repository in the repository; `000000` absent. */
  readonly modeBefore: string;
  readonly modeAfter: string;
  readonly blobAfter: string;
}

export async function readRawChanges({ own }: Pick<Doors, "own">, from: string, to: string): Promise<RawChange[]> {
  const options = ["-r", "-z", "--raw", "--numstat", "--no-renames", "--no-ext-diff", "--no-textconv"];
  const args = [...options, "--end-of-options", requireObjectId(from), requireObjectId(to)];
  return parseChanges(fields(await own("diff-tree", args)));
}

export interface ChangeReader {
  read(from: string, to: string): Promise<readonly FileChange[]>;
  /** What a snapshot found out already; two commits never differ otherwise. */
  learn(from: string, to: string, changes: readonly FileChange[]): void;
}

/** A few are enough: what is learnt is asked for once, soon after. */
const REMEMBERED = 64;
const REMEMBERED_FILES = 1000;

export function changeReader(doors: Pick<Doors, "own">): ChangeReader {
  const known = new Map<string, readonly FileChange[]>();
  return {
    async read(from, to) {
      return known.get(`${from}..${to}`) ?? (await readChanges(doors, from, to));
    },
    learn(from, to, changes) {
      if (changes.length > REMEMBERED_FILES) return;
      known.set(`${from}..${to}`, changes);
      const [oldest] = known.keys();
      if (known.size > REMEMBERED && oldest !== undefined) known.delete(oldest);
    },
  };
}

async function readChanges(doors: Pick<Doors, "own">, from: string, to: string): Promise<FileChange[]> {
  const changes = await readRawChanges(doors, from, to);
  return changes.map(asChange);
}

export function asChange({ path, status, added, removed, modeAfter }: RawChange): FileChange {
  return { path, status, added, removed, ...(modeAfter === SYMLINK ? { symlink: true } : {}) };
}

/** `--raw` gives meta and path as two fields, `--numstat` counts and path as one; all of the first come first. */
export function parseChanges(parts: readonly string[]): RawChange[] {
  const firstCount = parts.findIndex((part, index) => index % 2 === 0 && !part.startsWith(":"));
  const raw = firstCount === -1 ? parts : parts.slice(0, firstCount);
  const counts = new Map(parts.slice(raw.length).map(parseCount));
  const changes: RawChange[] = [];
  for (let i = 0; i + 1 < raw.length; i += 2) {
    const [modeBefore = "", modeAfter = "", , blobAfter = "", status = ""] = raw[i]?.slice(1).split(" ") ?? [];
    const path = raw[i + 1] ?? "";
    const [added, removed] = counts.get(path) ?? [null, null];
    changes.push({ path, status: status as FileChange["status"], added, removed, modeBefore, modeAfter, blobAfter });
  }
  return changes;
}

function parseCount(part: string): [string, [number | null, number | null]] {
  const [added = "", removed = "", ...path] = part.split("\t");
  return [path.join("\t"), [added === "-" ? null : Number(added), removed === "-" ? null : Number(removed)]];
}

/** Unified diff; what a file calls itself (`.gitattributes`) does not hide it. */
export async function readDiff(
  { own }: Pick<Doors, "own">,
  from: string,
  to: string,
  maxBytes: number,
): Promise<string> {
  const options = ["-r", "-p", "-M", "--no-color", "--no-ext-diff", "--no-textconv", "--text"];
  const args = [...options, "--end-of-options", requireObjectId(from), requireObjectId(to)];
  const { stdout, truncated } = await own("diff-tree", args, { maxBytes, overflow: "cut" });
  return truncated ? `${stdout}\n[diff cut at ${maxBytes} bytes]\n` : stdout;
}
