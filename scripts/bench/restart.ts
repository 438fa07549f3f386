import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync } from "node:fs";
import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import type { RunResult } from "../../src/dispatch/report.ts";
import { benchConfig, writeAgent } from "./desk.ts";
import { type Fixture, GIT_ENV, gitIn, makeFixture } from "./fixture.ts";
import type { Section } from "./report.ts";

const LANES = 64;
const PATIENCE_MS = 300_000;
const MAIN = fileURLToPath(new URL("../../dist/main.js", import.meta.url));

/** Until it may, it writes half and sleeps; then it writes the whole. */
const agentText = (out: string): string => `#!/bin/sh
echo "half of $DISPATCH_TASK_ID" > "work-$DISPATCH_TASK_ID.txt"
echo "$DISPATCH_TASK_ID $$ $(date +%s%N)" >> '${out}/starts'
if [ ! -e '${out}/go' ]; then sleep 3600; fi
echo "done by $DISPATCH_TASK_ID" > "work-$DISPATCH_TASK_ID.txt"
`;

interface Start {
  readonly task: string;
  readonly pid: number;
  /** Milliseconds since 1970. */
  readonly at: number;
}

/** 64 agents at work, the dispatcher killed; how soon does the next one start an agent, and is all there in the end? */
export async function benchRestart(): Promise<readonly Section[]> {
  if (!existsSync(MAIN)) throw new Error("there is no dist/main.js: npm run build");
  const items = Array.from({ length: LANES }, (_, task) => `- [ ] Task ${task} <!-- id: T${task} est: 1h -->\n`);
  await using fixture = await makeFixture(200, { "BACKLOG.md": `# Backlog\n\n${items.join("")}` });
  const out = join(fixture.dir, "out");
  await mkdir(out);
  const { agent } = await writeAgent(fixture.dir, agentText(out));
  await writeFile(join(fixture.checkout, "dispatch.jsonc"), benchConfig({ agent }, LANES));
  const first = run(fixture);
  const killed = await startsOf(out, LANES);
  first.kill("SIGKILL");
  await once(first, "close");
  await writeFile(join(out, "go"), "");
  const began = Date.now();
  const second = run(fixture);
  const lines: string[] = [];
  second.stdout?.setEncoding("utf8").on("data", (text: string) => lines.push(text));
  const again = (await startsOf(out, LANES * 2)).slice(LANES);
  const orphans = killed.filter(({ pid }) => isAgent(pid)).length;
  await once(second, "close");
  const last = lines.join("").trimEnd().split("\n").at(-1) ?? "";
  const { tasks } = JSON.parse(last) as RunResult;
  const saved = await gitIn(fixture.checkout, "for-each-ref", "--format=%(refname)", "refs/dispatch/salvage/");
  const chains = await gitIn(fixture.origin, "for-each-ref", "--format=%(refname)", "refs/dispatch/pr/");
  const seconds = (start: Start | undefined): string => `${(((start?.at ?? Number.NaN) - began) / 1000).toFixed(2)} s`;
  const facts = {
    "first agent starts again after": seconds(again[0]),
    "all of them after": seconds(again.at(-1)),
    "agents of the dead dispatcher left": orphans,
    "processes left in the end": await countLeft(fixture.dir),
    "unfinished work saved, tasks": saved.split("\n").filter(Boolean).length,
    "pull requests, distinct": `${chains.split("\n").filter(Boolean).length}, ${new Set(tasks.map(({ pr }) => pr)).size}`,
    "tasks that wait for a human": tasks.filter(({ state }) => state === "ready-for-human").length,
  };
  return [{ title: `a restart after kill -9 with ${LANES} agents at work`, figures: [], ratios: [], facts }];
}

function run({ checkout, home }: Fixture): ChildProcess {
  return spawn(process.execPath, [MAIN, "--json", "--yes", "run", "-j", String(LANES)], {
    cwd: checkout,
    env: { ...GIT_ENV, DISPATCH_HOME: home },
    stdio: ["ignore", "pipe", "inherit"],
  });
}

/** Waits until there are so many. */
async function startsOf(out: string, count: number): Promise<readonly Start[]> {
  const end = Date.now() + PATIENCE_MS;
  for (;;) {
    const text = await readFile(join(out, "starts"), "utf8").catch(() => "");
    const rows = text.split("\n").slice(0, -1);
    if (rows.length >= count) return rows.map(asStart);
    if (Date.now() > end) throw new Error(`${rows.length} of ${count} agents were started`);
    await sleep(5);
  }
}

function asStart(row: string): Start {
  const [task = "", pid = "", nanoseconds = ""] = row.split(" ");
  return { task, pid: Number(pid), at: Number(nanoseconds) / 1e6 };
}

/** Numbers are used again: only one that is still an agent counts. */
function isAgent(pid: number): boolean {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "latin1").includes("agent.sh");
  } catch {
    return false;
  }
}

async function countLeft(dir: string): Promise<number> {
  await sleep(2000);
  const pids = (await readdir("/proc")).filter((name) => /^\d+$/.test(name));
  const texts = await Promise.all(
    pids.flatMap((pid) =>
      ["cmdline", "environ"].map((file) => readFile(`/proc/${pid}/${file}`, "latin1").catch(() => "")),
    ),
  );
  return texts.filter((text) => text.includes(dir)).length;
}
