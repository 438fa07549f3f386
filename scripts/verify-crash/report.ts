import type { Told } from "./walk.ts";

export interface Row extends Told {
  /** Of a random pair, whose moments need not come. */
  readonly isPair: boolean;
  readonly isSkipped: boolean;
}

export const isMissed = ({ problems, hit, isSkipped }: Row): boolean =>
  problems.length === 0 && hit === null && !isSkipped;

function wordFor({ problems, hit, isPair, isSkipped }: Row): string {
  if (problems.length > 0) return "BROKEN";
  if (isSkipped) return "skipped";
  if (hit !== null) return "held";
  return isPair ? "not met" : "NOT REACHED";
}

export function tell(row: Row): void {
  const rest = row.problems.join("; ") || row.hit || "";
  process.stdout.write(`${row.fault.padEnd(44)} ${wordFor(row).padEnd(12)} ${rest}\n`);
}

/** A line for each kind of fault, then all of it; gives the exit code. */
export function report(
  rows: readonly Row[],
  { json, seed, seconds }: { readonly json: boolean; readonly seed: number; readonly seconds: number },
): number {
  const count = (word: string, of = rows): number => of.filter((row) => wordFor(row) === word).length;
  const [broken, unreached] = [count("BROKEN"), count("NOT REACHED")];
  const slowest = Math.max(0, ...rows.map(({ recoverySeconds }) => recoverySeconds ?? 0));
  if (json) {
    process.stdout.write(`${JSON.stringify({ v: 1, seed, rows, broken, unreached, seconds })}\n`);
  } else {
    process.stdout.write(
      `\n${"fault".padEnd(18)} ${["hit", "held", "broken", "missed", "skipped"].map((one) => one.padStart(8)).join("")}\n`,
    );
    for (const deed of new Set(rows.map(({ fault }) => fault.split(":").at(-1) ?? "").toSorted())) {
      const own = rows.filter(({ fault }) => fault.endsWith(`:${deed}`));
      const missed = count("NOT REACHED", own) + count("not met", own);
      const figures = [
        own.filter(({ hit }) => hit !== null).length,
        count("held", own),
        count("BROKEN", own),
        missed,
        count("skipped", own),
      ];
      process.stdout.write(`${deed.padEnd(18)} ${figures.map((one) => `${one}`.padStart(8)).join("")}\n`);
    }
    process.stdout.write(
      `${rows.length} faults, ${broken} BROKEN, ${unreached} not reached; the slowest command after one took ${slowest.toFixed(1)} s; seed ${seed}, ${Math.round(seconds)} s\n`,
    );
  }
  return broken + unreached === 0 ? 0 : 1;
}
