import type { Steps } from "../ports/steps.ts";
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

export async function beginEpisode(ports: Ports, steps: Steps, episode: Episode): Promise<void> {
  const { task, branch, from, why, base } = episode;
  await steps.run("begin", async () => {
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
