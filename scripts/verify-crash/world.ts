import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { chmod, mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { gitRepo, type GitRepo } from "../../test/support/git-repo.ts";

export interface Ran {
  /** null when a signal ended it. */
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
  readonly seconds: number;
}

/** A repository with an origin, agents and a dirty checkout, on which the built command line is used. */
export interface World extends AsyncDisposable {
  readonly repo: GitRepo;
  readonly home: string;
  dispatch(args: readonly string[], fault?: string | null): Promise<Ran>;
  /** The same, and its process. */
  start(args: readonly string[], fault: string | null): { readonly child: ChildProcess; readonly ended: Promise<Ran> };
  /** `<role> <task> <round> <attempt>` of every start of an agent. */
  starts(): Promise<readonly string[]>;
}

const BACKLOG = `# Backlog

- [ ] Add A <!-- id: A files: src/A.txt est: 60s -->
- [ ] Add B <!-- id: B files: src/B.txt est: 60s -->
- [ ] Add C <!-- id: C files: src/C.txt after: A est: 60s -->
`;

/** A is sent back once by the reviewer; the first start of B writes half of its work and ends with 1. */
const CODER = `mkdir -p src
if [ "$id" = B ] && [ ! -e "$OUT/b-failed" ]; then echo half > src/B.txt; : > "$OUT/b-failed"; exit 1; fi
echo "$id round $DISPATCH_ROUND" > "src/$id.txt"`;
const REVIEWER = `if [ "$id" = A ] && [ "$DISPATCH_ROUND" = 1 ]
then echo '{"verdict":"request_changes","findings":[{"path":"src/A.txt","severity":"major","message":"again"}]}' > "$DISPATCH_RESULT"
else echo '{"verdict":"approve"}' > "$DISPATCH_RESULT"; fi`;

const PATIENCE_MS = 90_000;

export async function makeWorld({
  program,
  home,
}: {
  readonly program: string;
  readonly home: string;
}): Promise<World> {
  const repo = await gitRepo({ "README.md": "# shop\n" });
  const out = join(repo.temp, "out");
  await mkdir(out);
  const agent = async (name: string, body: string): Promise<readonly string[]> => {
    const file = join(repo.temp, name);
    const begin = `set -eu\nOUT='${out}'\nid=$DISPATCH_TASK_ID\necho "$DISPATCH_ROLE $id $DISPATCH_ROUND $DISPATCH_ATTEMPT" >> "$OUT/starts"`;
    await writeFile(file, `#!/bin/sh\n${begin}\n${body}\n`);
    await chmod(file, 0o755);
    return [file];
  };
  const command = async (role: string, body: string) => ({ role, engine: "command", command: await agent(role, body) });
  const config = {
    // They write down their starts outside of their worktrees; the fence has a matrix of its own (verify:trust).
    sandbox: "off",
    checks: "test -f README.md",
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

  const start: World["start"] = (args, fault) => {
    const { DISPATCH_DATABASE_URL: _none, ...inherited } = process.env;
    const env = { ...inherited, HOME: join(repo.temp, "user"), DISPATCH_HOME: home, GIT_CONFIG_GLOBAL: "/dev/null" };
    const child = spawn(process.execPath, [program, "--yes", ...args], {
      cwd: repo.dir,
      env: { ...env, ...(fault === null ? {} : { DISPATCH_FAULT: fault }) },
      timeout: PATIENCE_MS,
      killSignal: "SIGKILL",
    });
    return { child, ended: ending(child) };
  };
  return {
    repo,
    home,
    start,
    dispatch: async (args, fault = null) => await start(args, fault).ended,
    starts: async () => (await readFile(join(out, "starts"), "utf8").catch(() => "")).split("\n").filter(Boolean),
    [Symbol.asyncDispose]: () => repo[Symbol.asyncDispose](),
  };
}

async function ending(child: ChildProcess): Promise<Ran> {
  const began = performance.now();
  const said = { stdout: "", stderr: "" };
  child.stdout?.on("data", (chunk: Buffer) => (said.stdout += chunk.toString()));
  child.stderr?.on("data", (chunk: Buffer) => (said.stderr += chunk.toString()));
  // Not `close`: agents that outlive a killed dispatcher may hold its pipes.
  await once(child, "exit");
  return { code: child.exitCode, ...said, seconds: (performance.now() - began) / 1000 };
}
