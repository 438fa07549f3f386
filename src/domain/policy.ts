import { globMatches } from "./overlap.ts";

/** One changed file of which the content matters; null where it is not there. */
export interface Versions {
  readonly path: string;
  readonly before: string | null;
  readonly after: string | null;
}

const nameOf = (path: string): string => path.replace(/^.*\//, "");

/** Whether `judgeContent` wants to see the file. */
export function isJudgedByContent(path: string): boolean {
  const name = nameOf(path);
  return name === "package.json" || name === "binding.gyp" || LOCKFILES.has(name);
}

/** Paths that nobody may change without a human. However they are spelled: not every disk tells `.GitHub` from `.github`. */
export function protectedAmong(paths: readonly string[], globs: readonly string[]): readonly string[] {
  const patterns = globs.map((glob) => glob.toLowerCase());
  return paths.filter((path) => patterns.some((glob) => globMatches(glob, path.toLowerCase())));
}

/** What a change would make run or fetch on other people's machines, a sentence each. */
export function judgeContent(files: readonly Versions[]): readonly string[] {
  return files.flatMap(({ path, before, after }) => {
    if (after === null) return [];
    const name = nameOf(path);
    if (name === "binding.gyp") return before === null ? [`${path} is compiled by every install`] : [];
    if (name === "package.json") return newScripts(path, before, after);
    const urls = LOCKFILES.get(name);
    return urls === undefined ? [] : newHosts(path, before, after, urls);
  });
}

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
];

function newScripts(path: string, before: string | null, after: string): readonly string[] {
  const [old, now] = [scriptsOf(before), scriptsOf(after)];
  return AT_INSTALL.filter((name) => now[name] !== undefined && now[name] !== old[name]).map(
    (name) => `${path} has a new install script: ${name}`,
  );
}

/** npm does not read what is no JSON either. */
function scriptsOf(manifest: string | null): Readonly<Record<string, unknown>> {
  try {
    const parsed = JSON.parse((manifest ?? "{}").replace(/^\ufeff/, "")) as { readonly scripts?: unknown } | null;
    const scripts = parsed?.scripts;
    return typeof scripts === "object" && scripts !== null ? (scripts as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}

const TOML = /(?:source|url|registry|git)\s*=\s*"([^"]+)"/g;
const NPM = /"(?:resolved|version)":\s*"([^"]+)"/g;

/** How a lockfile says where a package comes from. */
const LOCKFILES: ReadonlyMap<string, RegExp> = new Map([
  ["package-lock.json", NPM],
  ["npm-shrinkwrap.json", NPM],
  ["yarn.lock", /(?:resolved|resolution:?)\s+"([^"]+)"/g],
  ["pnpm-lock.yaml", /(?:tarball|repo):\s*['"]?([^\s,'"}]+)/g],
  ["Cargo.lock", TOML],
  ["poetry.lock", TOML],
  ["uv.lock", TOML],
  ["Gemfile.lock", /remote:\s*(\S+)/g],
]);

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

function newHosts(path: string, before: string | null, after: string, urls: RegExp): readonly string[] {
  const known = new Set([...PUBLIC, ...hostsIn(before ?? "", urls)]);
  return [...hostsIn(after, urls)]
    .filter((host) => !known.has(host))
    .map((host) => `${path} takes packages from ${host}, and nothing in it did before`);
}

/** With their schemes: the same host without TLS is another one. */
function hostsIn(text: string, urls: RegExp): ReadonlySet<string> {
  return new Set(
    [...text.matchAll(urls)].flatMap(([, url = ""]) => {
      // Piece by piece: one expression for all would take hours over a line that was made for it.
      const at = url.indexOf("://");
      const scheme = url.slice(Math.max(0, at - 20), Math.max(0, at)).replace(/^.*[^a-z0-9+.-]/i, "");
      const [host = ""] = url.slice(at + "://".length, at + 500).split(/[/?#\s]/, 1);
      return at === -1 ? [] : `${scheme}://${host.replace(/^.*@/, "")}`.toLowerCase();
    }),
  );
}
