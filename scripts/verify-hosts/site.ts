import { execFileSync, spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { chmodSync, mkdirSync, mkdtempSync, realpathSync, writeFileSync } from "node:fs";
import { rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ensurePostgres } from "../../src/adapters/postgres/private-server.ts";

export interface SiteOptions {
  readonly program: string;
  readonly tasks: number;
  /** How long an agent takes. */
  readonly seconds: number;
  readonly jobs: number;
}

/** One origin, one database, and clones on "hosts" that share nothing else. Disposing of it ends what it started. */
export interface Site extends AsyncDisposable {
  readonly folder: string;
  readonly origin: string;
  /** Of the database, as everybody but one host reaches it. */
  readonly url: string;
  /** A clone with a home of its own. */
  clone(name: string): string;
  start(name: string, url: string, args: readonly string[], more?: NodeJS.ProcessEnv): ChildProcess;
  /** Runs to its end; rejects unless it ends with 0. */
  run(name: string, args: readonly string[]): Promise<string>;
}

const GIT_ENV = { GIT_CONFIG_GLOBAL: "/dev/null", GIT_CONFIG_SYSTEM: "/dev/null" };

export async function openSite({ program, tasks, seconds, jobs }: SiteOptions): Promise<Site> {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), "dispatch-hosts-")));
  chmodSync(folder, 0o755);
  const home = (name: string): string => join(folder, `home-${name}`);
  mkdirSync(home("database"), { mode: 0o755 });
  const lease = await ensurePostgres({
    home: home("database"),
    name: "verify-hosts",
    env: { PATH: process.env["PATH"] },
  });
  const origin = join(folder, "origin.git");
  const git = (cwd: string, ...args: string[]): void =>
    void execFileSync("git", args, {
      cwd,
      env: { ...process.env, ...GIT_ENV },
      stdio: ["ignore", "ignore", "inherit"],
    });
  git(folder, "init", "-q", "--bare", "-b", "main", origin);
  const seed = join(folder, "seed");
  git(folder, "clone", "-q", origin, seed);
  git(seed, "checkout", "-q", "-b", "main");
  writeFileSync(join(seed, "README.md"), "# shop\n");
  git(seed, "add", ".");
  git(seed, "-c", "user.name=seed", "-c", "user.email=seed@example.invalid", "commit", "-qm", "seed");
  git(seed, "push", "-q", "origin", "main");

  const agent = join(folder, "agent.sh");
  writeFileSync(
    agent,
    `#!/bin/sh
set -eu
echo "$DISPATCH_ROLE $DISPATCH_TASK_ID" >> '${folder}/starts'
sleep ${seconds}
if [ "$DISPATCH_ROLE" = reviewer ]; then echo '{"verdict":"approve"}' > "$DISPATCH_RESULT"; exit 0; fi
mkdir -p src; echo "$DISPATCH_TASK_ID" > "src/$DISPATCH_TASK_ID.txt"
`,
    { mode: 0o755 },
  );
  const configure = (clone: string): void => {
    const of = (role: string) => ({ role, engine: "command", command: [agent] });
    const config = { sandbox: "off", jobs, agents: { coder: of("coder"), reviewer: of("reviewer") } };
    writeFileSync(join(clone, "dispatch.jsonc"), JSON.stringify(config));
    const items = Array.from({ length: tasks }, (_, task) => `- [ ] Task ${task} <!-- id: T${task} est: 1m -->\n`);
    writeFileSync(join(clone, "BACKLOG.md"), items.join(""));
  };
  const env = (name: string, url: string): NodeJS.ProcessEnv => ({
    ...{ PATH: process.env["PATH"], HOME: home(name), ...GIT_ENV },
    ...{ DISPATCH_HOME: home(name), DISPATCH_DATABASE_URL: url },
  });
  const started: ChildProcess[] = [];
  const start: Site["start"] = (name, url, args, more = {}) => {
    const child = spawn(process.execPath, [program, ...args], {
      cwd: join(folder, name),
      env: { ...env(name, url), ...more },
      stdio: ["ignore", "pipe", "pipe"],
    });
    started.push(child);
    return child;
  };
  return {
    folder,
    origin,
    url: lease.url,
    start,
    clone(name) {
      git(folder, "clone", "-q", origin, join(folder, name));
      mkdirSync(home(name), { mode: 0o755 });
      // What the others work with comes from the run.
      if (name === "desk") configure(join(folder, name));
      return join(folder, name);
    },
    async run(name, args) {
      const child = start(name, lease.url, args);
      const text = { out: "", err: "" };
      child.stdout?.on("data", (chunk: Buffer) => (text.out += chunk.toString()));
      child.stderr?.on("data", (chunk: Buffer) => (text.err += chunk.toString()));
      const [code] = (await once(child, "close")) as [number | null];
      if (code !== 0) throw new Error(`dispatch ${args.join(" ")} ended with ${code}: ${text.err}`);
      return text.out;
    },
    async [Symbol.asyncDispose]() {
      // Of a verification that failed: a worker goes on looking for its database otherwise.
      await Promise.all(started.filter(isRunning).map(end));
      await lease[Symbol.asyncDispose]();
      await rm(folder, { recursive: true });
    },
  };
}

const isRunning = ({ exitCode, signalCode }: ChildProcess): boolean => exitCode === null && signalCode === null;

async function end(child: ChildProcess): Promise<void> {
  const closed = once(child, "close");
  child.kill("SIGTERM");
  child.kill("SIGCONT");
  await closed;
}
