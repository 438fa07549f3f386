import { foldTask } from "../domain/task-view.ts";
import type { Steps } from "../ports/steps.ts";
import { dueOf } from "./due.ts";
import type { Episode, EpisodeOutcome } from "./episode.ts";
import { record, type Ports, type Scope } from "./ports.ts";
import type { Walk } from "./review-loop.ts";

export const scopeOf = (episode: Episode): Scope => ({
  run: episode.run,
  task: episode.task.id,
  episode: episode.episode,
});

/** Key of a fact that happens once in an episode. */
export const keyOf = (episode: Episode, what: string): string => `${episode.task.id}/${episode.episode}/${what}`;

/** False when it is not due any more: planned is not begun, and a human may have said another word between. */
export async function beginEpisode(ports: Ports, steps: Steps, episode: Episode): Promise<boolean> {
  const { task, branch, from, why, base } = episode;
  const begun = await steps.run("begin", async () => {
    if (await isOff(ports, episode)) return "off";
    await record(ports, scopeOf(episode), keyOf(episode, "queued"), {
      name: "task.queued",
      data: { title: task.title, branch, textHash: task.textHash, kind: task.kind },
    });
    await record(ports, scopeOf(episode), keyOf(episode, "started"), {
      name: "episode.started",
      data: { from, base: base.commit, why },
    });
    return null;
  });
  return begun !== "off";
}

/** Once it has begun, a cancellation reaches it through the engine. */
async function isOff({ journal }: Ports, { task, episode }: Episode): Promise<boolean> {
  const facts = await journal.read({ task: task.id });
  if (facts.length === 0) return false;
  const view = foldTask(facts);
  return view.episode < episode && dueOf(task, view).kind === "rest";
}

/** An end without a pull request, or a pause. */
export async function endEpisode(
  ports: Ports,
  steps: Steps,
  episode: Episode,
  walk: Extract<Walk, { kind: "failed" | "withheld" | "parked" }>,
): Promise<EpisodeOutcome> {
  const { reason } = walk;
  return await steps.run("end", async () => {
    if (walk.kind === "parked") {
      const { kind: _, ...data } = walk;
      await record(ports, scopeOf(episode), keyOf(episode, "end"), { name: "task.parked", data });
      return walk;
    }
    const name = walk.kind === "failed" ? "task.failed" : "task.needs-human";
    await record(ports, scopeOf(episode), keyOf(episode, "end"), { name, data: { reason } });
    return walk.kind === "failed" ? { kind: "failed", reason } : { kind: "needs-human", reason, pr: null };
  });
}
