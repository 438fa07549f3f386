import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { fileURLToPath } from "node:url";
import type { RunResult } from "../../src/dispatch/report.ts";
import { benchConfig, writeAgent } from "./desk.ts";
import { type Fixture, GIT_ENV, gitIn, makeFixture } from "./fixture.ts";
import { median } from "./measure.ts";
import type { Section } from "./report.ts";

const LANES = 64;
const ROUNDS = 10;
const MAIN = fileURLToPath(new URL("../../dist/main.js", import.meta.url));

/** Stays long enough that all of them work at the same time. */
const AGENT = `#!/bin/sh
sleep 2
echo "done by $DISPATCH_TASK_ID" > "work-$DISPATCH_TASK_ID.txt"
`;

interface Round {
  readonly seconds: number;
  readonly memory: Memory;
  readonly result: RunResult;
}

/** Of the dispatcher alone, without agents and PostgreSQL. */
interface Memory {
  /** While all agents work. */
  readonly busyMb: number;
  readonly peakMb: number;
}

/** 64 tasks at once, ten times, by the built program: is one lost, do two share a pull request, what does it take? */
export async function benchSixtyFour(): Promise<readonly Section[]> {
  if (!existsSync(MAIN)) throw new Error("there is no dist/main.js: npm run build");
  await using fixture = await makeFixture(200, { "BACKLOG.md": "# Backlog\n" });
  const { agent } = await writeAgent(fixture.dir, AGENT);
  await writeFile(join(fixture.checkout, "dispatch.jsonc"), benchConfig({ agent }, LANES));
  const rounds: Round[] = [];
  for (let number = 1; number <= ROUNDS; number += 1) {
    rounds.push(await runRound(fixture, number));
    process.stderr.write(
      `round ${number}: ${lostOf(rounds).length} lost so far, ${rounds.at(-1)?.seconds.toFixed(1)} s\n`,
    );
  }
  return [
    { title: `${LANES} tasks at once, ${ROUNDS} rounds`, figures: [], ratios: [], facts: await judge(fixture, rounds) },
  ];
}

async function runRound({ checkout, home }: Fixture, number: number): Promise<Round> {
  const items = Array.from(
    { length: LANES },
    (_, task) => `- [ ] Task ${task} <!-- id: R${number}-T${task} est: 1h -->\n`,
  );
  await writeFile(join(checkout, "BACKLOG.md"), `# Backlog\n\n${items.join("")}`);
  const began = performance.now();
  const child = spawn(process.execPath, [MAIN, "--json", "--yes", "run", "-j", String(LANES)], {
    cwd: checkout,
    env: { ...GIT_ENV, DISPATCH_HOME: home },
    stdio: ["ignore", "pipe", "inherit"],
  });
  const lines = readLines(child.stdout);
  const sampler = sampleMemory(child.pid, () => agentsAt(lines));
  await new Promise((resolve) => child.once("close", resolve));
  const last = lines.at(-1) ?? "";
  // Our own program's last line, whose shape docs/contract.md §7 promises.
  return { seconds: (performance.now() - began) / 1000, memory: sampler.end(), result: JSON.parse(last) as RunResult };
}

/** Grows while the stream is read. */
function readLines(stream: Readable): readonly string[] {
  const lines: string[] = [];
  let rest = "";
  stream.on("data", (chunk: Buffer) => {
    const parts = (rest + chunk.toString()).split("\n");
    rest = parts.pop() ?? "";
    lines.push(...parts);
  });
  return lines;
}

/** How many are at work, by the events so far. */
function agentsAt(lines: readonly string[]): number {
  const named = (name: string): number => lines.filter((line) => line.includes(`"name":"${name}"`)).length;
  return named("assignment.started") - named("assignment.ended");
}

function sampleMemory(pid: number | undefined, countAgents: () => number): { end(): Memory } {
  let [busyMb, peakMb] = [0, 0];
  const sample = async (): Promise<void> => {
    const status = await readFile(`/proc/${pid}/status`, "utf8").catch(() => "");
    const read = (name: string): number =>
      Number(new RegExp(`^${name}:\\s+(\\d+) kB$`, "m").exec(status)?.[1] ?? 0) / 1024;
    if (countAgents() === LANES) busyMb = Math.max(busyMb, read("VmRSS"));
    peakMb = Math.max(peakMb, read("VmHWM"));
  };
  const timer = setInterval(() => void sample(), 100);
  return {
    end() {
      clearInterval(timer);
      return { busyMb, peakMb };
    },
  };
}

const lostOf = (rounds: readonly Round[]): readonly string[] =>
  rounds.flatMap(({ result }) =>
    result.tasks
      .filter(({ state }) => state !== "ready-for-human")
      .map(({ id, state, reason }) => `${id} ${state} ${reason}`),
  );

async function judge({ origin }: Fixture, rounds: readonly Round[]): Promise<Section["facts"]> {
  const tasks = rounds.flatMap(({ result }) => result.tasks);
  const lost = lostOf(rounds);
  const chains = (await gitIn(origin, "for-each-ref", "--format=%(refname)", "refs/dispatch/pr/")).split("\n");
  const branches = (await gitIn(origin, "for-each-ref", "--format=%(refname)", "refs/heads/dispatch/")).split("\n");
  const [first, ...others] = rounds;
  return {
    tasks: tasks.length,
    lost: lost.length === 0 ? 0 : lost.join("; "),
    "distinct pull requests": new Set(tasks.map(({ pr }) => pr)).size,
    "chains and branches on origin": `${chains.length}, ${branches.length}`,
    "seconds of the first round (cold)": (first?.seconds ?? 0).toFixed(1),
    "seconds of a later round, median": median(others.map(({ seconds }) => seconds)).toFixed(1),
    "dispatcher's memory, 64 agents at work": megabytes(rounds.map(({ memory }) => memory.busyMb)),
    "dispatcher's memory at its peak": megabytes(rounds.map(({ memory }) => memory.peakMb)),
  };
}

const megabytes = (values: readonly number[]): string => `${Math.max(...values).toFixed(0)} MB`;
