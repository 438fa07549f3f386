import { execFile } from "node:child_process";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { Config } from "../../src/config/schema.ts";
import { globMatches } from "../../src/domain/overlap.ts";

const run = promisify(execFile);

/** A change that somebody once made, as a task: what an agent shall make again, byte for byte. */
export interface Recorded {
  readonly id: string;
  readonly title: string;
  readonly body: string;
  readonly files: readonly string[];
  /** `git diff --binary --full-index` from the trial's base. */
  readonly patch: string;
}

export interface Picked {
  /** The commit that every patch stands on. */
  readonly base: string;
  readonly tasks: readonly Recorded[];
}

/** Bytes as latin1: file contents need not be UTF-8. */
export async function git(dir: string, args: readonly string[], env: Record<string, string> = {}): Promise<string> {
  const options = { cwd: dir, env: { ...process.env, ...env }, maxBuffer: 1 << 28, encoding: "latin1" as const };
  const { stdout } = await run("git", ["-c", "core.quotePath=false", ...args], options);
  return stdout;
}

export const DIFF = ["diff", "--binary", "--full-index", "--no-color", "--no-ext-diff", "--no-renames"];

/** More than this of a history is not looked at for one task. */
const LOOK_BACK = 12;
const PROTECTED = Config.parse({}).policy.protected;

/**
 * The newest `wanted` non-merge commits of a repository that apply, each alone, to one commit before all of them.
 * What a policy would withhold (protected paths) or an agent cannot leave behind (submodules) is passed over.
 */
export async function pickTasks(source: string, wanted: number, scratch: string): Promise<Picked> {
  const back = wanted * LOOK_BACK;
  const listed = await git(source, ["rev-list", "--first-parent", `--max-count=${back + 1}`, "HEAD"]);
  const mainLine = listed.trim().split("\n");
  // As near to the commits as it goes: the older the base, the fewer of them apply.
  for (let depth = wanted; depth < mainLine.length; depth = Math.ceil(depth * 1.5)) {
    const base = mainLine[depth] ?? "";
    const tasks = await pickAbove(source, base, wanted, scratch);
    if (tasks.length === wanted) return { base, tasks };
  }
  throw new Error(`${source} has no ${wanted} commits among its last ${back} that apply to one base`);
}

async function pickAbove(source: string, base: string, wanted: number, scratch: string): Promise<readonly Recorded[]> {
  const commits = (await git(source, ["rev-list", "--no-merges", `${base}..HEAD`])).trim().split("\n");
  const tasks: Recorded[] = [];
  for (const commit of commits) {
    if (tasks.length === wanted) break;
    const task = await record(source, base, commit, scratch);
    if (task !== null) tasks.push(task);
  }
  return tasks;
}

/** null for a commit that does not apply to the base, or that no agent of ours may make. */
async function record(source: string, base: string, commit: string, scratch: string): Promise<Recorded | null> {
  const index = { GIT_INDEX_FILE: join(scratch, "index") };
  const original = await git(source, [...DIFF, `${commit}^`, commit]).catch(() => "");
  if (original === "") return null;
  const file = join(scratch, "original.patch");
  await writeFile(file, original, "latin1");
  await git(source, ["read-tree", base], index);
  const applies = await git(source, ["apply", "--cached", "--whitespace=nowarn", file], index).then(
    () => true,
    () => false,
  );
  if (!applies) return null;
  const tree = (await git(source, ["write-tree"], index)).trim();
  const raw = await git(source, ["diff-tree", "-r", "--no-renames", base, tree]);
  const changes = raw.trim().split("\n").filter(Boolean);
  const files = changes.map((line) => line.slice(line.indexOf("\t") + 1));
  const hasLink = changes.some((line) => line.slice(1).split(" ", 2).includes("160000"));
  const isProtected = files.some((path) => PROTECTED.some((glob) => globMatches(glob, path)));
  if (changes.length === 0 || hasLink || isProtected) return null;
  const patch = await git(source, [...DIFF, base, tree]);
  const [subject = "", ...body] = await message(source, commit);
  return { id: `H-${commit.slice(0, 8)}`, title: subject, body: body.join("\n").trim(), files, patch };
}

async function message(source: string, commit: string): Promise<readonly string[]> {
  const text = await git(source, ["log", "-1", "--format=%B", commit]);
  return Buffer.from(text, "latin1").toString("utf8").trim().split("\n");
}

/** `origin.git` with the base alone, and a clone of it: where the trial happens. */
export async function makeRepository(source: string, base: string, dir: string): Promise<string> {
  const origin = join(dir, "origin.git");
  const checkout = join(dir, "checkout");
  await mkdir(origin, { recursive: true });
  await git(origin, ["init", "--quiet", "--bare", "--initial-branch=main"]);
  await git(origin, ["fetch", "--quiet", "--no-tags", source, `+${base}:refs/heads/main`]).catch(async () => {
    // Not every server gives out a commit that no branch names: then everything comes, and one branch stays.
    await git(origin, ["fetch", "--quiet", "--no-tags", source, "+HEAD:refs/trial/source"]);
    await git(origin, ["update-ref", "refs/heads/main", base]);
    await git(origin, ["update-ref", "-d", "refs/trial/source"]);
  });
  await git(dir, ["clone", "--quiet", origin, checkout]);
  return checkout;
}
