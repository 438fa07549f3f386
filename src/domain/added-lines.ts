/** What a change adds to one file: the text, and the number that each of its lines has there. */
export interface AddedText {
  readonly path: string;
  readonly text: string;
  readonly lines: readonly number[];
}

interface Adding {
  readonly path: string;
  readonly added: string[];
  readonly lines: number[];
}

/** Of a unified diff. The lines of a hunk are counted: an added one may look like a header, a removed one cannot. */
export function addedLines(diff: string): readonly AddedText[] {
  const files: Adding[] = [];
  let file: Adding | undefined;
  let [left, at] = [0, 0];
  for (const line of diff.split("\n")) {
    if (left > 0) {
      const [kind] = line;
      if (kind === "\\") continue;
      if (kind === "+") {
        file?.added.push(line.slice(1));
        file?.lines.push(at);
      }
      if (kind !== "-") [left, at] = [left - 1, at + 1];
    } else if (line.startsWith("+++ ")) {
      file = { path: pathOf(line.slice("+++ ".length)), added: [], lines: [] };
      files.push(file);
    } else {
      const [, start = "0", added = "1"] = /^@@ -\S+ \+(\d+)(?:,(\d+))? @@/.exec(line) ?? [];
      if (line.startsWith("@@ ")) [left, at] = [Number(added), Number(start)];
    }
  }
  return files
    .filter(({ lines }) => lines.length > 0)
    .map(({ path, added, lines }) => ({ path, text: added.join("\n"), lines }));
}

/** As git writes it: `b/src/a.ts`, in quotes where it has strange letters, with a tab behind where it has blanks. */
function pathOf(named: string): string {
  return named
    .replace(/\t$/, "")
    .replace(/^"(.*)"$/, "$1")
    .replace(/^b\//, "");
}
