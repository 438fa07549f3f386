import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { homedir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import type { GitRepository } from "../../src/adapters/git/repository.ts";
import { openWorktrees } from "../../src/adapters/git/worktrees.ts";
import { openSandbox, type SandboxOptions } from "../../src/adapters/sandbox/open-sandbox.ts";
import type { AgentConfig } from "../../src/config/schema.ts";
import type { AgentOutcome } from "../../src/ports/agent.ts";
import type { Worktree } from "../../src/ports/worktrees.ts";
import { agentSite } from "./agent-site.ts";
import { gitRepo, type GitRepo } from "./git-repo.ts";
import { opened } from "./open-git.ts";
import { temporaryFolder } from "./temporary-folder.ts";

/** A worktree of a real repository, with all around it that an agent must not reach, and an agent that is a shell script. */
export interface FencedSite {
  readonly repo: GitRepo;
  readonly repository: GitRepository;
  readonly worktree: Worktree;
  readonly commit: string;
  readonly logFile: string;
  /** Variables for scripts: where the things outside are. */
  readonly targets: Readonly<Record<string, string>>;
  /** Stands for the dispatcher; has a secret in its environment. */
  readonly victim: ChildProcess;
  run(script: string, config?: Partial<AgentConfig>, signal?: AbortSignal): Promise<AgentOutcome>;
}

/** Seconds, as nobody else says them. */
const AGES = "300.0625";
const CANARY = "canary-3f1b9c";

export async function fencedSite(mode: SandboxOptions["mode"]): Promise<FencedSite> {
  const repo = await gitRepo({ "README.md": "# shop\n", "src/a.txt": "1\n" });
  onTestFinished(() => repo[Symbol.asyncDispose]());
  await repo.git("branch", "sibling");
  await repo.git("config", "http.https://forge.invalid/.extraheader", `authorization: ${CANARY}`);
  const repository = await opened(repo);
  const { commit } = await repository.fetchBase();
  const worktrees = openWorktrees({ repository, pauseMain: true });
  const lease = (task: string): Promise<Worktree> =>
    worktrees.acquire({
      ...{ holder: task, run: "run-1", task, role: "coder", lane: task.charCodeAt(0), commit },
      branch: `dispatch/${task.toLowerCase()}--work`,
    });
  const worktree = await lease("A");
  const sibling = await lease("B");

  await rm(join(homedir(), ".profile"), { force: true });
  await mkdir(join(homedir(), ".ssh"), { recursive: true });
  await writeFile(join(homedir(), ".ssh", "id_test"), CANARY);
  const temporary = temporaryFolder("of-the-host");
  await writeFile(join(temporary, "note"), CANARY);
  const victim = spawn("sleep", [AGES], { env: { PATH: process.env.PATH ?? "", TOKEN: CANARY } });
  onTestFinished(() => void victim.kill("SIGKILL"));
  await once(victim, "spawn");
  const abstract = `dispatch-test-${process.pid}`;
  const [port, socket] = [createServer(), createServer()];
  for (const server of [port, socket]) {
    server.on("connection", (caller) => caller.destroy());
    onTestFinished(() => void server.close());
  }
  await new Promise<void>((resolve) => void port.listen(0, "127.0.0.1", resolve));
  await new Promise<void>((resolve) => void socket.listen(`\0${abstract}`, resolve));
  const address = port.address();

  const site = agentSite(openSandbox({ mode, repository }));
  const targets = {
    G: join(repo.dir, ".git"),
    ADMIN: join(repo.dir, ".git", "worktrees", "s01"),
    CHECKOUT: repo.dir,
    SIBLING: sibling.path,
    ORIGIN: repo.origin ?? "",
    REALHOME: homedir(),
    HOSTTMP: temporary,
    VICTIM: `${victim.pid}`,
    PORT: `${typeof address === "object" ? address?.port : ""}`,
    ABSTRACT: abstract,
    CANARY,
    AGES,
  };
  return {
    ...{ repo, repository, worktree, commit, victim, targets, logFile: site.logFile },
    async run(script, config = {}, signal) {
      const file = join(site.folder, "agent", "agent.sh");
      await mkdir(join(site.folder, "agent"), { recursive: true });
      const variables = Object.entries(targets).map(([name, value]) => `${name}='${value}'\n`);
      await writeFile(file, `#!/bin/sh\n${variables.join("")}${script}\n`, { mode: 0o755 });
      const agent = site.open({ command: [file], network: "none", ...config });
      const role = config.role ?? "coder";
      return await site.run(agent, site.request({ cwd: worktree.path, input: { role } }), signal);
    },
  };
}

export const readLog = (site: FencedSite): Promise<string> => readFile(site.logFile, "utf8");
