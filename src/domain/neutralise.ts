import { cut, display, displayLine } from "./display.ts";

/**
 * An agent's words, fit for a commit or a pull request: nothing invisible, no HTML and no comment, no letter in
 * disguise, nobody called by `@`, no issue referred to (so none closed), no picture fetched; at most `max` characters.
 * Neutral text stays as it is.
 */
export function neutralise(text: string, max: number): string {
  // References first: what stands in for `#` is a word, which must not become a name behind `@` or a tag behind `<`.
  const plain = display(cut(text, READ * max + READ))
    .replace(/(\w?)#(?=\d)/g, (_, before: string) => (before === "" ? "number " : `${before} number `))
    .replace(/<(?=[A-Za-z/!?])/g, "&lt;")
    // A forge reads `&commat;` as `@`. Those that stand for nothing but themselves may stay.
    .replace(/&(?=#|(?!(?:lt|gt|amp|quot);)[A-Za-z]\w+;)/g, "&amp;")
    .replace(/!(?=\[)/g, "!\\")
    .replace(/@(?=[\p{L}\p{N}_-])/gu, "@ ")
    .replace(/\bGH-(?=\d)/gi, "GH ")
    .replace(/\/(issues|pull|discussions)\/(?=\d)/gi, "/$1/ ");
  return cut(plain, max);
}

/** What is not seen may be longer than what is; but no text is worth reading that hides more than this. */
const READ = 16;

/** The same as a Markdown quotation: its headings, lists and fences stay inside. */
export function quote(text: string, max: number): string {
  return neutralise(text, max)
    .trim()
    .split("\n")
    .map((line) => `> ${line}`.trimEnd())
    .join("\n");
}

/** For a heading, a list or a cell: one line, and nothing that could end what it stands in. */
export function inline(text: string, max: number): string {
  return cut(neutralise(displayLine(text, max), max * 2).replace(/[|`]/g, "'"), max);
}

/** As a code span, where nothing is a mention or a reference. */
export const code = (text: string, max: number): string => `\`${displayLine(text, max).replaceAll("`", "'")}\``;
