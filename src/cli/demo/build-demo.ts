import { randomUUID } from "node:crypto";
import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { claimFolder } from "./claim-folder.ts";
import { DEMO_FILES } from "./demo-files.ts";
import { writeHomeMarker } from "./home-marker.ts";

/** One git command in a repository of the demo, by nobody's configuration; rejects when it fails. */
export type DemoGit = (cwd: string, ...args: readonly string[]) => Promise<void>;

export interface DemoTools {
  readonly git: DemoGit;
}

/** What `dispatch demo` made. Absolute paths, all below `dir`. */
export interface DemoRepo {
  /** The checkout: here the newcomer types the next command. */
  readonly dir: string;
  readonly origin: string;
  /** State of dispatch for this repository alone. */
  readonly home: string;
}

/**
 * A small project with a backlog, committed on `main`, beside a bare `origin` that has it too. Rejects, before
 * anything is written, with `folder_not_empty` or `folder_unusable`.
 */
export async function buildDemo(dir: string, tools: DemoTools): Promise<DemoRepo> {
  await claimFolder(dir);
  const repo: DemoRepo = { dir, origin: join(dir, ".demo", "origin.git"), home: newHome(dir) };
  // First of all, so that a machine without git leaves the folder empty.
  await tools.git(dir, "init", "--quiet", "--initial-branch=main");
  await writeFiles(dir);
  await commitFiles(repo, tools.git);
  await publishBase(repo, tools.git);
  // Others may pass through: for root, the private PostgreSQL runs as another user.
  await mkdir(repo.home, { mode: 0o711 });
  await writeHomeMarker(join(dir, ".git"), repo.home);
  return repo;
}

/** Never the same again: what an earlier demo at this path left elsewhere on the machine is not taken for ours. */
const newHome = (dir: string): string => join(dir, ".demo", `state-${randomUUID().slice(0, 8)}`);

async function writeFiles(dir: string): Promise<void> {
  for (const [path, content] of Object.entries(DEMO_FILES)) {
    const file = join(dir, path);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, content);
  }
}

async function commitFiles({ dir }: DemoRepo, git: DemoGit): Promise<void> {
  await git(dir, "add", "--all");
  await git(dir, "commit", "--quiet", "--message", "A little shop and its backlog");
}

async function publishBase({ dir, origin }: DemoRepo, git: DemoGit): Promise<void> {
  await git(dir, "init", "--quiet", "--bare", "--initial-branch=main", origin);
  await git(dir, "remote", "add", "origin", origin);
  await git(dir, "push", "--quiet", "--set-upstream", "origin", "main");
  await git(dir, "remote", "set-head", "origin", "main");
}
