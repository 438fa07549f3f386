import { mkdir, readFile, readdir, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { beforeEach, describe, expect, test } from "vitest";
import type { Program } from "../../../src/adapters/process/start-program.ts";
import { type ProgramRun, type SuperviseOptions, supervise } from "../../../src/adapters/process/supervise.ts";
import { caught } from "../../support/caught.ts";
import { isRunning, pidIn } from "../../support/process-probes.ts";
import { temporaryFolder } from "../../support/temporary-folder.ts";

const PATH = process.env.PATH ?? "";
const FIXTURES = fileURLToPath(new URL("../../fixtures/agents/", import.meta.url));
const clock = { monotonic: () => performance.now() };

let folder: string;
let cwd: string;
let logFile: string;
let processFolder: string;

beforeEach(async () => {
  folder = temporaryFolder("supervise");
  cwd = join(folder, "tree");
  await mkdir(cwd);
  logFile = join(folder, "logs", "1.log");
  processFolder = join(folder, "processes");
});

function run(
  program: Partial<Program> & Pick<Program, "file">,
  options: Partial<SuperviseOptions> = {},
): Promise<ProgramRun> {
  return supervise(
    { args: [], cwd, env: { PATH }, input: "", ...program },
    {
      limits: { wallSeconds: 60, outputMb: 8 },
      logFile,
      processFolder,
      clock,
      signal: new AbortController().signal,
      graceMs: 200,
      ...options,
    },
  );
}

function shell(line: string, options: Partial<SuperviseOptions> = {}, input = ""): Promise<ProgramRun> {
  return run({ file: "sh", args: ["-c", line], input }, options);
}

/** The command of a background process that has arrived where it goes to when its pid can be read. */
const SAYS_PID = "sh -c 'echo $$ > p; mv p pid; exec sleep 300'";
const WAITS_FOR_PID = "while [ ! -e pid ]; do sleep 0.02; done";

const records = (): Promise<string[]> => readdir(processFolder);

describe("a supervised program", () => {
  test("is given its input and writes both outputs to the log file, line by line to the listener", async () => {
    const lines: string[] = [];
    const { end, tail } = await shell(
      "cat; echo two >&2; printf three",
      { onLine: (line) => lines.push(line) },
      "one\n",
    );
    expect(end).toEqual({ kind: "ok" });
    expect(lines.toSorted()).toEqual(["one", "three", "two"]);
    // Two pipes: which of them comes first is nobody's to say, in the log as in the tail.
    const sorted = (text: string): string => text.split("").toSorted().join("");
    expect(sorted(await readFile(logFile, "utf8"))).toBe(sorted(tail));
    for (const line of lines) expect(tail).toContain(line);
  });

  test("appends to a log that is there", async () => {
    await shell("echo first");
    await shell("echo second");
    expect(await readFile(logFile, "utf8")).toBe("first\nsecond\n");
  });

  test("ends with its exit code, or with the signal that killed it", async () => {
    expect((await shell("exit 7")).end).toEqual({ kind: "exit_code", exitCode: 7 });
    expect((await shell("kill -SEGV $$")).end).toEqual({ kind: "crashed", signal: "SIGSEGV" });
  });

  test("sees the given environment and its mark, nothing else", async () => {
    process.env.GITHUB_TOKEN = "ghp_planted";
    await run({ file: "env" });
    delete process.env.GITHUB_TOKEN;
    const names = (await readFile(logFile, "utf8"))
      .trim()
      .split("\n")
      .map((line) => line.split("=")[0]);
    expect(new Set(names)).toEqual(new Set(["DISPATCH_SPAWN", "PATH"]));
  });

  test("is recorded while it runs, and no longer", async () => {
    let seen: Promise<string[]> | undefined;
    await shell("echo", {
      onStart: () => {
        seen = records();
      },
    });
    expect(await seen).toHaveLength(1);
    expect(await records()).toEqual([]);
  });

  test("is stopped when its time is up", async () => {
    const told: string[] = [];
    const { end } = await shell("sleep 300", {
      limits: { wallSeconds: 0.3, outputMb: 1 },
      onStopping: (why) => told.push(why),
    });
    expect(end).toEqual({ kind: "timed_out", limitSeconds: 0.3 });
    expect(told).toEqual(["not finished after 0.3 s"]);
    expect(await readFile(logFile, "utf8")).toContain("[dispatch] stopped: not finished after 0.3 s");
  });

  test("is stopped when it falls silent, but not while it speaks", async () => {
    const line = "for i in 1 2 3 4 5 6 7 8 9 10; do echo $i; sleep 0.3; done; exec sleep 300";
    const { end, tail } = await shell(line, { limits: { wallSeconds: 60, idleSeconds: 2, outputMb: 1 } });
    expect(end).toEqual({ kind: "idle", limitSeconds: 2 });
    expect(tail).toContain("10\n");
  });

  test("is stopped when it writes too much, and the log keeps what fits", async () => {
    let heard = 0;
    const { end } = await run(
      { file: join(FIXTURES, "floods.sh") },
      { limits: { wallSeconds: 60, outputMb: 2 }, onLine: (line) => (heard += line.length + 1) },
    );
    expect(end).toEqual({ kind: "output_limit", limitMb: 2 });
    const { size } = await stat(logFile);
    expect(size).toBeGreaterThanOrEqual(2 * 1024 * 1024);
    expect(size).toBeLessThan(2 * 1024 * 1024 + 200);
    expect(heard).toBeLessThan(3 * 1024 * 1024);
  });

  test("is killed with its children when it ignores being asked", async () => {
    const abort = new AbortController();
    const running = run({ file: join(FIXTURES, "ignores-term.sh") }, { signal: abort.signal });
    const pids = [await pidIn(join(cwd, "own.pid")), await pidIn(join(cwd, "child.pid"))];
    abort.abort();
    expect((await running).end).toEqual({ kind: "cancelled" });
    expect(pids.map(isRunning)).toEqual([false, false]);
  });

  test("may finish its work when it is asked to go", async () => {
    const abort = new AbortController();
    const line =
      "trap 'sleep 0.2; echo saved > saved; exit 0' TERM; echo $$ > p; mv p pid; while :; do sleep 0.05; done";
    const running = shell(line, { signal: abort.signal, graceMs: 5000 });
    await pidIn(join(cwd, "pid"));
    abort.abort();
    expect((await running).end).toEqual({ kind: "cancelled" });
    expect(await readFile(join(cwd, "saved"), "utf8")).toBe("saved\n");
  });

  test("leaves no daemon behind, not even when it ends well", async () => {
    const { end, tail } = await run({ file: join(FIXTURES, "daemonises.sh") });
    expect(end).toEqual({ kind: "ok" });
    expect(tail).toBe("left two behind\n");
    const left = [await pidIn(join(cwd, "daemon.pid")), await pidIn(join(cwd, "orphan.pid"))];
    expect(left.map(isRunning)).toEqual([false, false]);
  });

  test("is not waited for when a process that cannot be found holds its output open", async () => {
    const { end, tail } = await shell(`env -i setsid ${SAYS_PID} & ${WAITS_FOR_PID}; echo done`);
    const stranger = await pidIn(join(cwd, "pid"));
    process.kill(stranger, "SIGKILL");
    expect({ end, tail }).toEqual({ end: { kind: "ok" }, tail: "done\n" });
  });

  test("need not read its input", async () => {
    const { end } = await shell("exec 0<&-; echo $$ > p; mv p pid; sleep 0.2", {}, "x".repeat(4_000_000));
    expect(end).toEqual({ kind: "ok" });
  });

  test("is not started when it was cancelled before", async () => {
    const { end } = await shell("echo x > here", { signal: AbortSignal.abort() });
    expect(end).toEqual({ kind: "cancelled" });
    expect(await readdir(cwd)).toEqual([]);
  });

  test("says that the worktree is gone when it cannot be started there", async () => {
    await rm(cwd, { recursive: true });
    expect((await shell("true")).end).toEqual({ kind: "worktree_gone" });
    expect(await records()).toEqual([]);
  });

  test("rejects when the program is not there, and leaves no record", async () => {
    await expect(run({ file: "no-such-program" })).rejects.toMatchObject({ code: "program_missing" });
    await expect(run({ file: join(cwd, "lost.sh") })).rejects.toMatchObject({ code: "program_missing" });
    await expect(run({ file: "sh", args: ["a\0b"] })).rejects.toMatchObject({ code: "program_failed" });
    expect(await records()).toEqual([]);
  });

  test("is stopped when its log cannot be written", async () => {
    const line = "echo $$ > p; mv p pid; while :; do echo line; sleep 0.05; done";
    const error = await caught(shell(line, { logFile: "/dev/full" }));
    expect(error.code).toBe("log_unwritable");
    expect(error.hint).toContain("disk space");
    expect(isRunning(await pidIn(join(cwd, "pid")))).toBe(false);
    expect(await records()).toEqual([]);
  });

  test("is not started when its log cannot be opened", async () => {
    await writeFile(join(folder, "logs"), "a file where the folder should be");
    await expect(shell("echo x > here")).rejects.toMatchObject({ code: "log_unwritable" });
    expect(await readdir(cwd)).toEqual([]);
  });

  test("gives its last 4 kB as its tail", async () => {
    const { tail } = await shell("i=0; while [ $i -lt 2000 ]; do echo line-$i-äöü; i=$((i+1)); done");
    expect(Buffer.byteLength(tail)).toBeLessThanOrEqual(4096);
    expect(Buffer.byteLength(tail)).toBeGreaterThan(4000);
    expect(tail.endsWith("line-1999-äöü\n")).toBe(true);
    expect(tail).not.toContain("\uFFFD");
  });
});
