import type { TaskView } from "../domain/task-view.ts";
import { dropAutosaves } from "./autosave.ts";
import { record, type Ports } from "./ports.ts";

/** Merged: the branch has done its duty, here and on origin. Its commits are in the base. Safe to repeat. */
export async function settle(ports: Ports, run: string, view: TaskView): Promise<void> {
  const { branch, id, episode, pr } = view;
  if (branch !== null) await removeBranches(ports, branch);
  await ports.handover.drop(id);
  await dropAutosaves(ports, id);
  await ports.paths.dropKept(id);
  await ports.forge.showState(id, pr, null);
  const key = `${id}/${episode}/settled/${pr ?? 0}`;
  await record(ports, { run, task: id, episode }, key, { name: "task.settled", data: { pr } });
}

async function removeBranches(ports: Ports, branch: string): Promise<void> {
  const [here, there] = [await ports.repository.readBranch(branch), await ports.repository.fetchPublished(branch)];
  const base = await ports.repository.fetchBase();
  if (there !== null && (await ports.repository.isAncestor(there, base.commit)))
    await ports.repository.unpublish(branch, there);
  if (here !== null && (await ports.repository.isAncestor(here, base.commit)))
    await ports.repository.deleteBranch(branch, here);
}
