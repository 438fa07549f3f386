import { existsSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import type { CheckoutPrint } from "../../test/support/git-repo.ts";
import { processesLeft } from "../trial/check.ts";
import type { World } from "./world.ts";

const EXPECTED = { "src/A.txt": "A round 2", "src/B.txt": "B round 2", "src/C.txt": "C round 1" };

/** What must hold at every moment, also between a kill and the next command: I4 and I5. */
export async function complaintsNow(world: World, before: CheckoutPrint): Promise<readonly string[]> {
  const now = await world.repo.print();
  return isDeepStrictEqual(now, before)
    ? []
    : [`I4, I5: the checkout is not what it was: ${JSON.stringify({ before, now })}`];
}

/** What must hold in the end (src/README.md §5), a sentence for each thing that does not. */
export async function complaints(world: World, before: CheckoutPrint, crashes: number): Promise<readonly string[]> {
  return [
    ...(await complaintsNow(world, before)),
    ...(await tasks(world)),
    ...(await pullRequests(world)),
    ...(await files(world)),
    ...(await attempts(world, crashes)),
    ...(await leftOver(world)),
    ...(await chain(world)),
  ];
}

interface Listed {
  readonly number: number;
  readonly task: string;
  readonly state: string;
}

async function pullRequests(world: World): Promise<readonly string[]> {
  const listed = await ask<readonly Listed[]>(world, ["pr", "list"]);
  const perTask = ["A", "B", "C"].map((id) => [id, listed.filter(({ task }) => task === id)] as const);
  const problems = perTask.flatMap(([id, own]) =>
    own.length === 1 && own[0]?.state === "merged"
      ? []
      : [`I2: ${id} has ${own.map(({ state }) => state).join(", ") || "no pull request"}`],
  );
  for (const { number } of listed) {
    const { comments } = await ask<{ readonly comments: readonly { readonly body: string }[] }>(world, [
      "pr",
      "show",
      `${number}`,
    ]);
    const bodies = comments.map(({ body }) => body);
    if (new Set(bodies).size !== bodies.length)
      problems.push(`I2: #${number} says something twice: ${bodies.join(" | ")}`);
  }
  return problems;
}

async function tasks(world: World): Promise<readonly string[]> {
  const { tasks: open } = await ask<{ readonly tasks: readonly { readonly id: string; readonly state: string }[] }>(
    world,
    ["status"],
  );
  return open.flatMap(({ id, state }) => (state === "merged" ? [] : [`I1: ${id} is ${state}, not merged`]));
}

async function files(world: World): Promise<readonly string[]> {
  const { repo } = world;
  const problems: string[] = [];
  for (const [path, text] of Object.entries(EXPECTED)) {
    const there = await repo.gitIn(repo.origin ?? "", "show", `main:${path}`).catch(() => "nothing");
    if (there !== text) problems.push(`I1: ${path} on origin holds ${there}`);
  }
  const half = await repo.git("show", "refs/dispatch/salvage/B/1:src/B.txt").catch(() => "nothing");
  if (half !== "half") problems.push(`I3: what the first start of B wrote is saved as ${half}`);
  const branches = (await repo.gitIn(repo.origin ?? "", "for-each-ref", "--format=%(refname)", "refs/heads")).split(
    "\n",
  );
  const strays = branches.filter((name) => name !== "refs/heads/main");
  return strays.length === 0 ? problems : [...problems, `branches are left on origin: ${strays.join(", ")}`];
}

/** Our own crash uses up no attempt, and what had ended before it is not done again by more than one agent a lane. */
async function attempts(world: World, crashes: number): Promise<readonly string[]> {
  const starts = await world.starts();
  const most = new Map([...new Set(starts)].map((one) => [one, starts.filter((other) => other === one).length]));
  const beyond = [...most.keys()].filter((one) => Number(one.split(" ")[3]) > (one.startsWith("coder B 1 ") ? 2 : 1));
  const repeated = [...most.values()].reduce((sum, times) => sum + times - 1, 0);
  return [
    ...beyond.map((one) => `an attempt was used up by a crash: ${one}`),
    ...(repeated <= 2 * crashes
      ? []
      : [`${repeated} starts were repeated after ${crashes} crashes: ${starts.join(", ")}`]),
  ];
}

async function leftOver({ repo }: World): Promise<readonly string[]> {
  const problems = (await processesLeft(repo.temp)).map((one) => `I6: still there: ${one}`);
  const gitDir = join(repo.dir, ".git");
  const worktrees = existsSync(join(gitDir, "worktrees")) ? await readdir(join(gitDir, "worktrees")) : [];
  const dirs = [gitDir, ...worktrees.map((name) => join(gitDir, "worktrees", name))];
  const flags = dirs.filter((dir) => existsSync(join(dir, "skip-auto-rebase-watcher")));
  return [...problems, ...flags.map((dir) => `I10: a pause flag is left in ${dir}`)];
}

async function chain(world: World): Promise<readonly string[]> {
  const { code, stdout, stderr } = await world.dispatch(["journal", "verify"]);
  return code === 0 ? [] : [`I11: ${stdout}${stderr}`];
}

async function ask<T>(world: World, args: readonly string[]): Promise<T> {
  const { code, stdout, stderr } = await world.dispatch(["--json", ...args]);
  if (code !== 0) throw new Error(`${args.join(" ")}: exit ${code}: ${stderr}`);
  // Our own program's answer, whose shape docs/contract.md §7 promises.
  return JSON.parse(stdout) as T;
}
