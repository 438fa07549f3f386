import { createHash } from "node:crypto";
import { readFile, readdir, stat } from "node:fs/promises";
import { join, relative } from "node:path";
import { KEPT_FOLDERS } from "../../ports/worktrees.ts";

/** What decides which foreign code an installation brings in, or runs. */
const NAMES = [
  "package.json",
  "package-lock.json",
  "npm-shrinkwrap.json",
  ".npmrc",
  "yarn.lock",
  ".yarnrc.yml",
  "pnpm-lock.yaml",
  "pnpm-workspace.yaml",
  ".pnpmfile.cjs",
  "bun.lock",
  "bun.lockb",
  "requirements.txt",
  "pyproject.toml",
  "poetry.lock",
  "uv.lock",
  "Gemfile",
  "Gemfile.lock",
  "Cargo.toml",
  "Cargo.lock",
  "go.mod",
  "go.sum",
  "composer.json",
  "composer.lock",
] as const;
const NOT_WALKED: readonly string[] = [".git", ...KEPT_FOLDERS];
const MAX_BYTES = 64 * 1024 * 1024;

/** Path below the worktree → content; null for what is no plain file of a sane size. */
export type Manifests = ReadonlyMap<string, string | null>;

/** Every manifest and lockfile of the tree, in the order of their paths; not of what `setup` made at its top. */
export async function readManifests(cwd: string, made: readonly string[]): Promise<Manifests> {
  const found = new Map<string, string | null>();
  await walk(cwd, cwd, found, made);
  return new Map(Array.from(found).toSorted(([a], [b]) => (a < b ? -1 : 1)));
}

async function walk(
  root: string,
  folder: string,
  found: Map<string, string | null>,
  made: readonly string[] = [],
): Promise<void> {
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    if (made.includes(entry.name)) continue;
    const path = join(folder, entry.name);
    if (entry.isDirectory() && !NOT_WALKED.includes(entry.name)) await walk(root, path, found);
    else if ((NAMES as readonly string[]).includes(entry.name)) {
      found.set(relative(root, path), entry.isFile() ? await readSane(path) : null);
    }
  }
}

async function readSane(path: string): Promise<string | null> {
  const { size } = await stat(path);
  return size > MAX_BYTES ? null : readFile(path, "utf8");
}

/** Equal for equal manifests and the same command. */
export function fingerprint(command: string, manifests: Manifests): string {
  return createHash("sha256")
    .update(JSON.stringify([command, ...manifests]))
    .digest("hex");
}
