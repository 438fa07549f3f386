import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { dispatch } from "../../src/dispatch/dispatch.ts";
import { benchConfig, openBenchDesk, writeAgent } from "./desk.ts";
import { type Fixture, makeFixture } from "./fixture.ts";
import { type Figure, seeded } from "./measure.ts";
import type { Section } from "./report.ts";

const TASKS = 40;
const LANES = 8;
/** Seconds that an agent works, at least and at most: what we cost a task weighs less the longer it takes. */
const SPANS = [
  [1, 9],
  [5, 25],
] as const;

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
  for (const [round, span] of SPANS.entries()) {
    const seconds = await writeBacklog(fixture, round, span);
    const began = performance.now();
    const { work } = await dispatch(open.ports, open.desk.settings, new AbortController().signal);
    const wall = performance.now() - began;
    const ready = work.tasks.filter(({ id }) => work.views.get(id)?.state.name === "ready-for-human").length;
    sections.push(judge(span, seconds, wall, ready));
  }
  return sections;
}

type Span = (typeof SPANS)[number];

/** Known to the plan; gives them. */
async function writeBacklog(
  { dir, checkout }: Fixture,
  round: number,
  [least, most]: Span,
): Promise<readonly number[]> {
  const random = seeded(round);
  const seconds = Array.from({ length: TASKS }, () => Math.round(10 * (least + random() * (most - least))) / 10);
  const items = seconds.map((one, task) => `- [ ] Task ${task} <!-- id: R${round}-T${task} est: ${one}s -->\n`);
  for (const [task, one] of seconds.entries()) await writeFile(join(dir, "seconds", `R${round}-T${task}`), `${one}\n`);
  await writeFile(join(checkout, "BACKLOG.md"), `# Backlog\n\n${items.join("")}`);
  return seconds;
}

function judge([least, most]: Span, seconds: readonly number[], wall: number, ready: number): Section {
  const total = seconds.reduce((sum, one) => sum + one, 0);
  const bound = Math.max(total / LANES, ...seconds) * 1000;
  return {
    title: `${TASKS} tasks of ${least} to ${most} s on ${LANES} lanes`,
    figures: [figure("dispatch", wall), figure("lower bound", bound)],
    ratios: [{ of: "dispatch", to: "lower bound", goal: 1.1 }],
    facts: { "pull requests": ready, "one after the other": `${total.toFixed(1)} s of agents' work` },
  };
}

function figure(name: string, ms: number): Figure {
  return { name, rounds: 1, medianMs: ms, minMs: ms, cpuMs: 0 };
}
