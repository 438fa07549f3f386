import { formatMarker, parseMarker, type Marker } from "../../domain/marker.ts";
import { closesFence, openingFence } from "../../domain/suggestion.ts";

const MORE = "\n<!-- dispatch:more -->\n";
const END = "\n<!-- dispatch:end -->";

/**
 * The body of a pull request as GitHub has it: ours with its marker, what GitHub acts on (`Closes #7`), and behind our
 * end whatever people wrote there, which stays.
 */
export function formatBody(task: string, body: string, issueLine: string, before: string): string {
  const marked = parseMarker(body) === null ? `${formatMarker({ kind: "pr", task })}\n${body}` : body;
  return `${marked}${MORE}${issueLine}${END}${peoplesPart(plain(before))}`;
}

/** Behind our end; all of a body that we did not write. */
function peoplesPart(before: string): string {
  const end = before.indexOf(END);
  if (end !== -1) return before.slice(end + END.length);
  return before === "" || parseMarker(before)?.kind === "pr" ? "" : `\n\n${before}`;
}

/** What `formatBody` was given; a body that we did not write as it is. */
export function parseBody(text: string): { readonly task: string | null; readonly body: string } {
  const marker = parseMarker(plain(text));
  if (marker?.kind !== "pr") return { task: null, body: plain(text) };
  const [ours = ""] = plain(text).split(MORE);
  // One that says no more than its kind was put there by us.
  const bare = Object.keys(marker).length === 2;
  return { task: marker.task, body: bare ? withoutFirstLine(ours) : ours };
}

/** Marker first, then what people read. */
export const formatPost = (marker: Marker, text: string): string => `${formatMarker(marker)}\n${text}`;

export function parsePost(text: string): { readonly marker: Marker | null; readonly body: string } {
  const own = plain(text);
  const marker = parseMarker(own);
  return { marker, body: marker === null ? own : withoutFirstLine(own) };
}

/** What a reader of the page sees: a comment is hidden from people, and would be read to an agent. Code keeps its own. */
export function visible(text: string): string {
  const shown: string[] = [];
  let open: string | null = null;
  let isHidden = false;
  let words: string[] = [];
  const flush = (): void => {
    if (words.length > 0) shown.push(hideComments(words.join("\n")).seen);
    words = [];
  };
  for (const line of plain(text).split("\n")) {
    if (isHidden) {
      const { seen, open: another } = hideComments(`<!--${line}`);
      words.push(seen);
      isHidden = another !== null;
      continue;
    }
    const fence: string | null = open === null ? openingFence(line) : null;
    if (open === null && fence === null) {
      words.push(line);
      continue;
    }
    isHidden = open === null && isInComment(words.join("\n"));
    flush();
    if (isHidden) continue;
    shown.push(line);
    if (open === null) open = fence;
    else if (closesFence(line, open)) open = null;
  }
  flush();
  return shown.join("\n");
}

/** Whether a fence after this text is hidden: a comment that opens amid a sentence is shown as it was written. */
function isInComment(text: string): boolean {
  const { open } = hideComments(text);
  if (open === null) return false;
  const paragraph = text.slice(0, open + 1).replace(/^[^]*\n[ \t]*\n/, "");
  return /^[ \t>*+\d.)-]*</m.test(paragraph);
}

/** One look at each character: strangers may write what they like. `open`: where one begins that nobody ended. */
function hideComments(text: string): { readonly seen: string; readonly open: number | null } {
  const unclosed = new Set<string>();
  const find = (what: string, from: number): number => {
    const found = text.indexOf(what, from);
    return found === -1 ? text.length : found;
  };
  let seen = "";
  let comment = find("<!--", 0);
  for (let at = 0; at < text.length;) {
    if (comment < at) comment = find("<!--", at);
    const next = Math.min(find("`", at), comment);
    seen += text.slice(at, next);
    if (next === comment) {
      const end = find("-->", next + 4);
      if (end === text.length && next < end) return { seen, open: next };
      at = Math.min(text.length, end + 3);
      continue;
    }
    let ticks = next;
    while (text[ticks] === "`") ticks += 1;
    const run = text.slice(next, ticks);
    const end = unclosed.has(run) ? text.length : find(run, ticks);
    // A run without its like is text.
    if (end === text.length) unclosed.add(run);
    at = end === text.length ? ticks : end + run.length;
    seen += text.slice(next, at);
  }
  return { seen, open: null };
}

/** The web editor ends lines as it likes. */
const plain = (text: string): string => text.replaceAll("\r\n", "\n");

const withoutFirstLine = (text: string): string => (text.includes("\n") ? text.slice(text.indexOf("\n") + 1) : "");
