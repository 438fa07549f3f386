/**
 * What a file asks for by name, read as plain text: no language is parsed. Too much is found rather than too little,
 * since whoever asks only decides whether the checks have to run. Not seen: what is put together at run time, what
 * stands behind the first letters of an endless line, and files that reach each other by way of a third.
 */

/** Lines of minified files are longer; what they import stands at their beginning. */
const LINE_MAX = 1000;

/** Words that begin an import in some language, with what follows them. */
const ASKS =
  /(?:^|[^\w.$])(?:@?import|from|@?use|using|mod|@?include\w*|@?require\w*|load|source|extends|open)(?=[\s("'`<]|$)/;
/** In a block of imports each line is a name in quotes, with an alias before it at most. */
const IN_A_BLOCK = /^\s*(?:[\w.]+\s+)?["'`][^"'`]+["'`],?;?\s*$/;
const QUOTED = /["'`<]([^"'`<>]+)["'`>]/g;
const WORD = /[\w$@~#./\\:-]+/g;

/** Names of files, modules and packages, as they are written; each once. */
export function readImports(text: string): readonly string[] {
  const names = new Set<string>();
  for (const whole of text.split("\n")) {
    const line = whole.slice(0, LINE_MAX);
    if (!ASKS.test(line) && !IN_A_BLOCK.test(line)) continue;
    const quoted = [...line.matchAll(QUOTED)].map(([, name]) => name as string);
    const words = [...line.matchAll(WORD)].map(([name]) => name);
    for (const name of quoted.length > 0 ? quoted : words) names.add(name);
  }
  return [...names];
}

/** Whether `name`, written in the file `from`, may mean the file at `path`. */
export function mayMean(name: string, from: string, path: string): boolean {
  const target = withoutExtension(path);
  if (/^\.\.?(?:\/|$)/.test(name)) {
    const wanted = resolve(folderOf(from), name);
    return [wanted, withoutExtension(wanted)].some((one) => one === path || one === target || one === folderOf(path));
  }
  const asked = partsOf(name);
  const [last, before] = [asked.at(-1), asked.at(-2)];
  if (last === undefined) return false;
  const stem = nameOf(target);
  // A package is its folder, and in `shop.cart.Total` the file is the word before the last.
  return stem === last || stem === before || nameOf(folderOf(path)) === last;
}

/** Of `a.b.C`, `a::b`, `@/a/b.ts`, `A\B`: the words, without the end that says what kind of file it is. */
function partsOf(name: string): readonly string[] {
  const spelt = /[/\\]/.test(name)
    ? withoutExtension(name)
    : name.replace(/\.(?:[cm]?[jt]sx?|h(?:pp)?|rb|php|s?css)$/, "");
  return spelt.split(/[./\\:@~#]+/).filter((part) => part !== "");
}

function resolve(folder: string, name: string): string {
  const parts: string[] = folder === "" ? [] : folder.split("/");
  for (const part of name.split("/")) {
    if (part === "..") parts.pop();
    else if (part !== "." && part !== "") parts.push(part);
  }
  return parts.join("/");
}

export const folderOf = (path: string): string => path.slice(0, Math.max(0, path.lastIndexOf("/")));
export const nameOf = (path: string): string => path.slice(path.lastIndexOf("/") + 1);
/** `a.test.ts` is asked for as `a.test` and, by a header's user, `a.d.ts` as `a`. */
const withoutExtension = (path: string): string => path.replace(/(?<=[^/])(?:\.d)?\.[^./]+$/, "");
