import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { chmod, mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { gitRepo, type GitRepo } from "../../test/support/git-repo.ts";
import { openBooks, type Books } from "./books.ts";
import { mountDisk, type Disk } from "./disks.ts";

export interface Ran {
  /** null when a signal ended it. */
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
  readonly seconds: number;
}

/** A command at work. */
export interface Running {
  readonly child: ChildProcess;
  readonly ended: Promise<Ran>;
  /** True as soon as it said so on stderr, false when it ended without. */
  says(sentence: string): Promise<boolean>;
}

/** A repository with an origin, agents and a dirty checkout, on which the built command line is used. */
export interface World extends AsyncDisposable {
  readonly repo: GitRepo;
  readonly home: string;
  /** Milliseconds by which the clock of a command is wrong, once it was thawed. */
  readonly clockFile: string;
  /** Where one was asked for. */
  readonly disk: Disk | null;
  dispatch(args: readonly string[]): Promise<Ran>;
  start(args: readonly string[], fault: string | null): Running;
  /** `<role> <task> <round> <attempt>` of every start of an agent. */
  starts(): Promise<readonly string[]>;
  /** Journal and forge as they are; keeps the database running until they are closed. */
  books(): Promise<Books>;
  closeBooks(): Promise<void>;
}

const BACKLOG = `# Backlog

- [ ] Add A <!-- id: A files: src/A.txt est: 60s -->
- [ ] Add B <!-- id: B files: src/B.txt est: 60s -->
- [ ] Add C <!-- id: C files: src/C.txt after: A est: 60s -->
- [ ] Add D <!-- id: D files: src/D.txt after: B est: 60s -->
`;

/** Known as one since its name says so; the coder prints it. */
export const PLANTED = "planted-4f1c9a77e2";

/** Every coder leaves a process behind, which has to end with it. What A's coder makes in its first round is sent back by the reviewer; D's takes longer than an autosave; the first start of B writes half of its work and ends with 1. */
const CODER = `mkdir -p src
sleep 300 > /dev/null 2>&1 &
echo "${PLANTED}"
if [ "$id" = B ] && [ ! -e "$OUT/b-failed" ]; then echo half > src/B.txt; : > "$OUT/b-failed"; exit 1; fi
echo "$id round $DISPATCH_ROUND" > "src/$id.txt"
[ "$id" != D ] || sleep 1.5`;
const REVIEWER = `if grep -qs "A round 1" src/A.txt
then echo '{"verdict":"request_changes","findings":[{"path":"src/A.txt","severity":"major","message":"again"}]}' > "$DISPATCH_RESULT"
else echo '{"verdict":"approve"}' > "$DISPATCH_RESULT"; fi`;

const PATIENCE_MS = 90_000;
const CLOCK_SHIM = new URL("clock-shim.mjs", import.meta.url).href;

export interface WorldOptions {
  readonly program: string;
  readonly home: string;
  /** Which folder gets a disk of its own. */
  readonly disk: "state" | "work" | "git" | null;
  /** Whether the clock of a command can be set. */
  readonly clock: boolean;
}

export async function makeWorld({ program, home, disk, clock }: WorldOptions): Promise<World> {
  const repo = await makeRepository();
  const out = join(repo.temp, "out");
  const clockFile = join(repo.temp, "clock");
  await writeFile(clockFile, "0");
  await mkdir(home, { recursive: true, mode: 0o711 });
  const folders = { state: home, work: join(repo.dir, ".work"), git: join(repo.dir, ".git") };
  const mounted = disk === null ? null : await mountDisk(folders[disk], join(repo.temp, "aside"));
  let opening: Promise<Books> | null = null;

  const { DISPATCH_DATABASE_URL: _none, ...inherited } = process.env;
  const env = {
    ...inherited,
    HOME: join(repo.temp, "user"),
    DISPATCH_HOME: home,
    GIT_CONFIG_GLOBAL: "/dev/null",
    PLANTED_TOKEN: PLANTED,
    ...(clock ? { NODE_OPTIONS: `--import=${CLOCK_SHIM}`, DISPATCH_CRASH_CLOCK: clockFile } : {}),
  };
  const start: World["start"] = (args, fault) => {
    const child = spawn(process.execPath, [program, "--yes", ...args], {
      cwd: repo.dir,
      env: { ...env, ...(fault === null ? {} : { DISPATCH_FAULT: fault }) },
      stdio: ["ignore", "pipe", "pipe"],
      timeout: PATIENCE_MS,
      killSignal: "SIGKILL",
    });
    return running(child);
  };
  const closeBooks = async (): Promise<void> => {
    const books = await opening;
    opening = null;
    await books?.[Symbol.asyncDispose]();
  };
  return {
    repo,
    home,
    clockFile,
    disk: mounted,
    start,
    dispatch: (args) => start(args, null).ended,
    starts: async () => (await readFile(join(out, "starts"), "utf8").catch(() => "")).split("\n").filter(Boolean),
    books: () => (opening ??= openBooks(repo.dir, home)),
    closeBooks,
    async [Symbol.asyncDispose]() {
      await closeBooks();
      await mounted?.[Symbol.asyncDispose]();
      await repo[Symbol.asyncDispose]();
    },
  };
}

async function makeRepository(): Promise<GitRepo> {
  const repo = await gitRepo({ "README.md": "# shop\n" });
  const out = join(repo.temp, "out");
  await mkdir(out);
  const command = async (role: string, body: string) => {
    const file = join(repo.temp, role);
    const begin = `set -eu\nOUT='${out}'\nid=$DISPATCH_TASK_ID\necho "$DISPATCH_ROLE $id $DISPATCH_ROUND $DISPATCH_ATTEMPT" >> "$OUT/starts"`;
    await writeFile(file, `#!/bin/sh\n${begin}\n${body}\n`);
    await chmod(file, 0o755);
    return { role, engine: "command", command: [file] };
  };
  const config = {
    // They write down their starts outside of their worktrees; the fence has a matrix of its own (verify:trust).
    sandbox: "off",
    checks: "test -f README.md",
    limits: { autosave: "1s" },
    fanOut: { spawnSeconds: 0.1, taskSeconds: 60 },
    agents: {
      coder: await command("coder", CODER),
      tester: { role: "tester", engine: "checks" },
      reviewer: await command("reviewer", REVIEWER),
    },
  };
  await repo.commit("ready", { "BACKLOG.md": BACKLOG, "dispatch.jsonc": JSON.stringify(config) });
  await repo.git("push", "-q", "origin", "main");
  await repo.git("branch", "mine");
  await repo.write({ "README.md": "# shop\n\nstashed\n" });
  await repo.git("stash", "-q");
  await repo.write({ "notes.txt": "not tracked\n", "README.md": "# shop\n\nnot committed\n" });
  return repo;
}

function running(child: ChildProcess): Running {
  const began = performance.now();
  const said = { stdout: "", stderr: "" };
  let heard = (): void => undefined;
  child.stdout?.on("data", (chunk: Buffer) => (said.stdout += chunk.toString()));
  child.stderr?.on("data", (chunk: Buffer) => {
    said.stderr += chunk.toString();
    heard();
  });
  const ended = (async (): Promise<Ran> => {
    const closed = once(child, "close");
    await once(child, "exit");
    const seconds = (performance.now() - began) / 1000;
    // What it said may still be on its way, and agents that outlive a killed dispatcher may hold its pipes.
    await Promise.race([closed, sleep(200)]);
    return { code: child.exitCode, ...said, seconds };
  })();
  return {
    child,
    ended,
    async says(sentence) {
      const saying = new Promise<void>((resolve) => {
        heard = () => void (said.stderr.includes(sentence) && resolve());
      });
      await Promise.race([saying, ended]);
      return said.stderr.includes(sentence);
    },
  };
}
