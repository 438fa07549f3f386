import type { MaskStream } from "../../ports/secrets.ts";

const MASK = "***";

/** Replaces any of the patterns in a text. */
export function masker(patterns: readonly string[]): (text: string) => string {
  if (patterns.length === 0) return (text) => text;
  // Longest first: a value may begin with another.
  const escaped = patterns
    .toSorted((a, b) => b.length - a.length)
    .map((one) => one.replace(/[\\^$.*+?()[\]{}|/-]/g, "\\$&"));
  const any = new RegExp(escaped.join("|"), "g");
  const holds = finder(patterns);
  return (text) => (holds(text) ? text.replace(any, MASK) : text);
}

/** Says quickly that there is none: each has eight letters at least, so four of them begin at every fifth place. */
function finder(patterns: readonly string[]): (text: string) => boolean {
  const pairs = new Uint8Array(1 << 16);
  const fours = new Map<number, [pattern: string, offset: number][]>();
  for (const pattern of patterns)
    for (let offset = 0; offset < 5; offset += 1) {
      const four = fourAt(pattern, offset);
      pairs[four & 0xffff] = 1;
      fours.set(four, [...(fours.get(four) ?? []), [pattern, offset]]);
    }
  return (text) => {
    for (let at = 0; at + 4 <= text.length; at += 5) {
      const four = fourAt(text, at);
      if (pairs[four & 0xffff] === 0) continue;
      if (fours.get(four)?.some(([pattern, offset]) => text.startsWith(pattern, at - offset)) === true) return true;
    }
    return false;
  };
}

function fourAt(text: string, at: number): number {
  const letters = text.charCodeAt(at) | (text.charCodeAt(at + 1) << 8);
  return letters | (text.charCodeAt(at + 2) << 16) | (text.charCodeAt(at + 3) << 24);
}

/** The same for bytes that come in chunks: as latin1, one character per byte, since they need not be UTF-8. */
export function maskStream(patterns: readonly string[]): MaskStream {
  const bytes = patterns.map((one) => Buffer.from(one).toString("latin1"));
  const mask = masker(bytes);
  const longest = Math.max(0, ...bytes.map(({ length }) => length));
  const beginnings = new Set(bytes.map((one) => one.slice(0, 2)));
  let held = "";

  /** Where the last part begins that could become one of the patterns. */
  const openAt = (text: string): number => {
    for (let at = Math.max(0, text.length - longest + 1); at < text.length; at += 1) {
      const rest = text.slice(at);
      if (rest.length > 1 && !beginnings.has(rest.slice(0, 2))) continue;
      if (bytes.some((one) => one.startsWith(rest))) return at;
    }
    return text.length;
  };

  return {
    push(chunk) {
      const text = held + chunk.toString("latin1");
      const masked = mask(text);
      const end = openAt(masked);
      const isUntouched = held === "" && masked === text && end === text.length;
      held = masked.slice(end);
      return isUntouched ? chunk : Buffer.from(masked.slice(0, end), "latin1");
    },
    end() {
      const rest = Buffer.from(held, "latin1");
      held = "";
      return rest;
    },
  };
}
