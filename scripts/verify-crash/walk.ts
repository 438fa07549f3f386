import { readFile } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { EXIT } from "../../src/domain/errors.ts";
import { foldTasks } from "../../src/domain/task-view.ts";
import { deedOf } from "./deeds.ts";
import { nameOf, seamText, sentence, type Fault } from "./fault.ts";
import { always, atRest, inTheEnd } from "./invariants.ts";
import { openLedger, type Ledger } from "./ledger.ts";
import type { Scene } from "./scene.ts";
import { STORY, type Step } from "./story.ts";
import type { Ran, Running, World } from "./world.ts";

/** A fault, and where it may strike. */
export interface Planned {
  readonly fault: Fault;
  /** The first and the last step of the story. */
  readonly steps: readonly [number, number];
  /** Also in a command that is typed again after another fault. */
  readonly again: boolean;
}

/** What became of a fault. */
export interface Told {
  readonly fault: string;
  /** The command that it hit, and how that ended; null when its moment never came. */
  hit: string | null;
  readonly problems: string[];
  /** Of the command that was typed again; null where that was not needed. */
  recoverySeconds: number | null;
}

/**
 * Without its journal a run may not know our own commits from a human's, and asks; and an agent that had no disk may have
 * failed for that. The answer is what it says: retry.
 */
const SOME_FAILED = EXIT.someFailed;
/** A command that was told to stop, or was thawed, has this long. */
const STOP_MS = 3_000;
const THAWED_MS = 20_000;

/**
 * Walks through the whole story. Each fault strikes in a world in which everything holds, and everything has to hold
 * again when the command that was typed once more has ended; a problem is told of the last fault before it.
 */
export async function walk(world: World, planned: readonly Planned[]): Promise<readonly Told[]> {
  const ledger = await openLedger(world);
  // While we read it, commands do not start and stop the database one by one.
  await world.books();
  const fateOf: Scene["fateOf"] = (task) => ledger.fates.get(task);
  const told: Told[] = [];
  const left = [...planned];
  let hitStep: number | null = null;
  const complain = (problem: string): void => {
    // Once, of the first fault that could have been its cause.
    if (!told.some(({ problems }) => problems.includes(problem)))
      (told.at(-1) ?? nothingHit(told)).problems.push(problem);
  };
  const check = async (look: typeof always): Promise<void> => (await look(world, ledger)).forEach(complain);

  for (const [number, step] of STORY.entries()) {
    // The last one does so itself, or it would be seen in the end.
    if (number === STORY.length - 1) await world.closeBooks();
    let [again, asked] = [false, false];
    for (;;) {
      const next = left.find(({ steps: [from, to], again: may }) => number >= from && number <= to && (may || !again));
      const running = await typed(world, step, next?.fault ?? null);
      if (next !== undefined && (await running.says(sentence(next.fault)))) {
        left.splice(left.indexOf(next), 1);
        const one: Told = { fault: nameOf(next.fault), hit: step.words.join(" "), problems: [], recoverySeconds: null };
        told.push(one);
        hitStep = number;
        const scene: Scene = { world, words: step.words, promise: ledger.promise, fateOf, complain };
        const { code, stderr } = await strike(scene, running, next.fault, ledger);
        one.hit = `${one.hit}: ${code === null ? "killed" : `exit ${code}`}`;
        await check(always);
        // What broke before its episode began is told, and is due again.
        if (code === 0 && !stderr.includes(" failed: ")) break;
        await retryFailed(world, ledger, step);
        again = true;
        continue;
      }
      const ran = await running.ended;
      const last = told.at(-1);
      if (again && last !== undefined) last.recoverySeconds = ran.seconds;
      if (ran.code === SOME_FAILED && (ledger.isForgotten || ledger.isStarved) && !asked) {
        asked = true;
        await retryFailed(world, ledger, step);
        continue;
      }
      if (!(await isAnswer(world, step, ran, again, ledger))) complain(`${step.words.join(" ")}: ${said(ran)}`);
      break;
    }
    if (hitStep === number) await check(atRest);
  }
  // What a human did with another task beside the last command: somebody has to look at the forge to know of it.
  if (ledger.isMeddled && hitStep === STORY.length - 1) await world.dispatch(["run"]);
  await check(inTheEnd);
  const missed = left.map(({ fault }): Told => ({ ...NOT_HIT, fault: nameOf(fault), problems: [] }));
  return [...told, ...missed];
}

const NOT_HIT = { hit: null, recoverySeconds: null };

function nothingHit(told: Told[]): Told {
  const one: Told = { ...NOT_HIT, fault: "no fault", problems: [] };
  told.push(one);
  return one;
}

async function typed(world: World, { words }: Step, fault: Fault | null): Promise<Running> {
  // Somebody else's commit is what the watcher is for.
  if (words[0] === "watcher" && !(await hasElsewhere(world)))
    await world.repo.commitOnOrigin({ "elsewhere.txt": "text\n" }, { message: "elsewhere" });
  return world.start(words, fault === null ? null : seamText(fault));
}

async function hasElsewhere({ repo }: World): Promise<boolean> {
  return (await repo.gitIn(repo.origin ?? "", "log", "--format=%s", "main")).includes("elsewhere");
}

/** The deed at its moment, until the command that it hit has ended and somebody mended what can be mended. */
async function strike(scene: Scene, running: Running, fault: Fault, ledger: Ledger): Promise<Ran> {
  const { harm, meanwhile, mend, loosens, disk } = deedOf(fault.deed);
  if (harm === "freeze") {
    await isFrozen(running);
    await meanwhile?.(scene);
    running.child.kill("SIGCONT");
  }
  if (harm === "hang") running.child.kill("SIGTERM");
  const ran = await ended(running, harm === "hang" ? STOP_MS : THAWED_MS);
  if (loosens === "tasks") ledger.isMeddled = true;
  if (disk !== undefined) ledger.isStarved = true;
  // No book can be read on a full disk.
  if (disk !== undefined) await mend?.(scene);
  await ledger.crashed(loosens === "journal");
  if (harm !== "freeze") await meanwhile?.(scene);
  if (disk === undefined) await mend?.(scene);
  return ran;
}

async function isFrozen({ child, ended }: Running): Promise<void> {
  const gone = ended.then(() => true);
  for (;;) {
    const stat = await readFile(`/proc/${child.pid}/stat`, "utf8").catch(() => "");
    if (/\) [Tt] /.test(stat) || (await Promise.race([gone, sleep(5, false)]))) return;
  }
}

/** Patient, then polite, then not. */
async function ended({ child, ended }: Running, patienceMs: number): Promise<Ran> {
  for (const signal of ["SIGTERM", "SIGKILL"] as const) {
    const ran = await Promise.race([ended, sleep(signal === "SIGTERM" ? patienceMs : STOP_MS, null)]);
    if (ran !== null) return ran;
    child.kill(signal);
  }
  return await ended;
}

/** What broke in the middle of a task is that task's failure: a human has the word. */
async function retryFailed(world: World, ledger: Ledger, step: Step): Promise<void> {
  const views = foldTasks(await (await world.books()).facts());
  const failed = [...views.values()].filter(({ state }) => state.name === "failed" || state.name === "needs-human");
  for (const { id } of failed) {
    ledger.retried(id);
    await world.dispatch(["retry", id]);
  }
  // A run is what is typed again now.
  if (failed.length > 0 && step.words[0] !== "run") await world.dispatch(["run"]);
}

async function isAnswer(world: World, step: Step, ran: Ran, again: boolean, ledger: Ledger): Promise<boolean> {
  if (ran.code === 0) return true;
  // A task that a human did something else with may be refused, in a sentence and not with a stack.
  if (ledger.isMeddled) return ran.code !== null && !/\n +at /.test(ran.stderr);
  return again && (await isDone(world, step.words, ledger));
}

/** A human's word that was given before the crash, and is refused the second time because it was. */
async function isDone(
  world: World,
  [verb = "", task = ""]: readonly string[],
  { isForgotten }: Ledger,
): Promise<boolean> {
  const own = (await (await world.books()).pullRequests()).find((one) => one.task === task);
  // That it was we who closed it is forgotten, too.
  if (verb === "cancel") return isForgotten && own?.state === "closed";
  return verb === "reject" && own?.review === "changes_requested";
}

const said = ({ code, stderr }: Ran): string => `exit ${code}: ${stderr.trim().split("\n").slice(-2).join(" ")}`;
