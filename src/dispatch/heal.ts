import { record, type Ports } from "./ports.ts";

/** What a dead owner left is mended first; unsaved work of its agents is saved, and said. */
export async function heal(ports: Ports, run: string): Promise<void> {
  const known = new Set((await ports.journal.read()).map((fact) => fact.task));
  for (const { task, ref, commit } of await ports.worktrees.heal()) {
    // Told from the name of a branch, which knows no case: an id nobody gave would clash with the real one for ever.
    if (!known.has(task)) continue;
    await record(ports, { run, task, episode: 0 }, `${task}/healed/${commit}`, {
      name: "work.salvaged",
      data: { ref, commit },
    });
  }
}
