import { record, type Ports } from "./ports.ts";

/** What a dead owner left is mended first; unsaved work of its agents is saved, and said. */
export async function heal(ports: Ports, run: string): Promise<void> {
  for (const { task, ref, commit } of await ports.worktrees.heal()) {
    await record(ports, { run, task, episode: 0 }, `${task}/healed/${commit}`, {
      name: "work.salvaged",
      data: { ref, commit },
    });
  }
}
