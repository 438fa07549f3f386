import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { dispatch } from "../../src/dispatch/dispatch.ts";
import { benchConfig, openBenchDesk, writeAgent } from "./desk.ts";
import { makeFixture } from "./fixture.ts";
import { type Figure, seeded } from "./measure.ts";
import type { Section } from "./report.ts";

const TASKS = 40;
const LANES = 8;
const ROUNDS = 3;

/** Works as long as its task takes, which it reads beside itself. */
const AGENT = `#!/bin/sh
sleep "$(cat "$(dirname "$0")/seconds/$DISPATCH_TASK_ID")"
echo "done by $DISPATCH_TASK_ID" > "work-$DISPATCH_TASK_ID.txt"
`;

/** How near a run of unequal tasks comes to what no order of them could beat. */
export async function benchMakespan(): Promise<readonly Section[]> {
  await using fixture = await makeFixture(200, { "BACKLOG.md": "# Backlog\n" });
  const { agent } = await writeAgent(fixture.dir, AGENT);
  await mkdir(join(fixture.dir, "seconds"));
  await writeFile(join(fixture.checkout, "dispatch.jsonc"), benchConfig({ agent }, LANES));
  await using open = await openBenchDesk(fixture);
  const sections: Section[] = [];
  for (let round = 1; round <= ROUNDS; round += 1) {
    const seconds = await writeBacklog(fixture.dir, fixture.checkout, round);
    const began = performance.now();
    const { work } = await dispatch(open.ports, open.desk.settings, new AbortController().signal);
    const wall = performance.now() - began;
    const ready = work.tasks.filter(({ id }) => work.views.get(id)?.state.name === "ready-for-human").length;
    sections.push(judge(round, seconds, wall, ready));
  }
  return sections;
}

/** Between 1 and 9 seconds, known to the plan; gives them. */
async function writeBacklog(dir: string, checkout: string, round: number): Promise<readonly number[]> {
  const random = seeded(round);
  const seconds = Array.from({ length: TASKS }, () => Math.round(10 + random() * 80) / 10);
  const items = seconds.map((one, task) => `- [ ] Task ${task} <!-- id: R${round}-T${task} est: ${one}s -->\n`);
  for (const [task, one] of seconds.entries()) await writeFile(join(dir, "seconds", `R${round}-T${task}`), `${one}\n`);
  await writeFile(join(checkout, "BACKLOG.md"), `# Backlog\n\n${items.join("")}`);
  return seconds;
}

function judge(round: number, seconds: readonly number[], wall: number, ready: number): Section {
  const total = seconds.reduce((sum, one) => sum + one, 0);
  const bound = Math.max(total / LANES, ...seconds) * 1000;
  return {
    title: `round ${round}: ${TASKS} tasks of 1 to 9 s on ${LANES} lanes`,
    figures: [figure("dispatch", wall), figure("lower bound", bound)],
    ratios: [{ of: "dispatch", to: "lower bound", goal: 1.1 }],
    facts: { "pull requests": ready, "one after the other": `${total.toFixed(1)} s of agents' work` },
  };
}

function figure(name: string, ms: number): Figure {
  return { name, rounds: 1, medianMs: ms, minMs: ms, cpuMs: 0 };
}
