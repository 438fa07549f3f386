import type { Doors } from "../git/doors.ts";
import { line } from "../git/git.ts";

type OwnDoor = Pick<Doors, "own">;

/** Enough of the base to find recent merges in one question. */
const RECENT = 10_000;

/**
 * Which of these heads the base has, and the commit of the base that brought each: somebody merged with plain git.
 */
export async function findMerged(
  doors: OwnDoor,
  base: string,
  heads: readonly string[],
): Promise<ReadonlyMap<string, string>> {
  const wanted = [...new Set(heads)];
  if (wanted.length === 0) return new Map();
  const input = [...wanted, `^${base}`].join("\n");
  const outside = new Set((await doors.own("rev-list", ["--stdin"], { input: `${input}\n` })).stdout.split("\n"));
  const merged = wanted.filter((head) => !outside.has(head));
  if (merged.length === 0) return new Map();
  const mainLine = await readMainLine(doors, base);
  const found = new Map<string, string>();
  for (const head of merged)
    found.set(head, mainLine.broughtBy.get(head) ?? (await findBringer(doors, base, head, mainLine.commits)));
  return found;
}

interface MainLine {
  /** Newest first. */
  readonly commits: readonly string[];
  /** A commit → the oldest one of the main line that is it or has it as a parent. */
  readonly broughtBy: ReadonlyMap<string, string>;
}

async function readMainLine({ own }: OwnDoor, base: string): Promise<MainLine> {
  const args = ["--first-parent", "--parents", `--max-count=${RECENT}`, base];
  const rows = line(await own("rev-list", args))
    .split("\n")
    .map((row) => row.split(" "));
  const commits = rows.map(([commit = ""]) => commit);
  const broughtBy = new Map(
    rows.flatMap(([commit = "", , ...others]) => others.map((other) => [other, commit] as const)),
  );
  for (const commit of commits) broughtBy.set(commit, commit);
  return { commits, broughtBy };
}

/** It came inside another branch: the oldest commit of the main line that it leads to. */
async function findBringer({ own }: OwnDoor, base: string, head: string, mainLine: readonly string[]): Promise<string> {
  const after = new Set((await own("rev-list", ["--ancestry-path", `${head}..${base}`])).stdout.split("\n"));
  return mainLine.findLast((commit) => after.has(commit)) ?? base;
}
