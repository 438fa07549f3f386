import { stripVTControlCharacters } from "node:util";
import { lastText } from "../process/last-text.ts";

/** Control characters, and those that turn or hide text. */
const UNSEEN = /[\p{Cc}\p{Cf}]/gu;

/** The last lines of a program's output as plain text: whole lines where they fit into `maxBytes`, no empty ones. */
export function lastLines(output: string, maxBytes: number): string {
  const lines = stripVTControlCharacters(output)
    .split("\n")
    .map((line) => lastDrawn(line).replaceAll("\t", "  ").replace(UNSEEN, "").trimEnd())
    .filter((line) => line !== "");
  const kept: string[] = [];
  let room = maxBytes;
  for (const line of lines.toReversed()) {
    room -= Buffer.byteLength(line) + 1;
    if (room < -1) break;
    kept.unshift(line);
  }
  const [last] = lines.slice(-1);
  return kept.length === 0 && last !== undefined ? lastText(last, maxBytes) : kept.join("\n");
}

/** A progress bar draws its line again and again; a carriage return at the end is only a line end. */
function lastDrawn(line: string): string {
  const text = line.replace(/\r+$/, "");
  return text.slice(text.lastIndexOf("\r") + 1);
}
