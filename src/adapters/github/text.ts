import { formatMarker, parseMarker, type Marker } from "../../domain/marker.ts";

const MORE = "\n<!-- dispatch:more -->\n";
const END = "\n<!-- dispatch:end -->";

/**
 * The body of a pull request as GitHub has it: ours with its marker, what GitHub acts on (`Closes #7`), and behind our
 * end whatever people wrote there, which stays.
 */
export function formatBody(task: string, body: string, issueLine: string, before: string): string {
  const marked = parseMarker(body) === null ? `${formatMarker({ kind: "pr", task })}\n${body}` : body;
  return `${marked}${MORE}${issueLine}${END}${plain(before).split(END)[1] ?? ""}`;
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
  // Odd parts are code blocks, fences and all; one that is not closed goes to the end.
  const parts = plain(text).split(/^( {0,3}(`{3,}|~{3,})[^\n]*\n[\s\S]*?(?:^ {0,3}\2[`~]*[ \t]*$|$(?![\s\S])))/m);
  return parts.flatMap((part, at) => (at % 3 === 2 ? [] : at % 3 === 1 ? [part] : [hideComments(part)])).join("");
}

const hideComments = (text: string): string => text.replace(/<!--[\s\S]*?(?:-->|$(?![\s\S]))/g, "");

/** The web editor ends lines as it likes. */
const plain = (text: string): string => text.replaceAll("\r\n", "\n");

const withoutFirstLine = (text: string): string => (text.includes("\n") ? text.slice(text.indexOf("\n") + 1) : "");
