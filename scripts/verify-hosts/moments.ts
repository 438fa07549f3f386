/**
 * `npm run verify:moments [-- --only EFFECT,HOW,… --lanes N]`: workers on one real PostgreSQL are killed, frozen and
 * thawed, or cut off from the database and go on, before, after and once recorded at every side effect of a task, while
 * others take over; each has a clone and a home to which it comes back. Then every task has to be done, once. Exit 1 when
 * one is lost or done twice, or when a moment never came.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { LEASE_SECONDS } from "../../src/adapters/postgres/host.ts";
import { EFFECT_NAMES, type EffectName } from "../../src/domain/effect.ts";
import { momentsOf } from "../verify-crash/fault.ts";
import { processesLeft } from "../trial/check.ts";
import { openBooks } from "./books.ts";
import { judge } from "./judge.ts";
import { openSite } from "./site.ts";
import { openWire, type Wire } from "./wire.ts";
import { startWorker, type Worker } from "./worker.ts";

/** What comes of a human's word, of GitHub, of checks, or of the run that offers. */
const NOT_OF_A_WORKER: readonly EffectName[] = [
  ...(["salvage", "salvage-drop", "comment", "review", "merge", "close", "unpublish", "branch-delete"] as const),
  ...(["show-verdict", "show-state", "answer", "order", "checks", "spawn-tester", "audit"] as const),
];
/** When the task is ready already: what its host did not give back runs out, or goes with the merge. */
const AT_THE_END: readonly EffectName[] = ["done", "handover-drop", "claim-release"];
/** Until the others gave it up, with some time for them to take what it had. */
const AWAY_MS = (LEASE_SECONDS + 4) * 1000;
const MOMENT_MS = 60_000;
const REST_MS = 300_000;

const { values } = parseArgs({
  options: {
    only: { type: "string" },
    lanes: { type: "string", default: "8" },
    program: { type: "string", default: fileURLToPath(new URL("../../dist/main.js", import.meta.url)) },
  },
});
const only = values.only?.split(",");
const faults = EFFECT_NAMES.filter((name) => !NOT_OF_A_WORKER.includes(name))
  .flatMap((effect) => momentsOf(effect).map((at) => `${effect}:1:${at}`))
  .flatMap((moment) => ["kill", "freeze", "cut"].map((how) => `${moment}:${how}`))
  .filter((fault) => only === undefined || fault.split(":").some((part) => only.includes(part)));
// Enough for the last one to have something to do, beside all the others.
const tasks = faults.length + 5 * Number(values.lanes);
const problems: string[] = [];
const say = (line: string): void => void process.stdout.write(`${line}\n`);
const began = performance.now();

await using site = await openSite({ program: values.program, tasks, seconds: 0.2, jobs: 2 });
await using books = await openBooks(site.url);
site.clone("desk");
await site.run("desk", ["--yes", "run", "--no-work"]);
const queue = [...faults];
await Promise.all(Array.from({ length: Number(values.lanes) }, (_, nth) => strikeInTurn(`host-${nth}`)));
say(`all struck after ${seconds(began)} s`);

site.clone("last");
const last = startWorker(site, "last", site.url, null);
await last.says("this host takes", MOMENT_MS);
const end = performance.now() + REST_MS;
while ((await countEnded()) < tasks && performance.now() < end) await sleep(200);
note("the last one", await last.stop());
const mayStay = faults.filter((fault) => AT_THE_END.some((effect) => fault.startsWith(`${effect}:`))).length;
const facts = await books.readFacts();
const judged = await judge({ tasks, facts, origin: site.origin, folder: site.folder, mayStay });
problems.push(...judged.problems);
judged.figures.forEach(say);
await site.run("desk", ["--yes", "run"]);
for (const left of await processesLeft(site.folder, (line) => !line.includes("postgres")))
  problems.push(`a process is left: ${left.slice(0, 150)}`);
for (const problem of problems) say(`BROKEN ${problem}`);
say(`${faults.length} faults, ${tasks} tasks, ${problems.length} BROKEN, ${seconds(began)} s`);
process.exitCode = problems.length === 0 ? 0 : 1;

/** One worker after the other in one clone, each struck once. */
async function strikeInTurn(name: string): Promise<void> {
  site.clone(name);
  await using wire = await openWire(site.url);
  for (let fault = queue.shift(); fault !== undefined; fault = queue.shift()) {
    const at = performance.now();
    // Whoever is cut off is stopped first: in that moment, and in no later one.
    const worker = startWorker(site, name, wire.url, fault.replace(/:cut$/, ":freeze"));
    say(`${fault.padEnd(36)} ${(await strike(fault, worker, wire)).padEnd(12)} ${seconds(at)} s`);
  }
}

async function strike(fault: string, worker: Worker, wire: Wire): Promise<string> {
  if (!(await worker.says("DISPATCH_FAULT:", MOMENT_MS))) {
    problems.push(`${fault} never came`);
    note(fault, await worker.stop());
    return "not reached";
  }
  if (fault.endsWith(":kill")) {
    await worker.ended();
    return "killed";
  }
  await worker.frozen();
  const isCut = fault.endsWith(":cut");
  if (isCut) {
    wire.cut();
    worker.child.kill("SIGCONT");
  }
  await sleep(AWAY_MS);
  if (isCut) wire.mend();
  else worker.child.kill("SIGCONT");
  if (!(await worker.says("Joining again", MOMENT_MS)))
    problems.push(`${fault}: it did not notice that it was given up`);
  note(fault, await worker.stop());
  return isCut ? "cut off" : "thawed";
}

function note(what: string, problem: string | null): void {
  if (problem !== null) problems.push(`${what}: ${problem}`);
}

/** Episodes: their ids have two slashes. */
async function countEnded(): Promise<number> {
  return (await books.readWork()).filter(({ id, ended }) => ended && id.split("/").length === 3).length;
}

function seconds(since: number): string {
  return ((performance.now() - since) / 1000).toFixed(0);
}
