import { display } from "./display.ts";

/** The last lines of a program's output as plain text: whole lines where they fit into `max` characters, no empty ones. */
export function lastLines(output: string, max: number): string {
  const lines = output
    .split("\n")
    .map((line) => display(lastDrawn(line)).replaceAll("\t", "  ").trimEnd())
    .filter((line) => line !== "");
  const kept: string[] = [];
  let room = max;
  for (const line of lines.toReversed()) {
    room -= line.length + 1;
    if (room < -1) break;
    kept.unshift(line);
  }
  return kept.length > 0
    ? kept.join("\n")
    : lines
        .slice(-1)
        .join("")
        .slice(-max)
        .replace(/^[\udc00-\udfff]/, "");
}

/** A progress bar draws its line again and again; a carriage return at the end is only a line end. */
function lastDrawn(line: string): string {
  const text = line.replace(/\r+$/, "");
  return text.slice(text.lastIndexOf("\r") + 1);
}
