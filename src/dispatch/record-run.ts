import type { Plan } from "../domain/plan.ts";
import { STORY_VERSION } from "./episode.ts";
import { record, type Ports, type Settings } from "./ports.ts";

/** Brackets a run in the journal; a run that was stopped has no end there, which is the truth. */
export async function recordRun(
  ports: Ports,
  settings: Settings,
  plan: Plan,
  work: () => Promise<void>,
): Promise<void> {
  const scope = { run: settings.run, task: null, episode: 0 };
  const began = ports.clock.monotonic();
  await record(ports, scope, `run/${settings.run}/started`, {
    name: "run.started",
    data: { tasks: plan.tasks.length, jobs: settings.jobs, storyVersion: STORY_VERSION },
  });
  await work();
  const seconds = (ports.clock.monotonic() - began) / 1000;
  await record(ports, scope, `run/${settings.run}/ended`, { name: "run.ended", data: { exit: 0, seconds } });
  const mark = await ports.journal.mark();
  if (mark !== null) await ports.repository.recordAudit(mark, new Date(ports.clock.now()).toISOString());
}
