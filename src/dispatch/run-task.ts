import type { Story, Steps } from "../ports/steps.ts";
import type { Episode, EpisodeOutcome } from "./episode.ts";
import { leaveTrouble } from "./around.ts";
import { beginEpisode, endEpisode } from "./bookends.ts";
import { gatherEvidence } from "./evidence.ts";
import type { Ports } from "./ports.ts";
import { publish } from "./publish.ts";
import { reviewLoop } from "./review-loop.ts";
import { runAssignment } from "./run-assignment.ts";

/** One episode of one task: code, test, review, fix until nobody objects, then a pull request that a human can judge. */
async function runTask(ports: Ports, steps: Steps, episode: Episode): Promise<EpisodeOutcome> {
  if (!(await beginEpisode(ports, steps, episode))) return { kind: "off" };
  const walk = await reviewLoop(ports, steps, episode);
  if (walk.kind === "failed" || walk.kind === "withheld" || walk.kind === "parked")
    return await endEpisode(ports, steps, episode, walk);
  const evidence = await gatherEvidence(ports, steps, episode, walk);
  return await publish(ports, steps, episode, walk, evidence);
}

/** The stories by the names under which the engine keeps them. */
export function stories(ports: Ports): Readonly<Record<"task" | "assignment", Story>> {
  return {
    task: (steps, input) => runTask(ports, leaveTrouble(steps), input),
    assignment: (steps, input) => runAssignment(ports, leaveTrouble(steps), input),
  };
}
