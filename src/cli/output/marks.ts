/** Signs in front of a line. */
export interface Marks {
  readonly done: string;
  readonly failed: string;
  readonly running: string;
  readonly waiting: string;
  readonly arrow: string;
  readonly dot: string;
}

const UNICODE: Marks = { done: "✓", failed: "✗", running: "●", waiting: "○", arrow: "→", dot: "·" };
const ASCII: Marks = { done: "+", failed: "x", running: "*", waiting: "o", arrow: "->", dot: "-" };

/** Only a locale that says UTF-8 gets signs beyond ASCII: a fresh machine has LANG=C. */
export function marks(env: Readonly<Record<string, string | undefined>>): Marks {
  const locale = [env["LC_ALL"], env["LC_CTYPE"], env["LANG"]].find((value) => value !== undefined && value !== "");
  return locale !== undefined && /utf-?8/i.test(locale) ? UNICODE : ASCII;
}
