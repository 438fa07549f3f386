import type { Steps } from "../ports/steps.ts";
import type { AssignmentInput, AssignmentOutcome } from "./episode.ts";
import type { Ports } from "./ports.ts";
import { countStart } from "./count-start.ts";
import { work } from "./work.ts";

/** One run of one agent: a durable step, so that a finished one is never repeated and an interrupted one is. */
export async function runAssignment(ports: Ports, steps: Steps, input: AssignmentInput): Promise<AssignmentOutcome> {
  return await steps.run("work", async (signal): Promise<AssignmentOutcome> => {
    const start = await countStart(ports, input);
    if (start.kind === "failed") return start;
    const { task, base, saved } = input.episode;
    for (const commit of [base.commit, input.commit, ...(saved === undefined ? [] : [saved.commit])])
      await ports.handover.bring(task.id, commit);
    return await work(ports, input, start, signal);
  });
}
