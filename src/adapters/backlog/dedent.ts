const TAB = 4;

/**
 * Takes the common indentation off, and blank lines at both ends. Lines that are not indented deeper than
 * `margin` columns (Markdown's lazy continuations) do not count, and lose what they have.
 */
export function dedent(lines: readonly string[], margin: number): string {
  const indents = lines.filter((line) => line.trim() !== "").map(indentOf);
  const common = Math.min(...indents.filter((indent) => indent > margin));
  const text = lines.map((line) => (line.trim() === "" ? "" : outdent(line, common))).join("\n");
  return text.replace(/^\n+/, "").trimEnd();
}

/** Columns of the white space before the text; a tab goes to the next multiple of 4. */
export function indentOf(line: string): number {
  let column = 0;
  for (const char of line) {
    if (char === "\t") column += TAB - (column % TAB);
    else if (char === " ") column += 1;
    else break;
  }
  return column;
}

function outdent(line: string, columns: number): string {
  const indent = indentOf(line);
  return " ".repeat(Math.max(0, indent - columns)) + line.trimStart();
}
