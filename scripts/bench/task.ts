import { createHash } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { startEpisode } from "../../src/dispatch/start-episode.ts";
import type { Task } from "../../src/domain/task.ts";
import { countGit } from "./count-git.ts";
import { benchConfig, openBenchDesk, type OpenDesk, writeAgent } from "./desk.ts";
import { type Fixture, makeFixture } from "./fixture.ts";
import { interleave, type Variant } from "./measure.ts";
import type { Section } from "./report.ts";
import { program } from "./spawn.ts";

/** What a person with a shell would do for one task: a worktree on a branch, the agent, a commit, a push. */
const PLAIN = `set -e
export DISPATCH_TASK_ID="$2"
git worktree add --quiet --no-track -b "plain/$2" "$1" origin/main
cd "$1"
"$3"
git add --all
git commit --quiet -m "task $2"
git push --quiet origin "plain/$2"
`;

const SIZES = [
  { files: 24, rounds: 25 },
  { files: 2800, rounds: 15 },
];

/** A whole task with an agent that does next to nothing: what is left is what we cost. */
export async function benchTask(): Promise<readonly Section[]> {
  const sections: Section[] = [];
  for (const { files, rounds } of SIZES) sections.push(await measureAt(files, rounds));
  return sections;
}

async function measureAt(files: number, rounds: number): Promise<Section> {
  await using fixture = await makeFixture(files, { "BACKLOG.md": "# Backlog\n" });
  const { agent } = await writeAgent(fixture.dir);
  await writeFile(join(fixture.checkout, "dispatch.jsonc"), benchConfig({ agent }, 1));
  const facts = await countOneTask(fixture);
  await using open = await openBenchDesk(fixture);
  const figures = await interleave(rounds, [await plainScript(fixture, agent), ours(open)]);
  return {
    title: `a whole task in a repository of ${files} files`,
    figures,
    ratios: [{ of: "dispatch", to: "plain script", goal: 1.5 }],
    facts,
  };
}

/** Counting slows git down, so it is done apart; the second task of a lane, as most are. */
async function countOneTask(fixture: Fixture): Promise<Section["facts"]> {
  await using counter = await countGit(fixture.dir);
  await using open = await openBenchDesk(fixture, counter.path);
  await runTask(open, "count-1");
  await counter.reset();
  await runTask(open, "count-2");
  const commands = await counter.read();
  return { "git processes of one task": commands.length, "they are": commands.join(", ") };
}

async function plainScript({ dir, checkout }: Fixture, agent: string): Promise<Variant> {
  const script = join(dir, "plain.sh");
  await writeFile(script, PLAIN);
  return {
    name: "plain script",
    run: (round) => program("sh", [script, join(dir, "plain", `task-${round}`), `plain-${round}`, agent], checkout),
  };
}

function ours(open: OpenDesk): Variant {
  return { name: "dispatch", run: (round) => runTask(open, `bench-${round}`) };
}

async function runTask({ ports, desk, base }: OpenDesk, id: string): Promise<void> {
  const due = { kind: "begin", from: "code", why: "a benchmark" } as const;
  const outcome = await startEpisode(ports, desk.settings, { task: taskOf(id), lane: 1, base, due, view: undefined });
  if (outcome?.kind !== "ready") throw new Error(`${id} ended as ${JSON.stringify(outcome)}`);
}

function taskOf(id: string): Task {
  const textHash = createHash("sha256").update(id).digest("hex");
  const text = { id, title: `Task ${id}`, body: "", context: [], textHash };
  return { ...text, after: [], files: [], estimateSeconds: null, kind: null, skills: [], value: null, priority: 0 };
}
