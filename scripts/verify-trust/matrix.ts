import type { Danger } from "./danger.ts";
import type { Verdicts } from "./judge.ts";
import type { Profile } from "./world.ts";

export interface Matrix {
  readonly dangers: readonly Danger[];
  readonly profiles: readonly Profile[];
  readonly results: ReadonlyMap<Profile, Verdicts>;
  readonly seconds: number;
  readonly json: boolean;
  /** Processes that were left at the end. */
  readonly left: readonly string[];
}

/** Prints rows and sums; true when nothing is broken and nothing is left unproven. */
export function printMatrix({ dangers, profiles, results, seconds, json, left }: Matrix): boolean {
  const ids = [...new Set([...results.values()].flatMap((verdicts) => [...verdicts.keys()]))];
  const order = (row: string): number => dangers.findIndex(({ id }) => id === row.split(" ")[0]);
  const rows = ids
    .toSorted((a, b) => (order(a) + 1 || 999) - (order(b) + 1 || 999))
    .map((row) => {
      const [id = "", side = ""] = row.split(" ");
      const what = dangers.find((one) => one.id === id)?.what ?? "everything of the user is as it was before the run";
      const verdicts = profiles.map((profile) => ({ profile: profile.name, ...results.get(profile)?.get(row) }));
      return { id, side, what, verdicts };
    });
  const all = rows.flatMap(({ verdicts }) => verdicts);
  const count = (word: string, of = all): number => of.filter((one) => one.word === word).length;
  const isGood = count("BROKEN") === 0 && count("not run") === 0 && left.length === 0;
  if (json) {
    console.log(JSON.stringify({ v: 1, rows, left, seconds, ok: isGood }, null, 2));
    return isGood;
  }
  const width = Math.min(62, Math.max(...rows.map(({ what }) => what.length)));
  const line = (id: string, side: string, what: string, cells: readonly string[]): void =>
    console.log(
      `${id.padEnd(10)}${side.padEnd(7)}${what.slice(0, width).padEnd(width + 2)}${cells.map((cell) => cell.padEnd(18)).join("")}`,
    );
  line(
    "danger",
    "side",
    "what the agent tries",
    profiles.map(({ name }) => name),
  );
  for (const { id, side, what, verdicts } of rows)
    line(
      id,
      side,
      what,
      verdicts.map(({ word }) => word ?? "-"),
    );
  const notes = new Map<string, string[]>();
  for (const { id, side, verdicts } of rows)
    for (const { word, seen, profile } of verdicts)
      if (word === "BROKEN" || word === "not run" || word === "skipped" || (word === "held" && seen !== "")) {
        const about = `${word}: ${profile}: ${seen}`;
        notes.set(about, [...(notes.get(about) ?? []), `${id} ${side}`]);
      }
  for (const [about, of] of notes) console.log(`${about} (${of.length > 6 ? `${of.length} rows` : of.join(", ")})`);
  for (const { name } of profiles) {
    const of = all.filter(({ profile }) => profile === name);
    const sums = ["held", "BROKEN", "falls (expected)", "not run", "skipped"].map(
      (word) => `${count(word, of)} ${word}`,
    );
    console.log(`${name.padEnd(16)} ${sums.join(", ")}`);
  }
  for (const one of left) console.log(`left running: ${one}`);
  console.log(`${left.length} processes left, ${seconds} s`);
  return isGood;
}
