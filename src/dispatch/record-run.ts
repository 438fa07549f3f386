import { complianceOf } from "../domain/compliance.ts";
import type { Compliance } from "../domain/policy.ts";
import type { Plan } from "../domain/plan.ts";
import { STORY_VERSION } from "./episode.ts";
import { isoTime, record, type Ports, type Settings } from "./ports.ts";

const LEAVING = ["branch.pushed", "branch.rebased", "change.inspected", "change.allowed"] as const;

/** Brackets a run in the journal; a run that was stopped has no end there, which is the truth. */
export async function recordRun(
  ports: Ports,
  settings: Settings,
  plan: Plan,
  work: () => Promise<void>,
): Promise<Compliance> {
  const scope = { run: settings.run, task: null, episode: 0 };
  const began = ports.clock.monotonic();
  const { hash, text } = settings.policy;
  const { at } = await record(ports, scope, `run/${settings.run}/started`, {
    name: "run.started",
    data: {
      tasks: plan.tasks.length,
      jobs: settings.jobs,
      storyVersion: STORY_VERSION,
      policy: { hash, effective: text },
    },
  });
  await work();
  const seconds = (ports.clock.monotonic() - began) / 1000;
  const facts = await ports.journal.read({ names: LEAVING });
  const compliance = complianceOf({ policy: hash, since: at, weaknesses: settings.weaknesses, facts });
  await record(ports, scope, `run/${settings.run}/ended`, {
    name: "run.ended",
    data: { exit: 0, seconds, compliance },
  });
  const mark = await ports.journal.mark();
  if (mark !== null) await ports.repository.recordAudit(mark, isoTime(ports.clock.now()));
  return compliance;
}
