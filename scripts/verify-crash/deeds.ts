import { readFile, readdir, rm, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Harm } from "../../src/domain/effect.ts";
import { commitInto } from "../../test/support/git-repo.ts";
import { processesLeft } from "../trial/check.ts";
import type { Scene } from "./scene.ts";

/** What goes wrong at a moment: what the seam does there, and what happens in the world then. */
interface Deed {
  readonly harm: Harm;
  /** While the dispatcher is frozen, or after it was killed. */
  readonly meanwhile?: (scene: Scene) => Promise<void>;
  /** Somebody's mend, before the command is typed again. */
  readonly mend?: (scene: Scene) => Promise<void>;
  /** What may be otherwise in the end: facts of before are gone, or a human did something with a task. */
  readonly loosens?: "journal" | "tasks";
  /** The command goes on to its end, and is not typed again. */
  readonly isSurvived?: true;
  /** A disk of its own for these, which only root can have. */
  readonly disk?: "state" | "work" | "git";
}

const HOURS = 6 * 3600;

export const DEEDS = {
  kill: { harm: "kill" },
  throw: { harm: "throw" },
  hang: { harm: "hang" },
  "clock+6h": clockWrongBy(HOURS),
  "clock-6h": clockWrongBy(-HOURS),
  "disk-state": full("state"),
  "disk-work": full("work"),
  "disk-git": full("git"),
  "database-killed": { harm: "freeze", meanwhile: killServer },
  "database-torn": { harm: "kill", meanwhile: tearDatabase, mend: seeItRefusedAndForget, loosens: "journal" },
  "database-gone": { harm: "kill", meanwhile: forget, loosens: "journal" },
  second: { harm: "freeze", meanwhile: startSecond, isSurvived: true },
  "human-merges": { harm: "freeze", meanwhile: humanMerges, loosens: "tasks" },
  "human-closes": { harm: "freeze", meanwhile: humanCloses, loosens: "tasks" },
  "human-pushes": { harm: "freeze", meanwhile: humanPushes, loosens: "tasks" },
  "human-deletes": { harm: "freeze", meanwhile: humanDeletes, loosens: "tasks" },
} as const satisfies Readonly<Record<string, Deed>>;

export type DeedName = keyof typeof DEEDS;
export const DEED_NAMES = Object.keys(DEEDS) as readonly DeedName[];
export const deedOf = (name: DeedName): Deed => DEEDS[name];

/** Of the dispatcher that runs now, and of no later one: somebody set it right. */
function clockWrongBy(seconds: number): Deed {
  const set = ({ world }: Scene, by: number): Promise<void> => writeFile(world.clockFile, `${by * 1000}`);
  return {
    harm: "freeze",
    meanwhile: (scene) => set(scene, seconds),
    mend: (scene) => set(scene, 0),
    isSurvived: true,
  };
}

function full(disk: "state" | "work" | "git"): Deed {
  return {
    harm: "freeze",
    disk,
    meanwhile: async ({ world }) => world.disk?.fill(),
    mend: async ({ world }) => world.disk?.free(),
  };
}

async function killServer({ world }: Scene): Promise<void> {
  const record = await readFile(join(world.home, "postgres/data/postmaster.pid"), "utf8");
  process.kill(Number(record.split("\n")[0]), "SIGKILL");
  await world.closeBooks();
}

/** Half of a file without which no server starts. */
async function tearDatabase(scene: Scene): Promise<void> {
  await killServer(scene);
  await truncate(join(scene.world.home, "postgres/data/global/pg_control"), 100);
}

async function seeItRefusedAndForget(scene: Scene): Promise<void> {
  const { code, stderr } = await scene.world.dispatch(["run"]);
  if (code !== 1 || !stderr.includes("\n")) scene.complain(`a torn database is no plain error: ${code} ${stderr}`);
  if (!stderr.includes(scene.world.home)) scene.complain(`a torn database is not named: ${stderr}`);
  await forgetFiles(scene);
}

async function forget(scene: Scene): Promise<void> {
  await killServer(scene);
  await forgetFiles(scene);
}

/**
 * Which processes are its agents is part of what is lost: nobody but the user of the machine can end them then
 * (src/docs/contract.md §10).
 */
async function forgetFiles({ world }: Scene): Promise<void> {
  for (const line of await processesLeft(world.repo.temp)) process.kill(Number.parseInt(line, 10), "SIGKILL");
  for (const name of await readdir(world.home)) await rm(join(world.home, name), { recursive: true });
}

/** Only a `run` owns the repository; beside another command it is as welcome as ever. */
async function startSecond({ world, words, complain }: Scene): Promise<void> {
  const { code, stderr } = await world.dispatch(["run"]);
  if (words[0] === "run" && code !== 7) complain(`a second dispatcher beside run ended with ${code}: ${stderr}`);
}

const TASKS = ["B", "C", "A", "D"];

interface Found {
  readonly task: string;
  readonly branch: string;
  readonly head: string;
}

/** A task with a branch on origin, as somebody finds it there. */
async function findBranch({ world: { repo } }: Scene): Promise<Found | null> {
  const refs = await repo.refs(repo.origin ?? "");
  for (const task of TASKS) {
    const ref = Object.keys(refs).find((name) => name.startsWith(`refs/heads/dispatch/${task.toLowerCase()}--`));
    if (ref !== undefined) return { task, branch: ref.replace("refs/heads/", ""), head: refs[ref] ?? "" };
  }
  return null;
}

async function humanMerges(scene: Scene): Promise<void> {
  const found = await findBranch(scene);
  // Nobody merges what they have just cancelled.
  if (found === null || scene.fateOf(found.task) === "cancelled") return;
  const { repo } = scene.world;
  const git = (...args: readonly string[]): Promise<string> => repo.gitIn(repo.origin ?? "", ...args);
  const base = await git("rev-parse", "main");
  const [tree = ""] = (await git("merge-tree", "--write-tree", base, found.head)).split("\n");
  const merged = await git("commit-tree", tree, "-p", base, "-p", found.head, "-m", `Merge ${found.task}`);
  await git("update-ref", "refs/heads/main", merged, base);
  scene.promise(found, "merged");
}

async function humanCloses(scene: Scene): Promise<void> {
  const found = await findBranch(scene);
  if (found === null) return;
  const { code, stderr } = await scene.world.dispatch(["cancel", found.task]);
  // Another human was faster.
  if (code !== 0 && / is (?:merged|closed|cancelled) already/.test(stderr)) return;
  if (code !== 0) scene.complain(`cancel ${found.task} ended with ${code}: ${stderr}`);
  scene.promise(found, "cancelled");
}

async function humanPushes(scene: Scene): Promise<void> {
  const found = await findBranch(scene);
  if (found === null) return;
  const files = { "human.txt": "by hand\n" };
  const where = { branch: found.branch, base: "main", message: "by hand", files };
  scene.promise({ ...found, head: await commitInto(scene.world.repo.origin ?? "", where) });
}

/** What was on it is here still. */
async function humanDeletes(scene: Scene): Promise<void> {
  const found = await findBranch(scene);
  if (found === null) return;
  const { repo } = scene.world;
  await repo.gitIn(repo.origin ?? "", "update-ref", "-d", `refs/heads/${found.branch}`);
  scene.promise(found);
}
