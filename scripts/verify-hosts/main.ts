/**
 * `npm run verify:hosts [-- --tasks N --jobs J --seconds S]`: three workers, each with a clone and a home of its own, on
 * one real PostgreSQL. One is killed, one frozen and thawed, one cut off from the database. Exit 1 when a task is lost
 * or done twice. There has to be enough to do for longer than a lease, or the next host to be lost has nothing.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { processesLeft } from "../trial/check.ts";
import { LEASE_SECONDS } from "../../src/adapters/postgres/host.ts";
import { type Books, type Held, openBooks } from "./books.ts";
import { judge } from "./judge.ts";
import { openSite } from "./site.ts";
import { openWire } from "./wire.ts";
import { startWorker, type Worker } from "./worker.ts";

const PATIENCE_MS = 5 * 60_000;

const { values } = parseArgs({
  options: {
    tasks: { type: "string", default: "60" },
    jobs: { type: "string", default: "4" },
    seconds: { type: "string", default: "3" },
    faults: { type: "string", default: "killed,frozen,cut" },
    program: { type: "string", default: fileURLToPath(new URL("../../dist/main.js", import.meta.url)) },
  },
});
const tasks = Number(values.tasks);
const say = (line: string): void => void process.stdout.write(`${line}\n`);
const began = performance.now();

await using site = await openSite({
  program: values.program,
  tasks,
  seconds: Number(values.seconds),
  jobs: Number(values.jobs),
});
await using wire = await openWire(site.url);
await using books = await openBooks(site.url);
site.clone("desk");
await site.run("desk", ["--yes", "run", "--no-work"]);
say(`offered: ${(await books.readWork()).length} of ${tasks} tasks`);

const workers = new Map<string, Worker>();
for (const [name, url] of [
  ["killed", site.url],
  ["frozen", site.url],
  ["cut", wire.url],
] as const) {
  site.clone(name);
  workers.set(name, startWorker(site, name, url, null));
}
const failovers: { readonly name: string; readonly first: number; readonly all: number }[] = [];

await until(books, (work) => [...workers.keys()].every((name) => hasAgents(work, name)));
const faults = values.faults.split(",");
if (faults.includes("killed")) await lose("killed", () => worker("killed").child.kill("SIGKILL"));
if (faults.includes("frozen")) {
  await lose("frozen", () => worker("frozen").child.kill("SIGSTOP"));
  worker("frozen").child.kill("SIGCONT");
}
if (faults.includes("cut")) {
  await lose("cut", () => wire.cut());
  wire.mend();
}
await until(books, (work) => work.filter(isEpisode).length >= tasks && work.every(({ ended }) => ended));
const seconds = (performance.now() - began) / 1000;

const stopped: string[] = [];
for (const [name, { child }] of workers) if (child.signalCode === null) await end(name);
const facts = await books.readFacts();
const { problems, figures } = await judge({ tasks, facts, origin: site.origin, folder: site.folder });
problems.push(...stopped);
for (const figure of figures) say(figure);
await site.run("desk", ["--yes", "run"]);
for (const left of await processesLeft(site.folder, (line) => !line.includes("postgres")))
  problems.push(`a process is left: ${left.slice(0, 150)}`);
say(`${tasks} tasks, 3 workers, ${seconds.toFixed(0)} s`);
for (const { name, first, all } of failovers) {
  const leases = first / LEASE_SECONDS;
  say(`${name}: taken over after ${first.toFixed(1)} s (${leases.toFixed(2)} leases), all after ${all.toFixed(1)} s`);
  if (leases > 2) problems.push(`${name} was taken over after ${leases.toFixed(2)} leases`);
}
for (const problem of problems) say(`BROKEN ${problem}`);
say(problems.length === 0 ? "everything is as promised" : `${problems.length} BROKEN`);
if (problems.length > 0) tellWorkers();
process.exitCode = problems.length === 0 ? 0 : 1;

function worker(name: string): Worker {
  const found = workers.get(name);
  if (found === undefined) throw new Error(`no worker ${name}`);
  return found;
}

function tellWorkers(): void {
  for (const [name, { said }] of workers) process.stderr.write(`--- ${name}\n${said().slice(-3000)}\n`);
}

/** Waits until others have, or have ended, all that this host had. */
async function lose(name: string, harm: () => unknown): Promise<void> {
  await until(books, (work) => hasAgents(work, name));
  const had = (await books.readWork()).filter((work) => !work.ended && isOf(work.host, name));
  harm();
  const at = performance.now();
  const before = new Map(had.map(({ id, host }) => [id, host]));
  const isElsewhere = (one: Held): boolean =>
    before.has(one.id) && (one.ended || (one.host !== null && one.host !== before.get(one.id)));
  await until(books, (work) => work.some((one) => isElsewhere(one) && !one.ended));
  const first = (performance.now() - at) / 1000;
  // The last ones wait for room on the hosts that are left.
  await until(books, (work) => work.every((one) => !before.has(one.id) || isElsewhere(one)));
  failovers.push({ name, first, all: (performance.now() - at) / 1000 });
  say(`${name}: had ${had.length} pieces of work`);
}

async function end(name: string): Promise<void> {
  const at = performance.now();
  const problem = await worker(name).stop();
  if (problem !== null) stopped.push(`${name}: ${problem}`);
  say(`${name}: TERM, exit ${worker(name).child.exitCode} after ${((performance.now() - at) / 1000).toFixed(1)} s`);
}

function isOf(host: string | null, name: string): boolean {
  return host?.includes(`-${worker(name).child.pid}-`) === true;
}

function hasAgents(work: Awaited<ReturnType<Books["readWork"]>>, name: string): boolean {
  return work.some((one) => !one.ended && !isEpisode(one) && isOf(one.host, name));
}

/** `<repository>/<task>/<episode>`, where the repository's id has no slash. */
function isEpisode({ id }: { readonly id: string }): boolean {
  return id.split("/").length === 3;
}

async function until(source: Books, holds: (work: Awaited<ReturnType<Books["readWork"]>>) => boolean): Promise<void> {
  for (const end = performance.now() + PATIENCE_MS; ; await sleep(100)) {
    if (holds(await source.readWork())) return;
    if (performance.now() > end) {
      tellWorkers();
      for (const { id, host, ended } of await source.readWork()) if (!ended) process.stderr.write(`${id}: ${host}\n`);
      throw new Error(`it did not happen within ${PATIENCE_MS / 1000} s`);
    }
    for (const [name, { child, said }] of workers)
      if (child.exitCode !== null) throw new Error(`${name} ended with ${child.exitCode}: ${said()}`);
  }
}
