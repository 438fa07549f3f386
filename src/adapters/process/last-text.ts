/** How much of an output is kept for messages. */
export const TAIL_BYTES = 4096;

/** The end of a text, at most `maxBytes` of it; a character that the cut went through is left out. */
export function lastText(text: string | Buffer, maxBytes: number): string {
  const bytes = Buffer.from(text);
  return bytes.length <= maxBytes
    ? bytes.toString("utf8")
    : bytes
        .subarray(-maxBytes)
        .toString("utf8")
        .replace(/^\uFFFD+/, "");
}
