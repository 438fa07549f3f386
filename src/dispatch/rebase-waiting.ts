import { foldTasks, type TaskView } from "../domain/task-view.ts";
import type { Human } from "./gate.ts";
import { record, type Ports } from "./ports.ts";
import { reconcile } from "./reconcile.ts";

/** What the rebase watcher may ask of git. */
export interface Watching {
  isPaused(): Promise<boolean>;
  /** True while the branch is checked out anywhere or an agent works on it. */
  isBusy(branch: string): Promise<boolean>;
}

export interface Rebased {
  readonly task: string;
  readonly outcome: "rebased" | "conflict" | "busy" | "paused";
}

/**
 * One look: every open task branch that does not contain the base yet is replayed onto it without a checkout, if
 * nobody works on it. A head that a human approved stays as it is (docs/contract.md §9: never unasked).
 */
export async function rebaseWaiting(ports: Ports, watching: Watching, human: Human): Promise<readonly Rebased[]> {
  const base = await ports.repository.fetchBase();
  await reconcile(ports, human.run, base);
  const rebased: Rebased[] = [];
  for (const view of foldTasks(await ports.journal.read()).values()) {
    if (view.state.name !== "ready-for-human" || view.branch === null) continue;
    const head = await ports.repository.readBranch(view.branch);
    if (head === null || (await ports.repository.isAncestor(base.commit, head))) continue;
    if (await watching.isPaused()) rebased.push({ task: view.id, outcome: "paused" });
    else if (await watching.isBusy(view.branch)) rebased.push({ task: view.id, outcome: "busy" });
    else rebased.push({ task: view.id, outcome: await rebase(ports, human, view, view.branch, head, base.commit) });
  }
  return rebased;
}

async function rebase(
  ports: Ports,
  human: Human,
  view: TaskView,
  branch: string,
  head: string,
  base: string,
): Promise<"rebased" | "conflict"> {
  const fork = await ports.repository.mergeBase(base, head);
  const moved = fork === null ? null : await ports.repository.replay(fork, head, base);
  if (moved === null) return "conflict";
  await ports.repository.moveBranch(branch, moved, head);
  await ports.repository.publish(branch, moved, await ports.repository.fetchPublished(branch));
  const pullRequest = view.pr === null ? null : await ports.forge.fetchPullRequest(view.pr);
  if (pullRequest !== null) {
    const { task, title, body, base: into, draft } = pullRequest;
    await ports.forge.ensurePullRequest({ task, title, body, branch, base: into, head: moved, draft });
  }
  await record(
    ports,
    { run: human.run, task: view.id, episode: view.episode },
    `${view.id}/${view.episode}/rebased/${moved}`,
    {
      name: "branch.rebased",
      data: { branch, from: head, to: moved, base },
    },
  );
  return "rebased";
}
