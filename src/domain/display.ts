const ESC = "\u001b";
const BEL = "\u0007";
const CSI = `(?:${ESC}\\[|\u009b)[0-?]*[ -/]*[@-~]`;
/**
 * OSC, DCS, SOS, PM and APC with their bodies, up to the end that a terminal looks for. No body holds the beginning of
 * another: a million of them without an end would each be looked for up to the end of the text.
 */
const STRINGS = `(?:${ESC}[\\]PX^_]|[\u0090\u0098\u009d-\u009f])[^${BEL}${ESC}\u0090\u0098\u009c-\u009f\n]*(?:${BEL}|${ESC}\\\\|\u009c)`;
const SHORT = `${ESC}[ -/]*[0-~]`;
const SEQUENCES = new RegExp(`${CSI}|${STRINGS}|${SHORT}`, "gu");

/** What else a terminal obeys or a reader cannot see: controls but tab and newline, bidi marks, zero-width, tags. */
const UNSEEN = /[^\P{Cc}\t\n]|[\p{Cf}\p{Zl}\p{Zp}]/gu;

/** Text by agents, issues or checks, fit for a terminal, a log or a pull request: what is seen is all there is. */
export function display(text: string): string {
  return text.replaceAll("\r\n", "\n").replace(SEQUENCES, "").replace(UNSEEN, "");
}

/** The same on one line, cut to `max` characters. */
export function displayLine(text: string, max = 200): string {
  return cut(display(text).replace(/\s+/g, " ").trim(), max);
}

/** At most `max` UTF-16 units, never half a character; shows where it was cut. */
export function cut(text: string, max: number): string {
  if (text.length <= max) return text;
  const kept = text.slice(0, Math.max(0, max - 1)).replace(/[\ud800-\udbff]$/, "");
  return `${kept}…`;
}

/** The last line of an output, to stand behind a sentence: `: Error: no such test`; empty where there is none. */
export function lastWords(output: string): string {
  const line = displayLine(output.trim().replace(/^[^]*\n/, ""));
  return line === "" ? "" : `: ${line}`;
}
