import type { Figure, Load } from "./measure.ts";

/** What one benchmark found; printed as text or as one JSON document. */
export interface Report {
  readonly bench: string;
  readonly load: Load;
  readonly sections: readonly Section[];
}

export interface Section {
  readonly title: string;
  readonly figures: readonly Figure[];
  /** Against what the ratios are. */
  readonly ratios: readonly Ratio[];
  /** Counts and sizes that are no times. */
  readonly facts: Readonly<Record<string, number | string>>;
}

export interface Ratio {
  readonly of: string;
  readonly to: string;
  readonly goal: number;
}

function ratioOf({ figures }: Section, { of, to }: Ratio): number {
  const [a, b] = [of, to].map((name) => figures.find((figure) => figure.name === name)?.medianMs ?? Number.NaN);
  return (a ?? Number.NaN) / (b ?? Number.NaN);
}

/** Without `anyway` the ratios of a busy machine are left out, and it is said so. */
export function printText(report: Report, anyway: boolean): void {
  const { load, bench, sections } = report;
  for (const section of sections) {
    console.log(`\n${bench}: ${section.title}`);
    for (const { name, medianMs, minMs, cpuMs, rounds } of section.figures)
      console.log(
        `  ${name.padEnd(34)} ${ms(medianMs)} median  ${ms(minMs)} least  ${ms(cpuMs)} cpu  (${rounds} rounds)`,
      );
    for (const [name, value] of Object.entries(section.facts)) console.log(`  ${name.padEnd(34)} ${value}`);
    if (load.quiet || anyway) for (const ratio of section.ratios) console.log(`  ${ratioText(section, ratio)}`);
  }
  console.log(`\nload ${load.before.toFixed(1)} before, ${load.after.toFixed(1)} after, ${load.cores} cores`);
  if (!load.quiet)
    console.log(
      anyway
        ? "others worked on this machine: these ratios are no evidence"
        : "others worked on this machine, so no ratio is given: try later, or add --anyway",
    );
}

function ratioText(section: Section, ratio: Ratio): string {
  const value = ratioOf(section, ratio);
  const met = value <= ratio.goal ? "met" : "MISSED";
  return `${ratio.of} / ${ratio.to} = ${value.toFixed(3)}   goal ${ratio.goal}: ${met}`;
}

export function printJson(report: Report, anyway: boolean): void {
  const withheld = !report.load.quiet && !anyway;
  const sections = report.sections.map((section) => ({
    ...section,
    ratios: withheld ? [] : section.ratios.map((ratio) => ({ ...ratio, value: ratioOf(section, ratio) })),
  }));
  console.log(JSON.stringify({ v: 1, ...report, ratiosWithheld: withheld, sections }));
}

const ms = (value: number): string => `${value.toFixed(1).padStart(8)} ms`;
