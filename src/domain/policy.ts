import { cut } from "./display.ts";
import { globMatches } from "./overlap.ts";
import { sourcesBehind, sourcesInJson, sourcesInWords } from "./package-sources.ts";

/** One changed file of which the content matters; null where it is not there. */
export interface Versions {
  readonly path: string;
  readonly before: string | null;
  readonly after: string | null;
  /** It is one now. */
  readonly symlink?: boolean;
}

/** Not every disk tells `.GitHub` from `.github`, or sees a letter of no width. */
const folded = (path: string): string =>
  path.replace(/\P{ASCII}/gu, (letter) => letter.normalize("NFKC").replace(/\p{Cf}/u, "")).toLowerCase();

/** Whether `judgeContent` wants to see the file. */
export const isJudgedByContent = (path: string): boolean => judgeOf(path) !== undefined;

/** Paths that nobody may change without a human, however they are spelled. */
export function protectedAmong(paths: readonly string[], globs: readonly string[]): readonly string[] {
  const patterns = globs.map((glob) => glob.toLowerCase());
  return paths.filter((path) =>
    patterns.some((glob) => globMatches(glob, path.toLowerCase()) || globMatches(glob, folded(path))),
  );
}

/** What a change would make run or fetch on other people's machines, a sentence each. */
export function judgeContent(files: readonly Versions[]): readonly string[] {
  return files.flatMap(({ path, before, after, symlink = false }) => {
    if (symlink) return [`${path} is a symlink, and may not be one`];
    // Two names that are no UTF-8 look alike: what was read may be the other one.
    if (path.includes("\ufffd") || (before === null && after === null)) return [`${path} cannot be read`];
    return after === null ? [] : (judgeOf(path)?.(before, after) ?? []).map((what) => `${path} ${what}`);
  });
}

type Judge = (before: string | null, after: string) => readonly string[];

const judgeOf = (path: string): Judge | undefined => JUDGES.get(folded(path.slice(path.lastIndexOf("/") + 1)));

/** npm runs these by itself: on every install, and for whoever depends on it by git. */
const AT_INSTALL = [
  "preinstall",
  "install",
  "postinstall",
  "prepublish",
  "preprepare",
  "prepare",
  "postprepare",
  "dependencies",
  "pnpm:devPreinstall",
];

/** Where everybody's packages come from: a first lockfile needs no human. */
const PUBLIC = [
  "https://registry.npmjs.org",
  "https://registry.yarnpkg.com",
  "registry+https://github.com",
  "registry+https://index.crates.io",
  "https://pypi.org",
  "https://files.pythonhosted.org",
  "https://rubygems.org",
];

const newSources = (before: ReadonlySet<string>, after: ReadonlySet<string>): readonly string[] =>
  [...after]
    .filter((source) => !before.has(source) && !PUBLIC.includes(source))
    // Each is reason enough.
    .slice(0, 5)
    .map((source) => `takes packages from ${cut(source, 200)}, and nothing in it did before`);

const manifest: Judge = (before, after) => {
  const [old, now] = [scriptsOf(before ?? "{}"), scriptsOf(after)];
  const scripts = AT_INSTALL.filter((name) => now[name] !== undefined && now[name] !== old[name]);
  return [...scripts.map((name) => `has a new install script: ${name}`), ...json("packageManager")(before, after)];
};

const json =
  (...keys: readonly string[]): Judge =>
  (before, after) => {
    const now = parse(after);
    if (now === undefined) return ["is no JSON, so nobody can say what it installs"];
    return newSources(sourcesInJson(parse(before ?? "{}"), keys), sourcesInJson(now, keys));
  };

function scriptsOf(text: string): Readonly<Record<string, unknown>> {
  const { scripts } = (parse(text) ?? {}) as { readonly scripts?: unknown };
  return typeof scripts === "object" && scripts !== null ? (scripts as Record<string, unknown>) : {};
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text.replace(/^\ufeff/, "")) as unknown;
  } catch {
    return undefined;
  }
}

const words: Judge = (before, after) => newSources(sourcesInWords(before ?? ""), sourcesInWords(after));
const npm = json("resolved", "version");
const toml = behind("source", "url", "registry", "git");
const unread: Judge = () => ["is a manifest that only pnpm reads: nobody looked into it"];

function behind(...keys: readonly string[]): Judge {
  return (before, after) => newSources(sourcesBehind(keys, before ?? ""), sourcesBehind(keys, after));
}

const JUDGES: ReadonlyMap<string, Judge> = new Map([
  ["package.json", manifest],
  ["package.yaml", unread],
  ["package.json5", unread],
  ["binding.gyp", (before) => (before === null ? ["is compiled by every install"] : [])],
  ["package-lock.json", npm],
  ["npm-shrinkwrap.json", npm],
  ["yarn.lock", words],
  ["bun.lock", words],
  ["pnpm-lock.yaml", behind("tarball", "repo")],
  ["cargo.lock", toml],
  ["poetry.lock", toml],
  ["uv.lock", toml],
  ["gemfile.lock", behind("remote")],
]);

/** Whether a run kept to its policy: with reasons, unless it did in everything. */
export interface Compliance {
  readonly verdict: "pass" | "exceptions" | "fail";
  readonly reasons: readonly string[];
  /** Hash of the policy that it was to keep to. */
  readonly policy: string;
}
