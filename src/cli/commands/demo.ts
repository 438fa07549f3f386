import { resolve } from "node:path";
import { breakDown } from "../../dispatch/break-down.ts";
import { planWork } from "../../dispatch/plan-work.ts";
import type { Plan } from "../../domain/plan.ts";
import type { DefineCommand } from "../command.ts";
import type { Desk } from "../compose.ts";
import type { CliContext } from "../context.ts";
import { buildDemo, type DemoRepo } from "../demo/build-demo.ts";
import { demoSummary } from "../demo/demo-summary.ts";
import { withHome } from "../demo/home-marker.ts";
import { listeningNarrator } from "../demo/listening-narrator.ts";
import { nextCommands } from "../demo/next-commands.ts";
import { RECORDING } from "../demo/recording.ts";
import { count } from "../output/fact-line.ts";
import { runNarrator } from "../output/run-narrator.ts";
import { runOnDesk } from "./run.ts";

export const demo: DefineCommand = (command, context) => {
  command
    .option("--dir <dir>", "the folder to make; one that is there must be empty", "dispatch-demo")
    .action(async ({ dir }) => {
      const { openDemoTools } = await import("../compose-demo.ts");
      const repo = await buildDemo(resolve(context.cwd, dir), openDemoTools(context.env));
      const tasks = count(Object.keys(RECORDING.tasks).length, "task");
      context.say(`made ${dir}: a small JavaScript project with ${tasks} in BACKLOG.md`);
      await runDemo(repo, dir, context);
    });
};

/** The main job, on a repository that is nobody's and with state of its own: the real fleet learns nothing from it. */
async function runDemo(repo: DemoRepo, typed: string, outside: CliContext): Promise<void> {
  const env = withHome(outside.env, repo.home);
  // Its answer is told in the demo's own words, below.
  const answer = (): void => undefined;
  const context: CliContext = { ...outside, cwd: repo.dir, configFile: null, env, answer };
  const { narrator, heard } = listeningNarrator(runNarrator(context));
  const { openDesk } = await import("../compose.ts");
  await using desk = await openDesk(context, { narrator, runnable: true });
  // Its configuration is ours, and its state nobody else's.
  await desk.trust.approve();
  const plan = await readPlan(desk);
  const inlined = plan.tasks.filter((task) => task.inline).map((task) => task.id);
  context.say(`fan-out ${plan.fanOut.why}; inlined: ${inlined.join(", ") || "none"}`);
  const result = await runOnDesk(desk, context, narrator, { until: "pr", watch: null });
  if (outside.json) return;
  const next = nextCommands(repo, typed, outside);
  for (const line of demoSummary({ result, facts: heard, inlined, next }, outside.out)) outside.answer(line);
}

async function readPlan({ ports, settings }: Desk): Promise<Plan> {
  const base = await ports.repository.fetchBase();
  return await planWork(ports, settings, await breakDown(ports, base.commit));
}
