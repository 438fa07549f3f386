import { join } from "node:path";
import type { Outlook } from "../../ports/repository.ts";
import type { Doors } from "./doors.ts";
import { readIfThere, replaceFile } from "./files.ts";
import { fields, type Git } from "./git.ts";
import { forecast, scratchObjects } from "./merge.ts";
import { requireObjectId } from "./names.ts";
import { ForecastBook } from "./schema.ts";
import { parseJson } from "./slots.ts";

/** In one call; the rest is for the next one. A pair costs about a millisecond. */
const MAX_MERGES = 2500;
/** More than that is compared by a merge alone. */
const MAX_FILES = 2000;

interface Book {
  /** Merged once, never again: the files in conflict by `pairKey`, none for a clean merge. */
  readonly pairs: Map<string, readonly string[]>;
  /** What a head changes of its own; null where only a merge can tell whom that meets. */
  readonly own: Map<string, readonly string[] | null>;
}

/**
 * Which heads are in conflict with the base, and which with each other. What was found out about two commits stays
 * true, so it is kept on disk for as long as both are asked about, and a new commit costs its own pairs alone. Two
 * changes in different files, none of which was removed (and so perhaps moved), are taken to be apart without a merge.
 */
export async function readOutlook(
  doors: Doors,
  stateDir: string,
  base: string,
  all: readonly string[],
): Promise<Outlook> {
  const file = join(stateDir, "forecasts.json");
  const book = await readBook(file);
  const asked = [...new Set(all.map(requireObjectId))];
  const heads = await present(doors.own, requireObjectId(base), asked, book);
  const unread = heads.filter((head) => !book.own.has(head));
  const pairs = [...heads.map((head) => [base, head] as const), ...pairsOf(heads)];
  const unknown = pairs.filter(([a, b]) => !book.pairs.has(pairKey(a, b)));
  if (unread.length > 0) for (const [head, own] of await readOwn(doors.own, base, unread)) book.own.set(head, own);
  const meeting = unknown.filter(([a, b]) => a === base || mayMeet(book.own.get(a) ?? null, book.own.get(b) ?? null));
  const merged = await mergeAll(doors, meeting.slice(0, MAX_MERGES));
  const left = new Set(meeting.slice(MAX_MERGES).map(([a, b]) => pairKey(a, b)));
  for (const [a, b] of unknown) {
    const key = pairKey(a, b);
    if (!left.has(key)) book.pairs.set(key, merged.get(key) ?? []);
  }
  if (unread.length > 0 || unknown.length > left.size) await writeBook(file, book, pairs);
  const files = (a: string, b: string): readonly string[] => book.pairs.get(pairKey(a, b)) ?? [];
  const withBase = heads.filter((head) => files(base, head).length > 0);
  const fit = heads.filter((head) => !withBase.includes(head));
  return {
    base: new Map(withBase.map((head) => [head, files(base, head)])),
    pairs: pairsOf(fit).flatMap(([a, b]) => (files(a, b).length === 0 ? [] : [{ a, b, files: files(a, b) }])),
    changes: new Map(heads.map((head) => [head, book.own.get(head) ?? []])),
  };
}

/** A merge is the same from both sides. */
const pairKey = (a: string, b: string): string => (a < b ? `${a} ${b}` : `${b} ${a}`);

function pairsOf(heads: readonly string[]): readonly (readonly [string, string])[] {
  return heads.flatMap((a, at) => heads.slice(at + 1).map((b) => [a, b] as const));
}

async function readBook(file: string): Promise<Book> {
  const text = await readIfThere(file);
  const found = text === null ? undefined : ForecastBook.safeParse(parseJson(text)).data;
  return { pairs: new Map(Object.entries(found?.pairs ?? {})), own: new Map(Object.entries(found?.own ?? {})) };
}

/** Only what was asked about: the rest is of heads that nobody has any more. */
async function writeBook(
  file: string,
  { pairs, own }: Book,
  asked: readonly (readonly [string, string])[],
): Promise<void> {
  const keys = new Set(asked.map(([a, b]) => pairKey(a, b)));
  const heads = new Set(asked.map(([, head]) => head));
  const book = {
    v: 1,
    pairs: Object.fromEntries([...pairs].filter(([key]) => keys.has(key))),
    own: Object.fromEntries([...own].filter(([head]) => heads.has(head))),
  };
  await replaceFile(file, JSON.stringify(book));
}

/** Those that are in this clone: another one may have made them. */
async function present(own: Git, base: string, heads: readonly string[], book: Book): Promise<readonly string[]> {
  const unknown = heads.filter((head) => !book.own.has(head) || !book.pairs.has(pairKey(base, head)));
  if (unknown.length === 0) return heads;
  const { stdout } = await own("cat-file", ["--batch-check"], { input: `${unknown.join("\n")}\n` });
  const missing = new Set(stdout.split("\n").flatMap((row) => (row.endsWith(" missing") ? [row.split(" ")[0]] : [])));
  return heads.filter((head) => !missing.has(head));
}

/** The paths that each head changed since it left the base: two processes for any number of heads. */
async function readOwn(
  own: Git,
  base: string,
  heads: readonly string[],
): Promise<ReadonlyMap<string, readonly string[] | null>> {
  const input = `${heads.join("\n")}\n^${base}\n`;
  const { stdout } = await own("rev-list", ["--parents", "--stdin"], { input });
  const parents = new Map(stdout.split("\n").map((row) => [row.slice(0, row.indexOf(" ")), row.split(" ").slice(1)]));
  const forks = heads.map((head) => [head, forkOf(head, parents)] as const);
  const asked = forks.flatMap(([head, fork]) => (fork === null || fork === head ? [] : [`${head} ${fork}`]));
  const changes = asked.length === 0 ? new Map<string, string[] | null>() : await readPaths(own, asked);
  return new Map(
    forks.map(([head, fork]) => [head, fork === null ? null : changes.has(head) ? (changes.get(head) ?? null) : []]),
  );
}

/** The first commit below that the base has, too; null for a history that has merges, or nothing in common. */
function forkOf(head: string, parents: ReadonlyMap<string, readonly string[]>): string | null {
  let at = head;
  for (let above = parents.get(at); above !== undefined; above = parents.get(at)) {
    const [parent, ...more] = above;
    if (parent === undefined || more.length > 0) return null;
    at = parent;
  }
  return at;
}

async function readPaths(own: Git, lines: readonly string[]): Promise<Map<string, string[] | null>> {
  const options = ["--stdin", "-r", "-z", "--name-status", "--no-renames", "--no-ext-diff", "--no-textconv"];
  const found = new Map<string, string[] | null>();
  let head = "";
  const parts = fields(await own("diff-tree", options, { input: `${lines.join("\n")}\n` }));
  for (let at = 0; at < parts.length; at += 1) {
    const part = parts[at] ?? "";
    if (part.length > 1) {
      head = part;
      found.set(head, []);
      continue;
    }
    at += 1;
    const paths = found.get(head);
    if (paths == null) continue;
    if (part === "D" || paths.length >= MAX_FILES) found.set(head, null);
    else paths.push(parts[at] ?? "");
  }
  return found;
}

/** They name a file in common, or one has a folder where the other has a file. */
function mayMeet(a: readonly string[] | null, b: readonly string[] | null): boolean {
  if (a === null || b === null) return true;
  const [first, second] = [withFolders(a), withFolders(b)];
  return b.some((path) => first.has(path)) || a.some((path) => second.has(path));
}

function withFolders(paths: readonly string[]): ReadonlySet<string> {
  const all = new Set(paths);
  for (const path of paths)
    for (let slash = path.lastIndexOf("/"); slash > 0; slash = path.lastIndexOf("/", slash - 1))
      all.add(path.slice(0, slash));
  return all;
}

type Merged = Map<string, readonly string[]>;

/** What is thrown away at once is not worth compressing: a third of the time. */
const UNPACKED = { GIT_CONFIG_COUNT: "1", GIT_CONFIG_KEY_0: "core.looseCompression", GIT_CONFIG_VALUE_0: "0" };

/** One process for all of them, and for each its own where git is older or one of them is no merge at all. */
async function mergeAll(doors: Doors, pairs: readonly (readonly [string, string])[]): Promise<Merged> {
  const merged: Merged = new Map();
  if (pairs.length === 0) return merged;
  await using objects = await scratchObjects(doors);
  const input = `${pairs.map(([a, b]) => `${a} ${b}`).join("\n")}\n`;
  const args = ["--write-tree", "--stdin", "-z", "--name-only", "--no-messages"];
  const answer = await doors.ownInto(objects.dir)("merge-tree", args, { input, env: UNPACKED, ok: [0, 1, 128, 129] });
  const answers = parseMerges(fields(answer));
  for (const [at, [a, b]] of pairs.entries()) {
    const known = answers[at];
    if (known !== undefined) merged.set(pairKey(a, b), known);
    else {
      const alone = await forecast(doors, a, b);
      merged.set(pairKey(a, b), alone.clean ? [] : alone.files);
    }
  }
  return merged;
}

/** For each merge: 1 or 0, the tree, the files in conflict, and nothing. */
function parseMerges(parts: readonly string[]): readonly (readonly string[])[] {
  const merges: (readonly string[])[] = [];
  for (let at = 0; at < parts.length;) {
    const end = parts.indexOf("", at);
    if (end === -1) break;
    const files = [...new Set(parts.slice(at + 2, end))];
    merges.push(parts[at] === "1" ? [] : files);
    at = end + 1;
  }
  return merges;
}
