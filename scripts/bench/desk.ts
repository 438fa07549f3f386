import { chmod, mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { createContext } from "../../src/cli/create-context.ts";
import { type Desk, openDesk } from "../../src/cli/compose.ts";
import type { PortsWithEngine } from "../../src/dispatch/ports.ts";
import type { Base } from "../../src/ports/repository.ts";
import { type Fixture, GIT_ENV } from "./fixture.ts";

/** The whole product, resident: private PostgreSQL up, engine running, journal open. */
export interface OpenDesk extends AsyncDisposable {
  readonly desk: Desk;
  readonly ports: PortsWithEngine;
  /** As a run fetches it once, before its first task. */
  readonly base: Base;
}

export interface AgentFiles {
  /** The program of the coder. */
  readonly agent: string;
}

/** Writes one file named after the task: as little as an agent can do. */
const AGENT = `#!/bin/sh
echo "done by $DISPATCH_TASK_ID" > "work-$DISPATCH_TASK_ID.txt"
`;

export async function writeAgent(dir: string, text: string = AGENT): Promise<AgentFiles> {
  const agent = join(dir, "agent.sh");
  await writeFile(agent, text);
  await chmod(agent, 0o755);
  return { agent };
}

/** The configuration of a fixture: a command agent alone, no checks, no reviewer. */
export function benchConfig({ agent }: AgentFiles, jobs: number): string {
  const agents = { coder: { role: "coder", engine: "command", command: [agent] } };
  return JSON.stringify({ backlog: [{ markdown: "BACKLOG.md" }], pipeline: ["code"], sandbox: "off", jobs, agents });
}

export async function openBenchDesk(fixture: Fixture, path: string = GIT_ENV["PATH"] ?? ""): Promise<OpenDesk> {
  await mkdir(fixture.home, { recursive: true, mode: 0o755 });
  const silence = Object.assign(new PassThrough(), { isTTY: false });
  silence.resume();
  const context = createContext(
    {
      argv: ["bench"],
      cwd: fixture.checkout,
      env: { ...GIT_ENV, PATH: path, DISPATCH_HOME: fixture.home },
      stdin: new PassThrough(),
      stdout: silence,
      stderr: silence,
      signal: new AbortController().signal,
      hurry: new AbortController().signal,
    },
    { repo: undefined, color: false, input: false, quiet: true, yes: true },
    () => undefined,
  );
  const desk = await openDesk(context);
  const engine = await desk.startEngine();
  const base = await desk.ports.repository.fetchBase();
  return { desk, ports: { ...desk.ports, engine }, base, [Symbol.asyncDispose]: () => desk[Symbol.asyncDispose]() };
}
