import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { chmod, mkdir, mkdtemp, realpath, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { seeded } from "./measure.ts";

const run = promisify(execFile);

/** A made-up repository: a checkout, and the bare `origin` that it was pushed to. */
export interface Fixture extends AsyncDisposable {
  readonly dir: string;
  readonly checkout: string;
  readonly origin: string;
  /** Where dispatch keeps its state. */
  readonly home: string;
  /** The commit of `main`. */
  readonly base: string;
  git(...args: readonly string[]): Promise<string>;
}

/** The user's git as everybody has it, and the same for all variants. */
export const GIT_ENV: NodeJS.ProcessEnv = {
  ...process.env,
  GIT_AUTHOR_NAME: "bench",
  GIT_AUTHOR_EMAIL: "bench@localhost",
  GIT_COMMITTER_NAME: "bench",
  GIT_COMMITTER_EMAIL: "bench@localhost",
  GIT_CONFIG_GLOBAL: "/dev/null",
  GIT_CONFIG_NOSYSTEM: "1",
};

export async function gitIn(dir: string, ...args: readonly string[]): Promise<string> {
  const { stdout } = await run("git", [...args], { cwd: dir, env: GIT_ENV, maxBuffer: 1 << 28 });
  return stdout.trimEnd();
}

/** In memory where that is possible: ext4 creates files more slowly after many were deleted. */
async function benchFolder(): Promise<string> {
  const above = existsSync("/dev/shm") ? "/dev/shm" : tmpdir();
  const dir = await realpath(await mkdtemp(join(above, "dispatch-bench-")));
  // For root, the private PostgreSQL runs as another user.
  await chmod(dir, 0o755);
  return dir;
}

/** `files` small text files below a few folders, all in one commit; the same for the same number. */
export async function makeFixture(files: number, more: Readonly<Record<string, string>> = {}): Promise<Fixture> {
  const dir = await benchFolder();
  const [checkout, origin] = [join(dir, "checkout"), join(dir, "origin.git")];
  await mkdir(checkout);
  await gitIn(checkout, "init", "--quiet", "--initial-branch=main");
  await writeTree(checkout, files);
  for (const [path, content] of Object.entries(more)) await writeFile(join(checkout, path), content);
  await gitIn(checkout, "add", "--all");
  await gitIn(checkout, "commit", "--quiet", "-m", "start");
  await gitIn(dir, "clone", "--quiet", "--bare", checkout, origin);
  await gitIn(checkout, "remote", "add", "origin", origin);
  await gitIn(checkout, "fetch", "--quiet", "origin");
  await gitIn(checkout, "remote", "set-head", "origin", "main");
  return {
    dir,
    checkout,
    origin,
    home: join(dir, "home"),
    base: await gitIn(checkout, "rev-parse", "HEAD"),
    git: (...args) => gitIn(checkout, ...args),
    [Symbol.asyncDispose]: () => rm(dir, { recursive: true, force: true, maxRetries: 5 }),
  };
}

const FILES_IN_A_FOLDER = 40;

async function writeTree(dir: string, files: number): Promise<void> {
  const random = seeded(files);
  for (let number = 0; number < files; number += 1) {
    const folder = Math.floor(number / FILES_IN_A_FOLDER);
    const path = join(dir, `part-${folder % 30}`, `unit-${folder}`, `file-${number}.txt`);
    if (number % FILES_IN_A_FOLDER === 0) await mkdir(dirname(path), { recursive: true });
    const lines = 5 + Math.floor(random() * 60);
    await writeFile(path, Array.from({ length: lines }, () => `${random()}\n`).join(""));
  }
}
