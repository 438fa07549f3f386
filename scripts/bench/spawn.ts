import { spawn } from "node:child_process";
import { mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { openRepository } from "../../src/adapters/git/repository.ts";
import { openWorktrees } from "../../src/adapters/git/worktrees.ts";
import type { Worktree, Worktrees } from "../../src/ports/worktrees.ts";
import { type Fixture, GIT_ENV, makeFixture } from "./fixture.ts";
import { interleave, type Variant } from "./measure.ts";
import type { Ratio, Section } from "./report.ts";

/** What people type today: a fetch, a worktree, the flag that holds the rebase watcher back. */
const PLAIN = `set -e
git fetch --quiet origin main
git worktree add --quiet "$1" origin/main
touch "$(git -C "$1" rev-parse --path-format=absolute --git-path skip-auto-rebase-watcher)"
`;

const SIZES = [
  { files: 24, rounds: 25, goal: 0.15 },
  { files: 2800, rounds: 15, goal: 0.05 },
];
const BIG = { files: 57_000, rounds: 7, goal: 0.005 };

/** A place for an agent to work in: ours, cold and warm, against the plain script and one bare git process. */
export async function benchSpawn({ big }: { readonly big: boolean }): Promise<readonly Section[]> {
  const sections: Section[] = [];
  for (const { files, rounds, goal } of big ? [...SIZES, BIG] : SIZES) {
    await using fixture = await makeFixture(files);
    sections.push(await measureAt(fixture, files, rounds, goal));
  }
  return sections;
}

async function measureAt(fixture: Fixture, files: number, rounds: number, goal: number): Promise<Section> {
  const figures = await interleave(rounds, [
    bareGit(fixture),
    await plainScript(fixture),
    cold(fixture),
    ...(await warm(fixture)),
  ]);
  const ratios: Ratio[] = [
    { of: "warm hand-over", to: "plain script", goal },
    { of: "warm hand-over", to: "git rev-parse", goal: 1.6 },
    { of: "cold start", to: "plain script", goal: 1.1 },
    { of: "warm hand-over", to: "cold start", goal: 1 },
  ];
  return { title: `acquiring a worktree of ${files} files`, figures, ratios, facts: {} };
}

function bareGit({ checkout }: Fixture): Variant {
  return { name: "git rev-parse", run: () => program("git", ["rev-parse", "HEAD"], checkout) };
}

async function plainScript({ dir, checkout, git }: Fixture): Promise<Variant> {
  const script = join(dir, "plain.sh");
  await writeFile(script, PLAIN);
  const at = (round: number): string => join(dir, "plain", `task-${round}`);
  return {
    name: "plain script",
    run: (round) => program("sh", [script, at(round)], checkout),
    after: async (round) => void (await git("worktree", "remove", "--force", at(round))),
  };
}

/** Nothing of ours is there yet: no slot, no index, no state. */
function cold(fixture: Fixture): Variant {
  let worktrees: Worktrees | null = null;
  let leased: Leased | null = null;
  const folder = join(fixture.dir, "cold");
  return {
    name: "cold start",
    async before() {
      worktrees = await openOurs(fixture, folder);
    },
    async run(round) {
      leased = await acquire(required(worktrees), fixture, `cold-${round}`, 1);
    },
    async after() {
      await required(leased).flags[Symbol.asyncDispose]();
      await required(leased).worktree.release();
      await fixture.git("worktree", "remove", "--force", "--force", required(leased).worktree.path);
      await rm(folder, { recursive: true });
    },
  };
}

/** A lane that has had a task before; what giving back costs is shown as well, since the next task waits for it. */
async function warm(fixture: Fixture): Promise<readonly Variant[]> {
  const worktrees = await openOurs(fixture, join(fixture.dir, "warm"));
  const first = await acquire(worktrees, fixture, "warm-up", 1);
  await first.flags[Symbol.asyncDispose]();
  await first.worktree.release();
  let leased: Leased | null = null;
  const take = async (round: number, kind: string): Promise<void> => {
    leased = await acquire(worktrees, fixture, `${kind}-${round}`, 1);
  };
  const giveBack = async (): Promise<void> => {
    await required(leased).flags[Symbol.asyncDispose]();
    await required(leased).worktree.release();
  };
  return [
    { name: "warm hand-over", run: (round) => take(round, "warm"), after: giveBack },
    { name: "giving it back", before: (round) => take(round, "back"), run: giveBack },
  ];
}

async function openOurs(fixture: Fixture, folder: string): Promise<Worktrees> {
  await mkdir(folder, { recursive: true });
  const [stateDir, workDir] = [join(folder, "state"), join(folder, "work")];
  const repository = await openRepository({ root: fixture.checkout, stateDir, workDir, base: "main", env: GIT_ENV });
  await repository.fetchBase();
  return openWorktrees({ repository, pauseMain: true });
}

interface Leased {
  readonly worktree: Worktree;
  readonly flags: AsyncDisposable;
}

/** As the plain script: a tree at the base with the flag raised; and a branch, which it does not make. */
async function acquire(worktrees: Worktrees, { base }: Fixture, task: string, lane: number): Promise<Leased> {
  const branch = `dispatch/${task}--bench`;
  const about = { holder: task, run: "bench", task, role: "coder" as const, lane, commit: base, branch };
  const worktree = await worktrees.acquire(about);
  return { worktree, flags: await worktree.pauseWatcher() };
}

function required<T>(value: T | null): T {
  if (value === null) throw new Error("nothing was leased");
  return value;
}

/** Started from here as our own git processes are; rejects when it fails. */
export function program(file: string, args: readonly string[], cwd: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(file, [...args], { cwd, env: GIT_ENV, stdio: ["ignore", "ignore", "inherit"] });
    child.once("error", reject);
    child.once("exit", (code) => (code === 0 ? resolve() : reject(new Error(`${file} ended with ${code}`))));
  });
}
