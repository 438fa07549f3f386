import { type ChildProcess, spawn } from "node:child_process";
import { mkdir, readFile, readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { endLeftovers } from "../../../src/adapters/process/end-leftovers.ts";
import { isRunning, pidIn } from "../../support/process-probes.ts";
import { temporaryFolder } from "../../support/temporary-folder.ts";

const OWNER = fileURLToPath(new URL("../../fixtures/processes/owner.ts", import.meta.url));

let folder: string;
let cwd: string;
let processFolder: string;
let owner: ChildProcess;

beforeEach(async () => {
  folder = temporaryFolder("leftovers");
  cwd = join(folder, "tree");
  processFolder = join(folder, "processes");
  await mkdir(cwd);
});

afterEach(() => {
  owner.kill("SIGKILL");
});

/** A dispatcher of its own that supervises this shell line until it is killed. */
async function startOwner(line: string): Promise<void> {
  owner = spawn(process.execPath, ["--import", "tsx", OWNER, folder, line], { stdio: "inherit" });
  await new Promise((resolve) => owner.once("spawn", resolve));
}

async function end(signal: NodeJS.Signals): Promise<void> {
  const exited = new Promise((resolve) => owner.once("exit", resolve));
  owner.kill(signal);
  await exited;
}

const LEAVES_THREE = `setsid sh -c 'echo $$ > d; mv d daemon.pid; exec sleep 300' &
  sleep 300 & echo $! > c; mv c child.pid
  while [ ! -e daemon.pid ]; do sleep 0.02; done
  echo $$ > l; mv l leader.pid; wait`;

const readPids = (): Promise<number[]> =>
  Promise.all(["leader.pid", "child.pid", "daemon.pid"].map((name) => pidIn(join(cwd, name))));

describe("what a killed dispatcher leaves", () => {
  test("is ended by the next start, daemons included, and counted", async () => {
    await startOwner(LEAVES_THREE);
    const pids = await readPids();
    await end("SIGKILL");
    expect(pids.map(isRunning)).toEqual([true, true, true]);
    expect(await endLeftovers(processFolder)).toBe(3);
    expect(pids.map(isRunning)).toEqual([false, false, false]);
    // What the dead one was just writing beside a record is no record.
    expect((await readdir(processFolder)).filter((name) => name.endsWith(".json"))).toEqual([]);
    expect(await endLeftovers(processFolder)).toBe(0);
  });

  test("is not there at all when it leaves in a hurry but by itself", async () => {
    await startOwner(LEAVES_THREE);
    const pids = await readPids();
    await end("SIGINT");
    expect(pids.map(isRunning)).toEqual([false, false, false]);
  });

  test("is left alone while the dispatcher lives", async () => {
    await startOwner(LEAVES_THREE);
    const pids = await readPids();
    expect(await endLeftovers(processFolder)).toBe(0);
    expect(pids.map(isRunning)).toEqual([true, true, true]);
    await end("SIGINT");
  });

  test("is found by its mark when the dispatcher died before it knew the pid", async () => {
    await startOwner(LEAVES_THREE);
    const pids = await readPids();
    await end("SIGKILL");
    await changeRecord((record) => ({ ...record, leader: null }));
    expect(await endLeftovers(processFolder)).toBe(3);
    expect(pids.map(isRunning)).toEqual([false, false, false]);
  });

  test("is ended by its pid when it has washed off its mark", async () => {
    await startOwner("exec env -i sh -c 'echo $$ > l; mv l leader.pid; sleep 300 & wait'");
    const pid = await pidIn(join(cwd, "leader.pid"));
    await leaderIsRecorded();
    await end("SIGKILL");
    expect(await endLeftovers(processFolder)).toBe(1);
    expect(isRunning(pid)).toBe(false);
  });

  test("is nobody, when another process has the pid by now, or the machine was started anew", async () => {
    await startOwner("exec env -i sh -c 'echo $$ > l; mv l leader.pid; sleep 300 & wait'");
    const pid = await pidIn(join(cwd, "leader.pid"));
    await leaderIsRecorded();
    await end("SIGKILL");
    const before = await changeRecord((record) => ({ ...record, leader: { pid, startTime: "1" } }));
    expect(await endLeftovers(processFolder)).toBe(0);
    await writeFile(before.path, JSON.stringify({ ...before.record, bootId: "another boot" }));
    expect(await endLeftovers(processFolder)).toBe(0);
    expect(isRunning(pid)).toBe(true);
    // What the dead one was just writing beside a record is no record.
    expect((await readdir(processFolder)).filter((name) => name.endsWith(".json"))).toEqual([]);
    process.kill(-pid, "SIGKILL");
  });

  test("is nothing where nobody ever ran, and files of others are not touched", async () => {
    expect(await endLeftovers(join(folder, "never"))).toBe(0);
    await mkdir(processFolder);
    await writeFile(join(processFolder, "note.json"), "{}");
    expect(await endLeftovers(processFolder)).toBe(0);
    expect(await readdir(processFolder)).toEqual(["note.json"]);
  });
});

/** A moment after the start; until then only the mark tells. */
async function leaderIsRecorded(): Promise<void> {
  while ((await readRecord()).record.leader === null) await sleep(5);
}

type Json = Record<string, unknown>;

async function changeRecord(change: (record: Json) => Json): Promise<{ path: string; record: Json }> {
  const { path, record } = await readRecord();
  await writeFile(path, JSON.stringify(change(record)));
  return { path, record };
}

async function readRecord(): Promise<{ path: string; record: Json }> {
  const name = (await readdir(processFolder)).find((one) => one.endsWith(".json")) ?? "";
  const path = join(processFolder, name);
  return { path, record: JSON.parse(await readFile(path, "utf8")) as Json };
}
