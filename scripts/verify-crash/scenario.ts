import { complaints, complaintsNow } from "./invariants.ts";
import type { Ran, World } from "./world.ts";

/** What a user types, in order. Every effect of `domain/effect.ts` happens in it. */
const STEPS: readonly (readonly string[])[] = [
  ["run"],
  ["approve", "A"],
  ["merge", "A"],
  ["watcher", "run", "--once"],
  ["reject", "B", "-m", "say more"],
  ["run"],
  ["approve", "B"],
  ["merge", "B"],
  ["approve", "C"],
  ["merge", "C"],
  ["run"],
];

export interface Told {
  /** Which command each fault hit; empty for one whose moment never came. */
  readonly hits: readonly string[];
  readonly problems: readonly string[];
  /** Of the commands that were typed again after a kill. */
  readonly recoverySeconds: readonly number[];
}

/** Walks through the whole scenario; one fault after the other, each in the first process that it meets. */
export async function walk(world: World, faults: readonly string[]): Promise<Told> {
  const before = await world.repo.print();
  const hits: string[] = [];
  const problems: string[] = [];
  const recoverySeconds: number[] = [];
  let left = faults;
  for (const step of STEPS) {
    let [fault = null] = left;
    for (let again = false; ; again = true) {
      const ran = await typed(world, step, fault);
      if (again) recoverySeconds.push(ran.seconds);
      const wasHit = fault !== null && isHit(ran);
      if (!wasHit) {
        if (ran.code !== 0 && !(again && (await isDone(world, step))))
          problems.push(`${step.join(" ")}: exit ${ran.code}: ${ran.stderr.trim().split("\n").slice(-2).join(" ")}`);
        break;
      }
      hits.push(`${fault} in ${step.join(" ")}`);
      left = left.slice(1);
      problems.push(...(await complaintsNow(world, before)).map((one) => `right after ${fault}: ${one}`));
      [fault = null] = left;
    }
  }
  problems.push(...(await complaints(world, before, hits.length)));
  return { hits, problems, recoverySeconds };
}

async function typed(world: World, step: readonly string[], fault: string | null): Promise<Ran> {
  // Somebody else's commit is what the watcher is for.
  if (step[0] === "watcher" && !(await hasElsewhere(world)))
    await world.repo.commitOnOrigin({ "elsewhere.txt": "text\n" }, { message: "elsewhere" });
  return await world.dispatch(step, fault);
}

async function hasElsewhere({ repo }: World): Promise<boolean> {
  return (await repo.gitIn(repo.origin ?? "", "log", "--format=%s", "main")).includes("elsewhere");
}

/** The process ended itself with SIGKILL. */
const isHit = ({ code }: Ran): boolean => code === null;

/** A human's word that was given before the kill, and is refused the second time because it was. */
async function isDone(world: World, [verb = "", task = ""]: readonly string[]): Promise<boolean> {
  const { stdout } = await world.dispatch(["--json", "pr", "list"]);
  const pullRequests = JSON.parse(stdout) as readonly {
    readonly task: string;
    readonly state: string;
    readonly review: string;
  }[];
  const own = pullRequests.find((one) => one.task === task);
  if (verb === "merge") return own?.state === "merged";
  return verb === "reject" && own?.review === "changes_requested";
}
