import { unknownKey } from "./unknown-key.ts";
import { ANNOTATION_KEYS, Annotation } from "./schema.ts";

export type AnnotationReading =
  { readonly ok: true; readonly fields: Annotation } | { readonly ok: false; readonly problems: readonly string[] };

/** Reads the comments of one title line: `<!-- id: X after: A,B est: 5m -->`, any order, each key once. */
export function parseAnnotation(comments: readonly string[]): AnnotationReading {
  const problems: string[] = [];
  const texts: Record<string, string> = {};
  for (const [key, value] of comments.flatMap((comment) => splitPairs(comment, problems))) {
    if (!ANNOTATION_KEYS.includes(key)) problems.push(unknownKey(key, ANNOTATION_KEYS));
    else if (key in texts) problems.push(`"${key}" stands twice: keep one`);
    else if (value === "") problems.push(`"${key}" has no value: give it one, or take it away`);
    else texts[key] = value;
  }
  const parsed = Annotation.safeParse(texts);
  if (!parsed.success) {
    problems.push(...parsed.error.issues.map((issue) => `${String(issue.path[0] ?? "comment")}: ${issue.message}`));
  }
  return parsed.success && problems.length === 0 ? { ok: true, fields: parsed.data } : { ok: false, problems };
}

/** A key is a word with a colon at its end; what follows up to the next key is its value. */
function splitPairs(comment: string, problems: string[]): [key: string, value: string][] {
  const text = comment.replace(/^<!--/, "").replace(/-->$/, "");
  const pairs: [string, string][] = [];
  for (const word of text.split(/\s+/).filter((part) => part !== "")) {
    const [, key, start = ""] = /^([A-Za-z][\w-]*):(.*)$/s.exec(word) ?? [];
    const last = pairs.at(-1);
    if (key !== undefined) pairs.push([key, start]);
    else if (last !== undefined) last[1] = last[1] === "" ? word : `${last[1]} ${word}`;
    else {
      problems.push(
        `"${word}" in the comment belongs to no key: write "key: value" with ${ANNOTATION_KEYS.join(", ")}`,
      );
      return [];
    }
  }
  return pairs;
}
