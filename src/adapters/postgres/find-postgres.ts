import { readdir, realpath } from "node:fs/promises";
import { basename, delimiter, dirname, isAbsolute, join } from "node:path";
import { DispatchError, EXIT } from "../../domain/errors.ts";
import { hasCode } from "../git/files.ts";
import { runCommand } from "../process/run-command.ts";
import { findEmbedded } from "./embedded.ts";

export type Environment = Readonly<Record<string, string | undefined>>;

/** The programs of one PostgreSQL. */
export interface PostgresPrograms {
  /** Holds `initdb` and `postgres`. */
  readonly folder: string;
  /** `15`. */
  readonly major: string;
  /** `15.18`. */
  readonly version: string;
  /** `embedded` comes with the npm package and is copied before it is used. */
  readonly source: "system" | "embedded";
}

/** Where packages put it: Debian, RPM, source builds, Homebrew. `*` is a version, the highest comes first. */
const USUAL = [
  "/usr/lib/postgresql/*/bin",
  "/usr/pgsql-*/bin",
  "/usr/local/pgsql/bin",
  "/opt/homebrew/opt/postgresql@*/bin",
  "/usr/local/opt/postgresql@*/bin",
];

/**
 * Every PostgreSQL that could run here, best first. `DISPATCH_POSTGRES` narrows it down to `system`, `embedded`
 * or one folder. Empty when there is none.
 */
export async function findPostgres(env: Environment = process.env): Promise<readonly PostgresPrograms[]> {
  const wanted = env.DISPATCH_POSTGRES ?? "";
  if (isAbsolute(wanted)) return findIn([wanted, join(wanted, "bin")], "system");
  if (!["", "system", "embedded"].includes(wanted)) throw badChoice(wanted);
  const system = wanted === "embedded" ? [] : await findIn([...pathFolders(env), ...(await usualFolders())], "system");
  const embedded = wanted === "system" ? [] : await findIn(findEmbedded(), "embedded");
  return [...system, ...embedded];
}

async function findIn(
  folders: readonly string[],
  source: PostgresPrograms["source"],
): Promise<readonly PostgresPrograms[]> {
  const found = new Map<string, PostgresPrograms>();
  for (const folder of folders) {
    const real = await realFolder(folder);
    if (real === null || found.has(real)) continue;
    const version = await readVersion(join(real, "postgres"));
    if (version === null) continue;
    found.set(real, { folder: real, version, major: version.split(".")[0] ?? version, source });
  }
  return [...found.values()];
}

/** Links on PATH are followed: PostgreSQL finds its own files beside the real program. */
async function realFolder(folder: string): Promise<string | null> {
  try {
    const [postgres, initdb] = [await realpath(join(folder, "postgres")), await realpath(join(folder, "initdb"))];
    return dirname(postgres) === dirname(initdb) && basename(initdb) === "initdb" ? dirname(postgres) : null;
  } catch (error) {
    if (hasCode(error, "ENOENT", "ENOTDIR", "EACCES")) return null;
    throw error;
  }
}

/** null when it does not run here, as with a program for another C library. */
async function readVersion(postgres: string): Promise<string | null> {
  try {
    const asked = await runCommand({
      file: postgres,
      args: ["--version"],
      cwd: "/",
      env: { LC_ALL: "C" },
      timeoutMs: 10_000,
    });
    return /\(PostgreSQL\) (\d+[\w.]*)/.exec(asked.stdout)?.[1] ?? null;
  } catch (error) {
    if (error instanceof DispatchError) return null;
    throw error;
  }
}

function pathFolders(env: Environment): readonly string[] {
  return (env.PATH ?? "").split(delimiter).filter(isAbsolute);
}

async function usualFolders(): Promise<readonly string[]> {
  const folders = await Promise.all(USUAL.map(expand));
  return folders.flat();
}

async function expand(pattern: string): Promise<readonly string[]> {
  const parts = pattern.split("/");
  const at = parts.findIndex((part) => part.includes("*"));
  if (at === -1) return [pattern];
  const above = parts.slice(0, at).join("/");
  const [prefix = ""] = (parts[at] ?? "").split("*");
  const names = await readdir(above).catch((error: unknown) => {
    if (hasCode(error, "ENOENT", "ENOTDIR", "EACCES")) return [];
    throw error;
  });
  return names
    .filter((name) => name.startsWith(prefix))
    .sort((a, b) => b.localeCompare(a, "en", { numeric: true }))
    .map((name) => [above, name, ...parts.slice(at + 1)].join("/"));
}

function badChoice(wanted: string): DispatchError {
  return new DispatchError({
    code: "postgres_choice_invalid",
    message: `DISPATCH_POSTGRES is ${JSON.stringify(wanted)}.`,
    hint: "Set it to system, embedded or the absolute path of a folder with initdb and postgres, or unset it.",
    exit: EXIT.usage,
    facts: { wanted },
  });
}
