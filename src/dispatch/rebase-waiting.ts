import { foldTasks } from "../domain/task-view.ts";
import type { Human } from "./gate.ts";
import type { Ports, Settings } from "./ports.ts";
import { findMove, move, type Moved } from "./rebase.ts";
import { reconcile } from "./reconcile.ts";

/** What stops the rebase watcher. */
export interface Watching {
  isPaused(): Promise<boolean>;
}

export interface Rebased {
  readonly task: string;
  readonly outcome: Moved | "paused";
}

/**
 * One look: every open task branch that does not contain the base yet is replayed onto it without a checkout, if
 * nobody works on it. A head that a human approved stays as it is (docs/contract.md §9: never unasked), and so does
 * a branch to which somebody else pushed.
 */
export async function rebaseWaiting(
  ports: Ports,
  watching: Watching,
  human: Human,
  settings: Pick<Settings, "policy" | "pipeline" | "rounds" | "humanRounds">,
): Promise<readonly Rebased[]> {
  const { policy } = settings;
  const base = await ports.repository.fetchBase();
  await reconcile(ports, { ...settings, run: human.run }, base);
  const open = (await ports.forge.fetchPullRequests()).filter(({ state }) => state === "open");
  const rebased: Rebased[] = [];
  for (const view of foldTasks(await ports.journal.read()).values()) {
    const pullRequest = open.find(({ number }) => number === view.pr);
    if (view.state.name !== "ready-for-human" || pullRequest === undefined) continue;
    const found = await findMove(ports, view, pullRequest, base);
    if (found === null) continue;
    const outcome = (await watching.isPaused()) ? "paused" : await move(ports, human, policy, found);
    rebased.push({ task: view.id, outcome });
  }
  return rebased;
}
