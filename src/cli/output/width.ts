const ESCAPES = /\u001B\[[0-9;]*m/g;
const SEGMENTS = new Intl.Segmenter("en", { granularity: "grapheme" });
/** East Asian wide and full-width letters, and what terminals draw as an emoji. */
const WIDE =
  /[\u1100-\u115F\u2E80-\u303E\u3041-\uA4CF\uA960-\uA97F\uAC00-\uD7A3\uF900-\uFAFF\uFE30-\uFE6F\uFF00-\uFF60\uFFE0-\uFFE6\u{20000}-\u{3FFFD}]|\p{Emoji_Presentation}|\uFE0F/u;

/** Columns that the text takes on a terminal; colours take none. */
export function width(text: string): number {
  const plain = text.replace(ESCAPES, "");
  if (/^[\u0020-\u007E]*$/.test(plain)) return plain.length;
  let columns = 0;
  for (const { segment } of SEGMENTS.segment(plain)) columns += columnsOf(segment);
  return columns;
}

function columnsOf(segment: string): number {
  if (/^[\p{Cc}\p{Mn}\p{Me}\p{Cf}]+$/u.test(segment)) return 0;
  return WIDE.test(segment) ? 2 : 1;
}
