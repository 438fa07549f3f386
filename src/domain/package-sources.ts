/** Keys below which every text says what is installed: at any depth, and at the top alone. */
const DEPENDENCIES = new Set([
  "dependencies",
  "devDependencies",
  "optionalDependencies",
  "peerDependencies",
  "requires",
]);
const OVERRIDES = new Set(["overrides", "resolutions", "catalog", "catalogs"]);
const TOP = new Set(["pnpm", "workspaces"]);

/**
 * Where a manifest or a lockfile of npm takes packages from; `keys` say so by themselves. A loop, since it may be
 * nested a million deep.
 */
export function sourcesInJson(json: unknown, keys: readonly string[]): ReadonlySet<string> {
  const found = new Set<string>();
  const open = [{ node: json, lists: false, all: false, top: true }];
  for (const { node, lists, all, top } of open) {
    if (typeof node !== "object" || node === null) continue;
    const isLink = "link" in node && node.link === true;
    for (const [key, value] of Object.entries(node) as [string, unknown][]) {
      if (typeof value !== "string") {
        const below = all || (top && OVERRIDES.has(key));
        open.push({ node: value, lists: below || DEPENDENCIES.has(key), all: below, top: top && TOP.has(key) });
      } else if (lists || keys.includes(key)) {
        // `owner/name` is a repository on GitHub, but for a link, where it is a folder.
        const isShorthand = !isLink && /^[^./~:][^/:]*\/[^/]/.test(value.trim());
        for (const source of isShorthand ? [value] : sourceOf(value)) found.add(source);
      }
    }
  }
  return found;
}

/** Of a lockfile in which every word may be a place. */
export function sourcesInWords(text: string): ReadonlySet<string> {
  return new Set([...new Set(wordsOf(text))].flatMap(sourceOf));
}

/** Of a lockfile that has other text, too: what stands behind these keys, or behind one that is written in disguise. */
export function sourcesBehind(keys: readonly string[], text: string): ReadonlySet<string> {
  const isKey = new RegExp(`(?:^|\\.)(?:${keys.join("|")})$|\\\\[xu]`, "i");
  const words = wordsOf(text);
  const values = words.filter((_, index) => isKey.test(words[index - 1] ?? ""));
  // Anchors, tags and the like are written by no program.
  return new Set(values.flatMap((value) => (/^[*&!>|#]/.test(value) ? [value] : sourceOf(value))));
}

const wordsOf = (text: string): readonly string[] => [
  ...text
    .split(/[\s"',={}[\]]+/)
    .map((word) => (word.endsWith(":") ? word.slice(0, -1) : word))
    .filter((word) => word !== ""),
  // A host that was cut into two words must not pass for its first half.
  ...(text.match(/:\/\/[^\s"',={}[\]/?#]*["',={}[\]]+[^\s"',={}[\]/?#][^\s/]*/g) ?? []),
];

/** Its packages are this repository's own folders, or come from the registry. */
const HARMLESS = /^(?:npm|jsr|workspace|catalog|file|link|portal|patch):/i;
const ARCHIVE = /\.(?:tgz|tar)\b/i;

/**
 * Where something comes from: the scheme and host of a URL (the same host without TLS is another one), or all of
 * what is no plain URL; nothing for ranges, tags and folders. What a parser could read in another way is no plain one.
 */
function sourceOf(spec: string): readonly string[] {
  // URL parsers drop blanks. Before `@` stands a package's name; yarn keeps a second place behind the first.
  const text = spec
    .replace(/[\s\p{Cc}]+/gu, "")
    .replace(/^(?:@[\w.-]+\/)?[\w.-]+@/, "")
    .replace(/^(?:npm:.*__archiveUrl=)?([a-z]+%3a.*)/i, (_, url: string) => unescaped(url));
  const [, scheme = "", host = ""] =
    /^([a-z][a-z\d+.-]*):\/\/(?:[^/?#\\@]*@)*([^/?#\\@]+)(?:[/?#]|$)/i.exec(text) ?? [];
  if (host !== "" && !HARMLESS.test(text)) return [`${scheme}://${host}`.toLowerCase()];
  if (ARCHIVE.test(unescaped(text))) return [text];
  if (HARMLESS.test(text)) return [];
  return /^[a-z][a-z\d+.-]*:|^\/\/|:\/\/|\\/i.test(text) ? [text] : [];
}

const unescaped = (url: string): string =>
  url.replace(/%([0-9a-f]{2})/gi, (_, code: string) => String.fromCharCode(parseInt(code, 16)));
