import type { Saved } from "../ports/worktrees.ts";
import { record, type Ports, type PortsWithEngine } from "./ports.ts";

/** What a dead owner left, task by task: its worktrees are whole again, unsaved work of its agents is saved, and said. */
export interface Mending {
  of(task: string): Promise<void>;
  all(): Promise<void>;
}

const NOTHING_LEFT: Mending = { of: async () => undefined, all: async () => undefined };

/** Lets this host work, in a repository where nobody stumbles over what a dead owner left. */
export async function begin(ports: PortsWithEngine, run: string): Promise<Mending> {
  let mending = NOTHING_LEFT;
  await ports.engine.begin(async () => {
    mending = await heal(ports, run);
    // Any task may be taken from then on.
    if (ports.engine.isShared) await mending.all();
  });
  return mending;
}

/** Mends at once what others would stumble over; after the end of 64 agents the first new one waits for no more. */
export async function heal(ports: Ports, run: string): Promise<Mending> {
  const healing = await ports.worktrees.heal();
  const say = async (all: readonly Saved[]): Promise<void> => {
    if (all.length === 0) return;
    const known = new Set((await ports.journal.read({ names: ["task.queued"] })).map((fact) => fact.task));
    for (const { task, ref, commit } of all) {
      // Told from the name of a branch, which knows no case: an id nobody gave would clash with the real one for ever.
      if (!known.has(task)) continue;
      const scope = { run, task, episode: 0 };
      await record(ports, scope, `${task}/healed/${commit}`, { name: "work.salvaged", data: { ref, commit } });
    }
  };
  return {
    of: async (task) => await say(await healing.of(task)),
    all: async () => await say(await healing.all()),
  };
}
