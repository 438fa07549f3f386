import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { chmod, mkdir, readdir, readFile, readlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { afterAll } from "vitest";
import type { TaskResult } from "../../src/dispatch/report.ts";
import { gitRepo, type Files, type GitRepo, type GitRepoOptions } from "./git-repo.ts";
import { stateFolder, useTestPostgres } from "./postgres.ts";

/** The built command line, as a user starts it. */
export const MAIN = fileURLToPath(new URL("../../dist/main.js", import.meta.url));

/** Several commands one after the other, on two slow cores that others use too. */
export const SLOW = { timeout: 150_000 };
/** For one thing to happen. */
const PATIENCE_MS = 60_000;

export interface Ran {
  /** null when a signal ended it. */
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** The one JSON document of an answer. */
export function json({ stdout, stderr }: Ran): unknown {
  if (stdout === "") throw new Error(`no answer: ${stderr}`);
  return JSON.parse(stdout) as unknown;
}

export interface Started {
  readonly pid: number;
  /** When process and pipes are done. */
  readonly ended: Promise<Ran>;
  /** Waits until it printed this, and gives its first group; rejects when it ends without, or takes longer than a minute. */
  said(pattern: RegExp): Promise<string>;
  /** `group`: as a terminal does it for Ctrl-C, to all that run in the foreground. */
  signal(name: NodeJS.Signals, whom?: "process" | "group"): void;
}

export interface SiteOptions extends GitRepoOptions {
  /** DISPATCH_HOME. */
  readonly home: string;
  /** Text of BACKLOG.md; null: no such file. */
  readonly backlog: string | null;
  readonly files?: Files;
  /** Body of a shell script; see `PROLOGUE`. Default: writes one file named after the task. */
  readonly coder?: string;
  /** The same; default: approves. null: there is no reviewer. */
  readonly reviewer?: string | null;
  /** Whether the user's `checks` are run; default: no. A script is a tester of its own beside them. */
  readonly tester?: boolean | string;
  /** Whether commands get `--yes`, which approves what dispatch.jsonc starts; default: yes. */
  readonly yes?: boolean;
  /** Keys of dispatch.jsonc beside the agents. */
  readonly config?: Readonly<Record<string, unknown>>;
}

/** A repository with agents, on which the built command line is used. Disposing proves that no process is left. */
export interface Site extends AsyncDisposable {
  readonly repo: GitRepo;
  readonly home: string;
  dispatch(...args: readonly string[]): Promise<Ran>;
  /** The same, in another folder or with more variables. */
  dispatchWith(
    more: { readonly cwd?: string; readonly env?: NodeJS.ProcessEnv; readonly input?: string },
    ...args: readonly string[]
  ): Promise<Ran>;
  /** In a process group of its own. */
  start(...args: readonly string[]): Started;
  /** The same, in another folder or with more variables. */
  startWith(more: { readonly cwd?: string; readonly env?: NodeJS.ProcessEnv }, ...args: readonly string[]): Started;
  /** `dispatch run --json`: the result of every task by its id. */
  run(...args: readonly string[]): Promise<Finished>;
  /** `<role> <task> <round> <attempt>` of every start of an agent so far, whoever started it. */
  starts(): Promise<readonly string[]>;
  /** What agents left outside of every worktree, in `$OUT`. */
  out(name: string): Promise<string>;
  /** Gives the coder another script. */
  coder(body: string): Promise<void>;
  /** Lets agents go on that `wait_for` this name. */
  allow(name: string): Promise<void>;
  /** Pause flags that lie in the repository now. */
  flags(): Promise<readonly string[]>;
}

export interface Finished extends Ran {
  readonly tasks: Readonly<Record<string, TaskResult>>;
  /** Task → state. */
  readonly states: Readonly<Record<string, string>>;
}

/** What all scripts of agents begin with. */
const prologue = (temp: string): string => `#!/bin/sh
set -eu
export E2E_SITE='${temp}'
OUT='${temp}/out'
echo "$DISPATCH_ROLE $DISPATCH_TASK_ID $DISPATCH_ROUND $DISPATCH_ATTEMPT" >> "$OUT/starts"
id=$DISPATCH_TASK_ID
approve() { echo '{"verdict":"approve"}' > "$DISPATCH_RESULT"; }
ask() { printf '{"verdict":"request_changes","findings":[{"path":"README.md","severity":"major","message":"%s"}]}' "$1" > "$DISPATCH_RESULT"; }
tell() { echo "$2" > "$OUT/$1.part"; mv "$OUT/$1.part" "$OUT/$1"; }
wait_for() { while [ ! -e "$OUT/$1" ]; do sleep 0.05; done; }
`;

const WRITES = `mkdir -p src; echo "$id round $DISPATCH_ROUND" > "src/$id.txt"`;

export async function site(options: SiteOptions): Promise<Site> {
  const {
    home,
    backlog,
    files = {},
    coder = WRITES,
    reviewer = "approve",
    tester = false,
    yes = true,
    config = {},
  } = options;
  const repo = await gitRepo({ "README.md": "# shop\n" }, options);
  const out = join(repo.temp, "out");
  const agents = join(repo.temp, "agents");
  await mkdir(out);
  await mkdir(agents);
  const program = async (name: string, body: string): Promise<readonly [string]> => {
    const file = join(agents, name);
    await writeFile(file, `${prologue(repo.temp)}${body}\n`);
    await chmod(file, 0o755);
    return [file];
  };
  const settings = {
    fanOut: { spawnSeconds: 0.1, taskSeconds: 60 },
    // The scripts tell the test what they see, outside of their worktrees; inside the fence: fence.test.ts.
    sandbox: "off",
    agents: {
      coder: { role: "coder", engine: "command", command: await program("coder", coder) },
      ...(tester === true ? { tester: { role: "tester", engine: "checks" } } : {}),
      ...(typeof tester === "string"
        ? { tester: { role: "tester", engine: "command", command: await program("tester", tester) } }
        : {}),
      ...(reviewer === null
        ? {}
        : { reviewer: { role: "reviewer", engine: "command", command: await program("reviewer", reviewer) } }),
    },
    ...config,
  };
  await repo.commit("ready for dispatch", {
    ...(backlog === null ? {} : { "BACKLOG.md": backlog }),
    "dispatch.jsonc": JSON.stringify(settings, null, 2),
    ...files,
  });
  if (repo.origin !== null) await push(repo, repo.origin);

  const running = new Set<Started>();
  const start = (
    { cwd = repo.dir, env = {}, input = "" }: { cwd?: string; env?: NodeJS.ProcessEnv; input?: string },
    args: readonly string[],
  ): Started => {
    const one = started([...(yes ? ["--yes"] : []), ...args], {
      cwd,
      env: { ...process.env, DISPATCH_HOME: home, ...env },
      input,
    });
    running.add(one);
    void one.ended.then(() => running.delete(one));
    return one;
  };
  const dispatch = (...args: readonly string[]): Promise<Ran> => start({}, args).ended;
  return {
    repo,
    home,
    dispatch,
    dispatchWith: (more, ...args) => start(more, args).ended,
    start: (...args) => start({}, args),
    startWith: (more, ...args) => start(more, args),
    run: async (...args) => finished(await dispatch("--json", "run", ...args)),
    starts: async () => (await readFile(join(out, "starts"), "utf8").catch(() => "")).split("\n").filter(Boolean),
    out: async (name) => (await readWhenThere(join(out, name))).replace(/\n$/, ""),
    async coder(body) {
      await program("coder", body);
    },
    allow: (name) => writeFile(join(out, name), ""),
    flags: async () => {
      const found = await readdir(join(repo.dir, ".git"), { recursive: true });
      return found.filter((path) => path.endsWith("skip-auto-rebase-watcher")).toSorted();
    },
    async [Symbol.asyncDispose]() {
      // Only a test that failed leaves one.
      for (const one of running) one.signal("SIGKILL");
      await Promise.all([...running].map(({ ended }) => ended));
      const left = await processesLeft([repo.temp]);
      await repo[Symbol.asyncDispose]();
      if (left.length > 0) throw new Error(`left running:\n${left.join("\n")}`);
    },
  };
}

/** Also into an origin whose checkout has the branch. */
async function push(repo: GitRepo, origin: string): Promise<void> {
  await repo.gitIn(origin, "config", "receive.denyCurrentBranch", "ignore");
  await repo.git("push", "-q", "origin", "HEAD");
  await repo.gitIn(origin, "config", "--unset", "receive.denyCurrentBranch");
}

function started(
  args: readonly string[],
  { cwd, env, input }: { readonly cwd: string; readonly env: NodeJS.ProcessEnv; readonly input: string },
): Started {
  const child = spawn(process.execPath, [MAIN, ...args], { cwd, env, detached: true, stdio: "pipe" });
  child.stdin.on("error", () => undefined);
  child.stdin.end(input);
  let stdout = "";
  let stderr = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => (stdout += text));
  child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text));
  const ended = once(child, "close").then(([code]) => ({ code: code as number | null, stdout, stderr }));
  const { pid } = child;
  if (pid === undefined) throw new Error(`${process.execPath} could not be started`);
  return {
    pid,
    ended,
    async said(pattern) {
      const hasEnded = (): boolean => child.exitCode !== null || child.signalCode !== null;
      const hasSaid = (): boolean => pattern.test(stdout) || pattern.test(stderr);
      await until(() => hasSaid() || hasEnded()).catch(() => undefined);
      const found = pattern.exec(stdout) ?? pattern.exec(stderr);
      if (found === null) throw new Error(`it never said ${pattern}: ${stdout}${stderr}`);
      return found[1] ?? found[0];
    },
    signal: (name, whom = "process") => void process.kill(whom === "group" ? -pid : pid, name),
  };
}

export function finished(ran: Ran): Finished {
  const last = ran.stdout.trimEnd().split("\n").at(-1) ?? "";
  if (!last.startsWith('{"type":"result"')) throw new Error(`run gave no result (${ran.code}): ${ran.stderr}${last}`);
  const { tasks } = JSON.parse(last) as { readonly tasks: readonly TaskResult[] };
  return {
    ...ran,
    tasks: Object.fromEntries(tasks.map((task) => [task.id, task])),
    states: Object.fromEntries(tasks.map(({ id, state }) => [id, state])),
  };
}

/** Waits for what no event tells. */
export async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  const end = performance.now() + PATIENCE_MS;
  while (!(await condition())) {
    if (performance.now() > end) throw new Error(`not within ${PATIENCE_MS / 1000} s: ${condition.toString()}`);
    await sleep(20);
  }
}

async function readWhenThere(file: string): Promise<string> {
  await until(() => existsSync(file));
  return await readFile(file, "utf8");
}

/** Command lines of what has one of these folders as its working directory, or names it in its words or variables. */
async function processesOf(folders: readonly string[]): Promise<readonly string[]> {
  const found: string[] = [];
  for (const pid of (await readdir("/proc")).filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)) {
    const read = (file: string): Promise<string> => readFile(`/proc/${pid}/${file}`, "latin1").catch(() => "");
    const cwd = await readlink(`/proc/${pid}/cwd`).catch(() => "");
    const [words, variables, stat] = await Promise.all([read("cmdline"), read("environ"), read("stat")]);
    const isZombie = /\) [ZX] /.test(stat);
    if (!isZombie && folders.some((folder) => `${cwd}\n${words}\n${variables}`.includes(folder)))
      found.push(`${pid} ${words.replaceAll("\0", " ")}`);
  }
  return found;
}

/** What is left of it (src/README.md, I6: two seconds later, on a machine that has nothing else to do). */
export async function processesLeft(folders: readonly string[]): Promise<readonly string[]> {
  const end = performance.now() + 10_000;
  for (;;) {
    const left = await processesOf(folders);
    if (left.length === 0 || performance.now() > end) return left;
    await sleep(20);
  }
}

/** Call it at the top of a test file: a DISPATCH_HOME for all its sites, whose server is up from the first test to the last. */
export function useHeldHome(): { readonly path: string } {
  // Hooks run in the opposite order: when this one runs, the server was told to go.
  afterAll(async () => {
    const left = await processesLeft([postgres.home]);
    if (left.length > 0) throw new Error(`left running:\n${left.join("\n")}`);
  });
  const postgres = useTestPostgres();
  return { path: postgres.home };
}

/** A DISPATCH_HOME whose server comes and goes with the commands. */
export { stateFolder as freshHome };
