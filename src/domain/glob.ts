/** One path segment of a glob as tokens: a letter, `?` (one letter) or `*` (any number of letters, never a slash). */
type Token = { readonly letter: string } | "one" | "many";
/** `**` stands for any number of segments, none included. */
type Segment = "deep" | readonly Token[];

/** A brace that unfolds into more than this many globs is taken to mean any path. */
const MAX_ALTERNATIVES = 256;
const ANYTHING: readonly Segment[] = ["deep"];

/** The plain globs that a glob with `{a,b}` stands for; never empty. `./`, a leading and a doubled slash mean nothing. */
export function parseGlob(glob: string): readonly (readonly Segment[])[] {
  const plain = unfold(glob);
  return plain === null ? [ANYTHING] : plain.map((one) => segmentsOf(one));
}

/** A path as a glob without any wildcard: brackets, braces and stars in file names are letters. */
export function literalSegments(path: string): readonly Segment[] {
  return names(path).map((name) => Array.from(name, (letter) => ({ letter })));
}

/** Whether the glob names exactly one path. */
export function isLiteral(glob: string): boolean {
  return !/[*?]/.test(glob) && !glob.endsWith("/") && unfold(glob)?.length === 1;
}

/** The form in which two spellings of one literal path are equal. */
export const literalPath = (glob: string): string => names(glob).join("/");

const names = (path: string): readonly string[] => path.split("/").filter((name) => name !== "" && name !== ".");

function segmentsOf(plain: string): readonly Segment[] {
  const segments = names(plain).map((name): Segment => (name === "**" ? "deep" : tokensOf(name)));
  return plain.endsWith("/") ? [...segments, "deep"] : segments;
}

function tokensOf(name: string): readonly Token[] {
  return Array.from(name.replace(/\*+/g, "*"), (letter) => {
    if (letter === "*") return "many";
    return letter === "?" ? "one" : { letter };
  });
}

/** `a{b,c}d` → `abd`, `acd`; a brace without a comma or without its end is a letter. Null when there are too many. */
function unfold(glob: string): readonly string[] | null {
  const brace = firstBrace(glob);
  if (brace === null) return [glob];
  const tails = unfold(glob.slice(brace.end + 1));
  if (tails === null) return null;
  const all: string[] = [];
  for (const option of brace.options) {
    const heads = unfold(option);
    if (heads === null || all.length + heads.length * tails.length > MAX_ALTERNATIVES) return null;
    for (const head of heads) for (const tail of tails) all.push(glob.slice(0, brace.start) + head + tail);
  }
  return all;
}

function firstBrace(glob: string): { start: number; end: number; options: readonly string[] } | null {
  for (let start = glob.indexOf("{"); start !== -1; start = glob.indexOf("{", start + 1)) {
    const options: string[] = [];
    let depth = 0;
    let from = start + 1;
    for (let index = start; index < glob.length; index += 1) {
      const letter = glob[index];
      if (letter === "{") depth += 1;
      if (letter === "}") depth -= 1;
      if (depth > 1 || (depth === 1 && letter !== ",")) continue;
      options.push(glob.slice(from, index));
      from = index + 1;
      if (depth > 0) continue;
      if (options.length === 1) break;
      return { start, end: index, options };
    }
  }
  return null;
}

/** Whether some path matches both. */
export function segmentsMeet(a: readonly Segment[], b: readonly Segment[]): boolean {
  return meet(a, b, (segment) => segment === "deep", namesMeet);
}

function namesMeet(a: Segment, b: Segment): boolean {
  if (a === "deep" || b === "deep") return true;
  return meet(a, b, (token) => token === "many", lettersMeet);
}

function lettersMeet(a: Token, b: Token): boolean {
  if (typeof a === "string" || typeof b === "string") return true;
  return a.letter === b.letter;
}

/**
 * Two patterns side by side. A repeater stands for any number of the other's items: it may be passed by, or take
 * one and stay. Reachable pairs of positions, row by row, so that no pattern costs more than the product of lengths.
 */
function meet<T>(
  a: readonly T[],
  b: readonly T[],
  repeats: (item: T) => boolean,
  same: (x: T, y: T) => boolean,
): boolean {
  let row = b.map((_, j) => b.slice(0, j).every(repeats));
  row.push(b.every(repeats));
  for (const x of a) {
    const next = [repeats(x) && row[0] === true];
    for (const [j, y] of b.entries()) {
      const above = row[j + 1] === true;
      const left = next[j] === true;
      const both = row[j] === true && same(x, y);
      next.push(both || (repeats(x) && (above || left)) || (repeats(y) && (left || above)));
    }
    row = next;
  }
  return row[b.length] === true;
}
