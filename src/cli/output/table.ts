import { width } from "./width.ts";

export interface TableOptions {
  /** Printed above, if there are rows. */
  readonly head?: readonly string[];
  /** Columns (from 0) whose cells stand at the right edge: numbers. */
  readonly right?: readonly number[];
  readonly indent?: number;
}

/** Lines of a table without borders: two spaces between columns, no space at the end. Cells may carry colours. */
export function table(rows: readonly (readonly string[])[], options: TableOptions = {}): readonly string[] {
  if (rows.length === 0) return [];
  const all = options.head === undefined ? rows : [options.head, ...rows];
  const columns = Math.max(...all.map((row) => row.length));
  const widths = Array.from({ length: columns }, (_, at) => Math.max(...all.map((row) => width(row[at] ?? ""))));
  const margin = " ".repeat(options.indent ?? 0);
  return all.map((row) => (margin + row.map((cell, at) => pad(cell, at)).join("  ")).trimEnd());

  function pad(cell: string, at: number): string {
    const space = " ".repeat((widths[at] ?? 0) - width(cell));
    return options.right?.includes(at) === true ? space + cell : cell + space;
  }
}
